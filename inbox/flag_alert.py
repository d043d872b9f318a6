"""The words of an alert about a raised flag, for a colleague. Never a word of the sender's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from inbox.acknowledge.compose import Words
from inbox.configuration.model import Configuration
from inbox.norms.promise import date_words


@dataclass(frozen=True)
class AboutFlag:
    """What an alert may speak of."""

    flag_id: str
    name: str
    reference: str
    received_at: datetime
    """In the organisation's time zone."""
    departments: Sequence[str]
    """Keys; none while no department has it."""
    round: int
    """1 for the first alert."""


def compose_alert(about: AboutFlag, configuration: Configuration) -> Words:
    """Return subject and body, in Dutch."""
    known = configuration.departments
    names = [known[key].name if key in known else key for key in about.departments]
    again = f" (herhaling {about.round - 1})" if about.round > 1 else ""
    received = f"{date_words(about.received_at.date())}, {about.received_at:%H:%M} uur"
    body = f"""\
Er is een bericht binnengekomen dat niet kan wachten.

Signaal:    {about.name}
Kenmerk:    {about.reference}
Ontvangen:  {received}
Afdeling:   {", ".join(names) or "nog geen: bekijk het bericht in de gateway"}

Lees het bericht onder dit kenmerk en doe wat nodig is. Bevestig daarna dat u dit oppakt:
POST /v1/flags/{about.flag_id}/accept, met uw eigen sleutel en een korte reden.

Iedereen die dit signaal krijgt, krijgt het opnieuw totdat iemand dit bevestigt.

{configuration.organisation.name}
"""
    return Words(subject=f"Signaal: {' '.join(about.name.split())} ({about.reference}){again}", body=body)
