"""What the API says of drafts, of their publication, and of what differs."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from gateway.api.pointers import pointer
from gateway.api.shapes import Asked, Moment, Shape, Words
from inbox.configuration.difference import Difference, Kind
from inbox.configuration.finding import FindingCode
from store.versions import DraftState, Origin, PublicationState

Reason = Annotated[Words, StringConstraints(min_length=3, strip_whitespace=True)]
Title = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
VersionNumber = Annotated[int, Field(ge=1, le=999_999_999)]


class NewDraft(Asked):
    """What a draft begins with: a document, else a version, else what is in force."""

    title: Title = Field("", description="What it is for.", examples=["Sluiting met kerst"])
    from_version: VersionNumber | None = Field(
        None,
        description="It begins with this version; with a `document`: that was made from it. Default: what is in force.",
    )
    document: dict[str, Any] | None = Field(None, description="It begins with this document, valid or not.")


class DraftLine(Shape):
    """A draft, without what it says."""

    draft_id: str
    title: str
    version: int = Field(description="Counts its changes; its `ETag`.")
    from_version: int | None = Field(description="The version in force that it changes.")
    state: DraftState = Field(description="Only an `open` or `requested` draft can be changed.")
    made_at: Moment
    made_by: str
    changed_at: Moment
    changed_by: str


class DraftList(Shape):
    """All drafts, those that changed last first."""

    drafts: list[DraftLine]


class DocumentFault(Shape):
    """One thing that is wrong in a document."""

    pointer: str = Field(description="JSON Pointer into the document (RFC 6901).", examples=["/rules/3/category"])
    detail: str = Field(description="What is wrong there.", examples=["there is no category `lantaren`"])


class DocumentWarning(DocumentFault):
    """What is odd in a document, and where."""

    code: FindingCode = Field(description="What kind of thing it is.")


class Validation(Shape):
    """Whether a draft could be published."""

    is_valid: bool
    draft_version: int = Field(description="Of the draft that was looked at.")
    faults: list[DocumentFault] = Field(description="Everything that is wrong.")
    warnings: list[DocumentWarning] = Field(
        description="What is odd, and stops nothing: rules that never decide, contradict or repeat others, what nothing"
        " uses, and words that no recent item has. Only of a draft without faults."
    )
    words_held_against: int | None = Field(
        description="How many recent items the words of rules were held against. Null: the draft has faults, `days` is 0,"
        " or there were too many items for one request: ask for fewer `days`."
    )


class DifferenceLine(Shape):
    """One thing that differs."""

    kind: Kind
    part: str = Field(description="Part of the document.", examples=["rules"])
    key: str = Field(
        description="Department, category, rule and the like; empty: the whole part.", examples=["lantaarn"]
    )
    pointer: str = Field(
        description="Into the new document; of what was removed, into the old one.", examples=["/rules/3"]
    )
    old: Any = Field(None, description="As it was.")
    new: Any = Field(None, description="As it is.")
    old_position: int | None = Field(None, description="Where a rule stood; 1 is on top.")
    new_position: int | None = Field(None, description="Where a rule stands.")


class DifferenceList(Shape):
    """What differs between two documents; defaults that are written out differ from nothing."""

    from_version: int = Field(description="The older one, or the one compared with.")
    to_version: int | None = Field(description="The other version; null: a draft.")
    differences: list[DifferenceLine]


class Publishing(Asked):
    """How a draft is to be published."""

    reason: Reason = Field(description="Why; stands in the audit trail.", examples=["Nieuwe norm voor lantaarns"])
    at: Moment | None = Field(None, description="When it goes into force. Default: now.")
    expected_version: VersionNumber | None = Field(None, description="Refused with 409 when another one is in force.")
    withdraws_scheduled: bool = Field(False, description="Another draft that is scheduled makes way; else 409.")


class Approving(Asked):
    """The second person's approval."""

    publication_id: UUID | None = Field(
        None,
        description="Which request was looked at; refused with 409 when another one waits, for another moment say.",
    )
    reason: Words = Field("", description="What was looked at.")
    withdraws_scheduled: bool = Field(False, description="Another draft that is scheduled makes way; else 409.")


class RollingBack(Asked):
    """How to go back."""

    reason: Reason = Field(description="Why; stands in the audit trail.", examples=["Regel stuurde alles naar groen"])
    expected_version: VersionNumber | None = Field(None, description="Refused with 409 when another one is in force.")
    withdraws_scheduled: bool = Field(False, description="A draft that is scheduled makes way; else 409.")


class Rebasing(Asked):
    """How to take over what was published meanwhile."""

    keeps_own: bool = Field(
        False, description="Where both changed the same in other ways, the draft's own stands; else 409 names each."
    )


class PublicationLine(Shape):
    """What became of the wish to publish a draft."""

    publication_id: str
    draft_id: str
    draft_version: int
    state: PublicationState
    reason: str
    at: Moment | None = Field(description="When it goes into force; null: as soon as it may.")
    requested_at: Moment
    requested_by: str
    approved_at: Moment | None
    approved_by: str | None
    version: int | None = Field(description="Its number, once it is in force.")


class VersionLine(Shape):
    """A published version, without what it says."""

    version: int
    published_at: Moment = Field(description="When it went into force.")
    published_by: str
    approved_by: str | None = Field(description="The second person, where there was one.")
    origin: Origin
    reason: str
    from_version: int | None = Field(description="What was in force before it.")
    rolled_back_to: int | None = Field(
        description="The version whose words it brought back; null: it was none of that."
    )


class VersionList(Shape):
    """Published versions, newest first: the first one is in force."""

    versions: list[VersionLine]
    next_below: int | None = Field(description="Ask on with `below` for older ones; null: there are none.")


def difference_lines(found: list[Difference]) -> list[DifferenceLine]:
    """Return what differs, as the API says it."""
    return [
        DifferenceLine(
            kind=one.kind,
            part=one.part,
            key=one.key,
            pointer=pointer(one.path),
            old=one.old,
            new=one.new,
            old_position=one.old_position,
            new_position=one.new_position,
        )
        for one in found
    ]
