"""Items as the API shows them: one line in a list, and the whole account of one."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from gateway.api.flag_shapes import FlagLine
from gateway.api.shapes import Moment, Shape
from inbox.call import Direction, Outcome
from inbox.channel import Channel
from inbox.confidentiality import ConfidentialityName
from inbox.configuration.model import Answer
from inbox.configuration.rule import Priority
from inbox.correspondent import Basis
from inbox.item import ForwardRole, ForwardState, HeldBecause, LinkKind, NoticeChannel, NoticeKind, NoticeState, Status
from inbox.reading import AddressedAs, PageSource
from inbox.task import TaskKind


class AssignmentLine(Shape):
    """One matter of an item, in short."""

    assignment_id: str
    category: str = Field(examples=["vergunning"])
    department: str = Field(examples=["vergunningen"])
    status: Status
    due_on: date | None = Field(description="The last day of the promise, in the organisation's time zone.")


class Quarantine(Shape):
    """Why an item could not be read."""

    code: str = Field(examples=["malformed_mail"])


class ItemLine(Shape):
    """One item in a list."""

    item_id: str
    reference: str = Field(description="The code that people quote.", examples=["7K3M-9QXA-D"])
    channel: Channel
    source: str = Field(description="The source that showed us the item.", examples=["info"])
    status: Status
    version: int = Field(description="Grows with each change; the ETag of the item.")
    confidentiality: ConfidentialityName
    received_at: Moment = Field(description="Receipt; terms count from here.")
    subject: str
    sender_address: str = Field(description="As the message says, not proven; empty when there is none.")
    language: str | None = Field(description="ISO 639-1 code; null when there are too few words to tell.")
    held_because: HeldBecause | None = Field(description="Why it waits for a person to release it.")
    quarantine: Quarantine | None
    assignments: list[AssignmentLine]


class ItemPage(Shape):
    """One page of items, newest first."""

    items: list[ItemLine]
    next_cursor: str | None = Field(description="Ask for the next page with this `cursor`; null on the last page.")


class PartLine(Shape):
    """One attachment."""

    name: str
    media_type: str
    size_bytes: int


class PageLine(Shape):
    """How well one page of a letter was read. Shares are from 0 to 1."""

    number: int = Field(description="In the scan file, from 1.")
    read_from: PageSource
    confidence: float
    weak_share: float
    dutch_share: float
    words: int
    remarks: list[str]


class LetterFieldLine(Shape):
    """Something that a letter says of itself, with the place where it stands."""

    name: str
    value: str = Field(description="Empty: it was found, and its check says that it was misread.")
    page: int
    box: tuple[int, int, int, int] = Field(description="Left, top, right, bottom in thousandths of the page.")
    confidence: float


class ReadingAccount(Shape):
    """What was understood from the bytes."""

    sender_address: str
    sender_name: str
    recipients: list[str]
    addressed_as: AddressedAs
    addressed_to: list[str] = Field(description="Names of persons whom the sender addresses, as written.")
    subject: str
    text: str = Field(description="The words, plain; long texts are cut, the original holds all.")
    language: str | None
    sent_at: Moment | None = Field(description="As the message says, not proven.")
    parts: list[PartLine]
    is_automatic: bool
    automatic_evidence: list[str]
    may_acknowledge: bool
    may_not_because: list[str]
    remarks: list[str] = Field(description="What was odd but did not stop the reading, as short codes.")
    pages: list[PageLine] = Field(description="Of a letter; empty otherwise.")
    fields: list[LetterFieldLine] = Field(description="Of a letter; empty otherwise.")
    is_envelope: bool = Field(description="Only the outside of a closed envelope was seen: its content is unread.")


class CorrespondentAccount(Shape):
    """Who is to hear from us."""

    address: str
    basis: Basis = Field(description="What shows that it is them.")
    passed_on_by: str | None = Field(description="The colleague who passed the message on.")
    vouched_address: str | None = Field(description="Whom a person of ours said is to be told.")


class PromiseLine(Shape):
    """By when the sender hears from the department."""

    due_on: date = Field(description="The last day, in the organisation's time zone.")
    due_at: Moment = Field(description="The end of that day.")
    words: str = Field(description="The norm as it is told.", examples=["binnen 5 werkdagen"])


class AssignmentAccount(AssignmentLine):
    """One matter of an item."""

    priority: Priority
    answer: Answer
    promise: PromiseLine | None = Field(description="Null when no date may be promised.")
    rule: str | None = Field(
        description="The rule that chose; null: a person, an addressee, or triage because no rule held."
    )
    confidence: float = Field(description="1 for a rule, an addressee or a person, 0 for triage.")
    round: int = Field(description="How often it was handed to a department.")
    chosen_by: str
    configuration_version: int
    decided_at: Moment


class TraceLine(Shape):
    """One rule that was tried."""

    rule: str
    holds: bool
    because: str


class LinkLine(Shape):
    """Another item that this one belongs with. Items outside the key's scope are left out."""

    item_id: str = Field(description="The other item.")
    reference: str
    status: Status
    source: str = Field(description="Where the other item reached us: of a copy, another of the sender's recipients.")
    received_at: Moment = Field(description="When the other item reached us.")
    kind: LinkKind
    is_from_here: bool = Field(description="True: this item is the copy or follow-up of the other; false: the reverse.")
    reason: str
    score: float = Field(description="How sure, 0 to 1.")
    made_at: Moment
    undone_at: Moment | None


