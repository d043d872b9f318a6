"""A rule: what must be true of an item, and what follows from it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from inbox.call import Direction, Outcome
from inbox.channel import Channel
from inbox.configuration.shapes import Hour, Key, Strict, Weekday, Words, as_tuple
from inbox.letter_facts import AddresseeKind, Mark
from inbox.reading import AddressedAs


class Priority(StrEnum):
    """In which order a department should look."""

    low = "low"
    normal = "normal"
    high = "high"


POSTCODE = r"^([1-9][0-9]{0,3}\*|[1-9][0-9]{3}( ?[A-Za-z]{2})?)$"
Postcode = Annotated[str, Field(pattern=POSTCODE)]
"""A Dutch postcode or an area of it: `4761AB`, `4761`, `476*`."""


LEAST_CONFIDENCE = 0.7
"""How sure a topic must be where a condition does not say."""


MEDIA_TYPE = r"^[a-z]+/([a-z0-9][a-z0-9.+_-]*|\*)$"
MediaType = Annotated[str, Field(pattern=MEDIA_TYPE, max_length=130)]

LANGUAGE = r"^[a-z]{2}$"
Language = Annotated[str, Field(pattern=LANGUAGE)]


class Bounds(Strict):
    """From how many, and up to how many; both may be named, each counts itself."""

    at_least: Annotated[int, Field(ge=0)] | None = None
    at_most: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _are_possible(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("names neither `at_least` nor `at_most`")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError("`at_least` is more than `at_most`")
        return self

    def hold(self, number: int) -> bool:
        """Say whether the number is within them."""
        return (self.at_least is None or number >= self.at_least) and (self.at_most is None or number <= self.at_most)


class ReceivedWithin(Strict):
    """On which days and between which hours of the organisation's clock it was received."""

    days: Annotated[tuple[Weekday, ...], BeforeValidator(as_tuple)] = ()
    """None: on any day."""
    from_: Annotated[Hour | None, Field(alias="from")] = None
    until: Hour | None = None
    """From then on it does not hold. Earlier than `from`: through the night."""

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not self.days and self.from_ is None and self.until is None:
            raise ValueError("names neither `days` nor `from` nor `until`")
        if self.from_ is not None and self.from_ == self.until:
            raise ValueError("`from` and `until` are the same")
        return self


class Condition(Strict):
    """What must be true of a reading. All named fields must hold; in a list, one is enough.

    Words match whole words, whatever their case and accents; `vergunning*` matches each word that begins so,
    `~vergunning` matches its inflections, as a Dutch stemmer sees them: vergunningen, vergunninkje. Several words in one
    string match in that order, next to each other. A value between slashes, `/…/`, is
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
    attachment_type: Annotated[tuple[MediaType, ...], BeforeValidator(as_tuple)] = ()
    """The media type of an attachment; `image/*` is any picture."""
    attachment_count: Bounds | None = None
    attachment_bytes: Bounds | None = None
    """The size of an attachment: one that is within the bounds is enough."""
    attached_words: Words = ()
    """The words of attached documents alone."""
    letter_field: dict[str, Words] = Field(default_factory=dict)
    """Name of a field of a letter → values; the value `*` means that it was found. Only what was likely read right."""
    postcode: Annotated[tuple[Postcode, ...], BeforeValidator(as_tuple)] = ()
    """Of a letter its sender's, else any that the sender wrote."""
    received: ReceivedWithin | None = None
    office_hours: bool | None = None
    """Received on a working day of the calendar, and within `calls.opening` where that names hours."""
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
    language: Annotated[tuple[Language, ...], BeforeValidator(as_tuple)] = ()
    """ISO 639-1 codes: `nl`, `en`."""
    topic: Annotated[tuple[Key, ...], BeforeValidator(as_tuple)] = ()
    """Keys of `topics`: the one that it is most likely about is one of these, with at least `confidence`."""
    confidence: Annotated[float, Field(gt=0, le=1)] | None = None
    """How sure its topic must be. None: `LEAST_CONFIDENCE`."""
    any: tuple[Condition, ...] = ()
    all: tuple[Condition, ...] = ()
    not_: Annotated[Condition | None, Field(alias="not")] = None

    @field_validator("confidence")
    @classmethod
    def _is_of_a_topic(cls, confidence: float | None, info: ValidationInfo) -> float | None:
        # A `topic` that is wrong itself is not there, and told by itself.
        if confidence is not None and info.data.get("topic") == ():
            raise ValueError("says how sure a topic must be: name the `topic` beside it")
        return confidence

    @property
    def least_confidence(self) -> float:
        """How sure its topic must be."""
        return LEAST_CONFIDENCE if self.confidence is None else self.confidence


class Rule(Strict):
    """One line of routing. The first rule whose condition holds decides."""

    id: Key
    when: Condition
    category: Key | None = None
    file: Annotated[str, Field(min_length=3, max_length=200)] | None = None
    """Reason to keep the item with nothing to do; instead of a category."""
    department: Key | None = None
    """Who acts, in place of the category's own department and of an addressee's. Not for a statutory category."""
    priority: Priority | None = None
    labels: Annotated[tuple[Key, ...], Field(max_length=20), BeforeValidator(as_tuple)] = ()
    """Short facts for the department, beside the gateway's own; never told to the sender."""
    hold: Annotated[str, Field(min_length=3, max_length=200)] | None = None
    """Why a person must look first: the item is decided and waits, neither acknowledged nor forwarded."""
    flag: Key | None = None
    """A key of `flags`, raised when the condition holds, whatever other rule decides. A rule may do no more than that."""
    note: str = ""
    """Why this rule is there, for the next administrator."""
