"""What colleagues read of a call: subject and text of the item that is made of it. Dutch, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import phonenumbers

from inbox.call import CallFacts, Outcome
from inbox.norms.promise import date_words

_MOBILE = "+316"
_MOBILE_DIGITS = 12
"""Of a Dutch mobile number, with its `+`."""

_KINDS = {
    Outcome.answered: "gesprek",
    Outcome.missed: "gemiste oproep",
    Outcome.abandoned: "opgehangen tijdens het wachten",
    Outcome.voicemail: "voicemail",
    Outcome.after_hours: "oproep buiten openingstijd",
    Outcome.busy: "lijn bezet",
    Outcome.failed: "oproep kwam niet aan",
}

_TOLD = {
    Outcome.answered: "Een collega heeft dit gesprek aangenomen.",
    Outcome.missed: "Niemand heeft opgenomen.",
    Outcome.abandoned: "De beller hing op voordat iemand opnam.",
    Outcome.voicemail: "De beller kwam bij de voicemail.",
    Outcome.after_hours: "De beller belde buiten de openingstijden.",
    Outcome.busy: "De lijn was bezet.",
    Outcome.failed: "De oproep kwam bij niemand aan.",
}

_WITHHELD = "een onbekend nummer"


def shown_number(number: str) -> str:
    """Return the number as people write it here: `06 12 34 56 78`; short and 14-numbers as they are."""
    if number.startswith(_MOBILE) and len(number) == _MOBILE_DIGITS:
        own = number.removeprefix("+31")
        return " ".join(["0" + own[0], *(own[at : at + 2] for at in range(1, len(own), 2))])
    if not number.startswith("+"):
        return number
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    is_ours = parsed.country_code == phonenumbers.country_code_for_region("NL")
    form = phonenumbers.PhoneNumberFormat.NATIONAL if is_ours else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return str(phonenumbers.format_number(parsed, form))


def subject_of(call: CallFacts) -> str:
    """Return the subject: `Terugbelverzoek: gemiste oproep van 06 12 34 56 78 (wachtrij Vergunningen)`."""
    caller = shown_number(call.caller) if call.caller else _WITHHELD
    queue = f" (wachtrij {call.queue})" if call.queue else ""
    if call.outcome is Outcome.answered:
        return f"Telefoongesprek met {caller}{queue}"
    title = "Terugbelverzoek" if call.caller else "Telefoon"
    return f"{title}: {_KINDS[call.outcome]} van {caller}{queue}"


def text_of(call: CallFacts, starts: Sequence[datetime], zone: ZoneInfo, recordings: Sequence[str] = ()) -> str:
    """Return the text. `starts`: of each call, the first first. `recordings`: lines about what was recorded."""
    return "\n".join((*_first_lines(call), "", *_facts(call, starts, zone), *recordings)) + "\n"


def _first_lines(call: CallFacts) -> Iterator[str]:
    if call.outcome is not Outcome.answered and call.caller:
        yield f"Bel deze persoon terug: {shown_number(call.caller)}."
    if call.outcome is not Outcome.answered and not call.caller:
        yield "De beller liet geen nummer zien. Luister de voicemail af."
    yield _TOLD[call.outcome]


def _facts(call: CallFacts, starts: Sequence[datetime], zone: ZoneInfo) -> Iterator[str]:
    if len(starts) > 1:
        yield f"Aantal oproepen: {len(starts)}"
        yield f"Eerste oproep: {moment_words(starts[0], zone)}"
        yield f"Laatste oproep: {moment_words(starts[-1], zone)}"
    else:
        yield f"Moment: {moment_words(call.started_at, zone)}"
    yield f"Gewacht: {wait_words(call.waited_s)}"
    for word, value in (
        ("Gebeld nummer", shown_number(call.dialled)),
        ("Wachtrij", call.queue),
        ("Keuze in het menu", call.choice),
    ):
        if value:
            yield f"{word}: {value}"


def moment_words(moment: datetime, zone: ZoneInfo) -> str:
    """Return the moment in local time: `maandag 23 november 2026, 10:05 uur`."""
    local = moment.astimezone(zone)
    return f"{date_words(local.date())}, {local:%H:%M} uur"


def wait_words(seconds: float) -> str:
    """Return how long somebody waited: `1 minuut en 5 seconden`."""
    minutes, rest = divmod(round(seconds), 60)
    said = f"{rest} {'seconde' if rest == 1 else 'seconden'}"
    if not minutes:
        return said
    return f"{minutes} {'minuut' if minutes == 1 else 'minuten'} en {said}"