class EventLine(Shape):
    """What happened, when, by whom and why."""

    at: Moment
    actor: str = Field(description="`gateway`, or the name of a key.")
    kind: str = Field(examples=["forwarded"])
    from_status: Status | None
    to_status: Status | None
    reason: str
    action_id: str | None
    overlays: list[str] = Field(
        description="Ids of the emergency overlays by which it was decided, or that changed or held up a notice's words."
    )


class Trouble(Shape):
    """What stood in the way."""

    code: str
    detail: str | None = Field(description="For administrators only.")


class StepLine(Shape):
    """One step of a forward."""

    step: str
    at: Moment
    code: str | None
    detail: str | None = Field(description="For administrators only.")


class ForwardLine(Shape):
    """One handover to one destination of a department."""

    forward_id: str
    assignment_id: str
    department: str
    destination_kind: str = Field(examples=["mailbox"])
    role: ForwardRole
    round: int
    state: ForwardState
    attempts: int
    doubts: int = Field(description="How often the answer to the last byte was lost.")
    remote_id: str = Field(description="The department system's own id for it.")
    made_at: Moment
    settled_at: Moment | None
    trouble: Trouble | None
    steps: list[StepLine]


class NoticeLine(Shape):
    """One outward text to the sender."""

    notice_id: str
    kind: NoticeKind
    channel: NoticeChannel = Field(description="How it is told: by e-mail, by post on paper, or in a text message.")
    state: NoticeState
    withheld_because: list[str]
    subject: str
    body: str
    told_due_on: date | None = Field(description="The date that the sender was told.")
    attempts: int
    doubts: int
    remote_id: str = Field(description="NotifyNL's own id for it; empty when something else sends it.")
    made_at: Moment
    settled_at: Moment | None
    trouble: Trouble | None


class TaskAccount(Shape):
    """What a person was asked to do for the item."""

    task_id: str
    kind: TaskKind
    reason: str = Field(description="What happened, in a sentence; never the sender's own words.")
    made_at: Moment
    done_at: Moment | None
    done_by: str | None
    outcome: str = Field(description="What the person who did it wrote.")


class QuarantineAccount(Quarantine):
    """Why an item could not be read, and what to mend."""

    detail: str


class LeftPageLine(Shape):
    """A page of a scan file that belongs to no letter."""

    page: int = Field(description="In the scan file, from 1.")
    kind: str = Field(examples=["separator"])


