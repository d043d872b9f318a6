"""Names and subjects that only machines use."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class MachineName:
    """A kind of local part. `label` is how evidence speaks of it."""

    label: str
    pattern: re.Pattern[str]
    is_machine: bool = True
    counts_in_path: bool = True
    """It means the same in a Return-Path, where relays put their own bounce addresses on people's mail."""
    is_mail_server: bool = False
    """What it says about deliveries may be believed."""


def _local(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_EDGE = r"(?:^|[._+=-])"
_END = r"(?:$|[._+=\d-])"

_NAMES = (
    MachineName("mailer-daemon", _local(r"^mailer-?daemon(?:$|[+-])"), is_mail_server=True),
    MachineName("postmaster", _local(r"^postmaster$"), is_mail_server=True),
    MachineName("a list server", _local(r"^(?:listserv|majordomo|mailman|sympa)(?:$|[+-])")),
    MachineName(
        "a no-reply address",
        _local(
            _EDGE
            + r"(?:no[._-]?reply|do[._-]?not[._-]?reply|dont[._-]?reply|no[._-]?response"
            + r"|geen[._-]?(?:antwoord|reply|reactie)|niet[._-]?be?antwoorde?n?"
            + r"|keine?[._-]?antwort|nicht[._-]?antworten|(?:ne[._-]?)?pas[._-]?(?:de[._-]?)?repon(?:dre|se))"
            + _END
        ),
        counts_in_path=False,
    ),
    MachineName("a bounce address", _local(r"^bounces?(?:$|[+=-])|-bounces?(?:$|[+=-])"), counts_in_path=False),
    MachineName(
        "a challenge-response address",
        _local(r"^(?:tmda|boxtrapper|spamarrest|mailinblack|challenge(?:[._-]?response)?)(?:$|[._+-])"),
    ),
    # RFC 3834 section 2 allows refusing these; a person may sit behind them.
    MachineName("a list owner", _local(r"^owner-|-owner$"), is_machine=False),
    MachineName("a list request address", _local(r"-request$"), is_machine=False),
)

_ABSENCE = re.compile(
    r"(?:"
    r"afwezig(?:heid(?:s(?:melding|bericht|assistent))?)?"
    r"|automatische? (?:antwoord|beantwoording|reactie|bericht|antwort)"
    r"|automatic (?:reply|response)|auto[- ]?(?:reply|response)"
    r"|out[- ]of[- ](?:the[- ])?office(?: (?:auto(?:matic)?[- ]?)?(?:reply|response|message|notice))?"
    r"(?: (?:until|till|from)\b.*)?|ooo"
    r"|abwesenheit(?:s(?:notiz|nachricht|meldung|assistent))?"
    r"|r[ée]ponse automatique|(?:message|notification) d['\u2019]absence|absen(?:ce|t) du bureau"
    r")\s*(?:$|[:;.,!|/(\[\u2013\u2014-])"
    # Lotus Notes: `AUTO: Jan Bos is out of the office`. In Dutch an `Auto:` alone is a car.
    r"|auto: .{1,100}\b(?:out of (?:the )?office|afwezig|abwesend|absent)\b",
    re.IGNORECASE,
)

_CHALLENGE = re.compile(
    r"your (?:e-?mail|message) (?:requires|needs) (?:verification|confirmation)"
    r"|please (?:confirm|verify) (?:your message|(?:that )?you (?:sent|are))"
    r"|(?:sender|message) (?:verification|confirmation) (?:required|requested|needed)"
    r"|(?:bevestig|verifieer) (?:a\.?u\.?b\.? )?uw (?:e-?mail|bericht) (?:om|voordat)"
    r"|.{0,200}\bverify#[\w-]{6,}",
    re.IGNORECASE,
)


def machine_name(address: str) -> MachineName | None:
    """Return what kind of machine's name the local part is, or None for what may be a person's."""
    local = address.rpartition("@")[0] or address
    return next((name for name in _NAMES if name.pattern.search(local)), None)


def is_absence(subject: str) -> bool:
    """Say whether a subject begins as absence notices do in Dutch, English, German and French.

    The words must be followed by a mark or the end: `Out of office hours` is a person's.
    """
    return _ABSENCE.match(subject) is not None


def is_challenge(subject: str) -> bool:
    """Say whether a subject is that of a filter that asks senders to prove themselves (challenge-response)."""
    return _CHALLENGE.match(subject) is not None
