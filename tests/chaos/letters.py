"""What people send during the run, and where each must end: decided here, before any of it is sent."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum

from tests.chaos.poison import POISON
from tests.mails import mail


class Kind(StrEnum):
    """What a letter is about."""

    lantaarn = "lantaarn"
    vergunning = "vergunning"
    bezwaar = "bezwaar"
    vraag = "vraag"
    nieuwsbrief = "nieuwsbrief"
    automatic = "automatic"
    poison = "poison"


_WEIGHTS = {
    Kind.lantaarn: 30,
    Kind.vergunning: 25,
    Kind.bezwaar: 15,
    Kind.vraag: 20,
    Kind.nieuwsbrief: 4,
    Kind.automatic: 4,
    Kind.poison: 1,
}
_WORDS = {
    Kind.lantaarn: ("Lantaarn kapot", "De lantaarn voor de deur is al weken stuk."),
    Kind.vergunning: ("Aanvraag vergunning", "Ik wil graag een vergunning voor een dakkapel."),
    Kind.bezwaar: ("Bezwaar", "Ik maak bezwaar tegen uw besluit."),
    Kind.vraag: ("Een vraag", "Waar kan ik terecht met mijn vraag over het plein?"),
    Kind.nieuwsbrief: ("Nieuwsbrief", "Het laatste nieuws uit de regio."),
    Kind.automatic: ("Afwezig", "Ik ben er niet. De lantaarn brandt wel."),
    Kind.poison: ("Gevaarlijk", POISON.decode()),
}
_HEADERS = {
    Kind.nieuwsbrief: "List-Unsubscribe: <https://nieuws.test/af>\r\n",
    Kind.automatic: "Auto-Submitted: auto-replied\r\n",
}


@dataclass(frozen=True)
class Letter:
    """One letter, delivered to one or more of our mailboxes: more are copies."""

    number: int
    kind: Kind
    mailboxes: tuple[int, ...]
    """Which of our mailboxes it reaches, in this order; the same may stand here twice."""

    @property
    def sender(self) -> str:
        """The sender's address: each letter has its own, by which everything about it is found."""
        return f"m{self.number:05}@inwoner.test"

    @property
    def is_answered(self) -> bool:
        """Whether a person waits for our word."""
        return self.kind not in (Kind.nieuwsbrief, Kind.automatic)

    @property
    def is_forwarded(self) -> bool:
        """Whether a department must have it."""
        return self.kind not in (Kind.nieuwsbrief, Kind.poison)

    def raw(self) -> bytes:
        """Return the bytes: the same for each mailbox."""
        subject, body = _WORDS[self.kind]
        return mail(
            f"{subject} {self.number}",
            f"Goedendag,\r\n\r\n{body}\r\nBrief {self.number}.\r\n",
            sender=f"Inwoner {self.number} <{self.sender}>",
            message_id=f"<brief.{self.number}@inwoner.test>",
            headers=_HEADERS.get(self.kind, ""),
        )


def letter(number: int, dice: random.Random, mailboxes: int) -> Letter:
    """Draw a letter: one in eight comes more than once."""
    kind = dice.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
    copies = dice.randint(2, 4) if dice.random() < 0.125 and kind is not Kind.poison else 1
    return Letter(number, kind, tuple(dice.randrange(mailboxes) for _ in range(copies)))