class ScanAccount(Shape):
    """The scan file that a letter came in. It shows no word of another letter."""

    delivery_id: str = Field(description="Of the whole file.")
    media_type: str = Field(examples=["image/tiff"])
    sha256: str
    size_bytes: int
    kept_at: Moment
    pages: int = Field(description="Of the whole file.")
    letters: int = Field(description="How many came out of it.")
    ordinal: int = Field(description="Which of them this one is, from 1.")
    own_pages: list[int] = Field(description="This letter's, by their numbers in the scan file, from 1.")
    left_pages: list[LeftPageLine] = Field(description="Separators and empty pages: in no letter.")
    scanner: dict[str, str] = Field(
        description="What the file says of the device that made it, of its first page: claimed, not proven. `device`,"
        " `software`, `computer`, `operator`, `paper_box`, `dpi`, `colour`, `scanned_at`; only what it says.",
        examples=[{"device": "Canon DR-M1060", "dpi": "300", "colour": "grey"}],
    )


class DeliveryAccount(Shape):
    """How the item came in."""

    delivery_id: str
    media_type: str
    received_at: Moment
    received_basis: str = Field(
        description="`source`: the source said so; `kept`: it did not, so the moment of keep; `date_stamp`: of a letter,"
        " the day of the post room's stamp, at noon, since its hour is not known."
    )
    sha256: str
    size_bytes: int
    kept_at: Moment
    confirmed_at: Moment | None = Field(description="When the source was told that we have it.")
    scan: ScanAccount | None = Field(description="Of a letter: the scan file that it came in.")


class CallAccount(Shape):
    """The call that an item was made of; of several the latest."""

    caller: str = Field(description="E.164, or as it was written; empty when withheld.", examples=["+31612345678"])
    dialled: str = Field(examples=["14076"])
    queue: str = Field(description="As the telephone system calls it.")
    choice: str = Field(description="What the caller chose in the menu.")
    direction: Direction
    outcome: Outcome
    started_at: Moment
    waited_s: float = Field(description="Seconds until a person answered or the call ended.")


class CallBackAccount(Shape):
    """How often somebody rang who is to be called back, and whether they were spoken to since."""

    calls: int = Field(description="Calls of the number that were not answered, with those since the item was made.")
    first_at: Moment
    latest_at: Moment
    settled_by: str | None = Field(description="The call in which the caller was spoken to.")
    settled_at: Moment | None = Field(description="When they were spoken to.")


class PagesAccount(Shape):
    """How far a scan file is read."""

    done: int
    of: int


class ItemAccount(Shape):
    """Everything about one item."""

    item_id: str
    reference: str
    channel: Channel
    source: str
    status: Status
    version: int
    confidentiality: ConfidentialityName
    received_at: Moment
    made_at: Moment
    changed_at: Moment
    held_because: HeldBecause | None
    hold_reason: str | None = Field(description="Why a person must look first, in the words of the rule that held it.")
    released_at: Moment | None
    labels: list[str] = Field(description="What the deciding rule says of it to the department.")
    filed_because: str | None
    configuration_version: int | None = Field(description="The configuration that decided; null before decide.")
    correspondent: CorrespondentAccount | None = Field(description="Who is to hear from us; null before decide.")
    reading: ReadingAccount | None = Field(description="Null before read, and when nothing could be read.")
    call: CallAccount | None = Field(description="Of an item that was made of calls.")
    call_back: CallBackAccount | None = Field(description="While, and after, somebody is to be called back.")
    quarantine: QuarantineAccount | None
    delivery: DeliveryAccount
    progress: PagesAccount | None = Field(description="While its scan file is being read.")
    assignments: list[AssignmentAccount]
    trace: list[TraceLine] = Field(
        description="What held and decided, in order: rules, and whom it addresses. The explanation shows the others, too."
    )
    links: list[LinkLine]
    events: list[EventLine]
    forwards: list[ForwardLine]
    notices: list[NoticeLine]
    tasks: list[TaskAccount]
    flags: list[FlagLine] = Field(description="What cannot wait, with its alerts; the sender never learns of it.")


class ItemState(Shape):
    """Where an item stands after an action."""

    item_id: str
    reference: str
    status: Status
    version: int
    confidentiality: ConfidentialityName
    held_because: HeldBecause | None
    changed_at: Moment
    action_id: str = Field(description="The action; its event carries the same id.")
    assignments: list[AssignmentLine]
