"""From a submission's bytes to a Reading. Its files are read by whoever reads those of mails."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

from adapters.intake.document import facts_and_text
from adapters.language import language_of
from inbox.addressed_to import addressed_to
from inbox.ports import ChildReader, Reader
from inbox.reading import AddressedAs, LetterField, Reading, Sender
from inbox.submission import Facts

_WHOLE_PAGE = (0, 0, 1000, 1000)


@dataclass(frozen=True)
class SubmissionReader:
    """Reads in our own process, where `mail` does. The port's Reader."""

    mail: Reader

    def __call__(self, raw: bytes, *, own_addresses: frozenset[str]) -> Reading:
        """Read. Raises UnreadableError, and WantsChild as `mail` does."""
        return as_submitted(self.mail(raw, own_addresses=own_addresses), raw)


@dataclass(frozen=True)
class SubmissionChild:
    """Reads large ones: `mail` takes the files apart in a process of its own. The port's ChildReader."""

    mail: ChildReader

    async def __call__(self, raw: bytes, *, own_addresses: frozenset[str]) -> Reading:
        """Read. Raises UnreadableError, ReaderDied."""
        reading = await self.mail(raw, own_addresses=own_addresses)
        return await asyncio.to_thread(as_submitted, reading, raw)


def as_submitted(reading: Reading, raw: bytes) -> Reading:
    """Return the reading of a submission. `reading`: of its bytes as a mail, of which only the files and what was odd
    about them count. Raises UnreadableError when they are not as the intake wrote them.

    A person entered it at our own door: it is no automatic mail, quotes nobody, and passes nothing on.
    """
    facts, text = facts_and_text(raw)
    # The words of a call are ours: they have no language of the caller's, and address nobody.
    theirs = ("", "") if facts.call else (facts.subject, text)
    return Reading(
        channel=facts.channel,
        sender=Sender(address=_addr_spec(facts.address), name=facts.name),
        addressed_as=AddressedAs.to,
        subject=facts.subject,
        text=text,
        new_text=text,
        attached_text=reading.attached_text,
        language=language_of(theirs[1]) or language_of(theirs[0]),
        parts=reading.parts,
        addressed_to=addressed_to(*theirs),
        remarks=reading.remarks,
        call=facts.call,
        fields=tuple(_field(name, value) for name, value in _said(facts) if value),
    )


def _addr_spec(address: str) -> str:
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{domain.lower()}"


def _said(facts: Facts) -> Iterator[tuple[str, str]]:
    yield "phone", facts.phone
    yield "their_reference", facts.own_reference
    if facts.call is not None:
        yield "queue", facts.call.queue
        yield "menu_choice", facts.call.choice
        yield "dialled", facts.call.dialled


def _field(name: str, value: str) -> LetterField:
    return LetterField(name=name, value=value, page=1, box=_WHOLE_PAGE, confidence=1.0)
