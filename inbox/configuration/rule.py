"""A rule: what must be true of an item, and what follows from it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field

from inbox.call import Direction, Outcome
from inbox.channel import Channel
from inbox.configuration.shapes import Key, Strict, Words, as_tuple
from inbox.letter_facts import AddresseeKind, Mark
from inbox.reading import AddressedAs


class Priority(StrEnum):
    """In which order a department should look."""

    low = "low"
    normal = "normal"
    high = "high"


class Condition(Strict):
    """What must be true of a reading. All named fields must hold; in a list, one is enough.

    Words match whole words, whatever their case and accents; `vergunning*` matches each word that begins so;
    several words in one string match in that order, next to each other. A value between slashes, `/…/`, is
    an RE2 pattern, searched without regard to case.
    """

    channel: Annotated[tuple[Channel, ...], BeforeValidator(as_tuple)] = ()
    source: Words = ()
    sender: Words = ()
    """Whole addresses, or `@domain` for all of a domain and its subdomains."""
    recipient: Words = ()
    """As `sender`, for any of the recipients."""
    subject: Words = ()
    text: Words = ()
    """What the sender wrote now, or passed on: no quoted replies, signatures and disclaimers."""
    words: Words = ()
    """Subject, text, or the words of attached documents."""
    attachment: Words = ()
    """The file name of an attachment."""
    attached_words: Words = ()
    """The words of attached documents alone."""
    header: dict[str, Words] = Field(default_factory=dict)
    """Field name → values; the value `*` means that the field is present."""
    is_automatic: bool | None = None
    is_envelope: bool | None = None
    """Only the outside of a closed envelope was scanned."""
    marked: Annotated[tuple[Mark, ...], BeforeValidator(as_tuple)] = ()
    """What stands on the outside of a letter: `persoonlijk`, `vertrouwelijk`."""
    addressee_kind: Annotated[tuple[AddresseeKind, ...], BeforeValidator(as_tuple)] = ()
    """To whom a letter is addressed: `council`, `confidant`, `person` or `organisation`."""
    addressed_as: Annotated[tuple[AddressedAs, ...], BeforeValidator(as_tuple)] = ()
    """Where one of our addresses stood: `to`, `cc`, `bcc`; `unknown` where the source names no addresses."""
    addressed_to: Annotated[tuple[Key, ...], BeforeValidator(as_tuple)] = ()
    """Keys of `addressees`: whom the message addresses."""
    queue: Words = ()
    """Names of queues of the telephone system, whatever their case: in which a call waited."""
    menu_choice: Words = ()
    """What the caller chose in the menu, as the telephone system writes it."""
    dialled: Words = ()
    """Numbers that were dialled: E.164, or as they are (14-numbers, short numbers)."""
    caller: Words = ()
    """Numbers of callers (E.164); the value `*` means that it was not withheld."""
    call_outcome: Annotated[tuple[Outcome, ...], BeforeValidator(as_tuple)] = ()
    """What came of the call. A rule that names `answered` makes an item of answered calls."""
    call_direction: Annotated[tuple[Direction, ...], BeforeValidator(as_tuple)] = ()
    """`in`, `out` or `internal`."""
    language: Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z]{2}$")], ...], BeforeValidator(as_tuple)] = ()
    """ISO 639-1 codes: `nl`, `en`."""
    any: tuple[Condition, ...] = ()
    all: tuple[Condition, ...] = ()
    not_: Annotated[Condition | None, Field(alias="not")] = None


class Rule(Strict):
    """One line of routing. The first rule whose condition holds decides."""

    id: Key
    when: Condition
    category: Key | None = None
    file: Annotated[str, Field(min_length=3, max_length=200)] | None = None
    """Reason to keep the item with nothing to do; instead of a category."""
    department: Key | None = None
    """Who acts, in place of the category's own department."""
    priority: Priority | None = None
    labels: Annotated[tuple[Key, ...], Field(max_length=20), BeforeValidator(as_tuple)] = ()
    """Short facts for the department, beside the gateway's own; never told to the sender."""
    hold: Annotated[str, Field(min_length=3, max_length=200)] | None = None
    """Why a person must look first: the item is decided and waits, neither acknowledged nor forwarded."""
    flag: Key | None = None
    """A key of `flags`, raised when the condition holds, whatever other rule decides. A rule may do no more than that."""
    note: str = ""
    """Why this rule is there, for the next administrator."""
