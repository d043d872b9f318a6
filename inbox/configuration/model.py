"""The shape of the configuration document."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from inbox.call import Outcome
from inbox.confidentiality import Confidentiality, ConfidentialityName
from inbox.configuration.flag import Flag
from inbox.configuration.rule import Priority, Rule
from inbox.configuration.shapes import Address, Hour, Key, Strict, Weekday, as_tuple
from inbox.configuration.topic import Topic


class Organisation(Strict):
    """The municipality itself, as it signs its messages."""

    name: str
    time_zone: str = "Europe/Amsterdam"
    phone: str = ""
    website: str = ""
    privacy_url: str = ""
    own_domains: tuple[str, ...] = ()
    """Mail from these domains is a colleague's. What they pass on is a resident's message; their own is not
    acknowledged."""
    mail_hosts: tuple[str, ...] = ()
    """Host names of our own mail servers, `*.` in front for all below: when one of them took a message that a
    colleague attached, terms count from then. The hosts in `own_domains` are ours in any case."""


class Calendar(Strict):
    """The organisation's working days, for service norms only; statutory terms have a calendar of their own."""

    working_days: tuple[Weekday, ...] = (Weekday.mon, Weekday.tue, Weekday.wed, Weekday.thu, Weekday.fri)
    holidays: Literal["NL", "none"] = "NL"
    """Public holidays on which nobody works (library `holidays`, country NL)."""
    closed_on: tuple[date, ...] = ()
    """Extra closing days of this organisation."""
    open_on: tuple[date, ...] = ()
    """Holidays on which this organisation works all the same; wins over `holidays`, not over `closed_on`."""


class Unit(StrEnum):
    """The unit that a norm counts in."""

    working_days = "working_days"
    calendar_days = "calendar_days"
    weeks = "weeks"


class Norm(Strict):
    """Within how long the sender hears from us, counted from the day of receipt, which is day 0."""

    within: Annotated[int, Field(ge=1, le=366)]
    unit: Unit


URL = r"^https?://[^\s]+$"
FROM_ENVIRONMENT = r"^env:[A-Z][A-Z0-9_]*$"


class MailboxDestination(Strict):
    """A department's mailbox: the original goes along as message/rfc822."""

    kind: Literal["mailbox"]
    address: Address
    """Where the department reads its mail."""
    up_to: ConfidentialityName = Confidentiality.zaakvertrouwelijk
    """The strictest confidentiality that may be sent here."""


class WebhookDestination(Strict):
    """An HTTP endpoint: a CloudEvents JSON body, signed as Standard Webhooks says."""

    kind: Literal["webhook"]
    url: Annotated[str, Field(pattern=URL)]
    """The endpoint that takes each item with a POST."""
    secret: Annotated[str, Field(pattern=FROM_ENVIRONMENT)]
    """Where the signing secret stands: `env:NAME`. The document itself holds no secret."""
    up_to: ConfidentialityName = Confidentiality.vertrouwelijk
    """The strictest confidentiality that may be sent here."""


class FolderDestination(Strict):
    """A folder on disk: one JSON file and the original, both appear whole."""

    kind: Literal["folder"]
    path: Annotated[str, Field(min_length=1)]
    """Relative paths stand under the installation's `forward_folder` setting."""
    up_to: ConfidentialityName = Confidentiality.vertrouwelijk
    """The strictest confidentiality that may be written here."""


Destination = Annotated[MailboxDestination | WebhookDestination | FolderDestination, Field(discriminator="kind")]


class Department(Strict):
    """Who acts. Owns one acting destination and any number of informed ones."""

    name: str
    """As residents know it: it stands in the acknowledgement."""
    acting: Destination
    informed: tuple[Destination, ...] = ()

    @property
    def holds_up_to(self) -> Confidentiality:
        """The strictest confidentiality that may be sent to all of its destinations."""
        return min(destination.up_to for destination in (self.acting, *self.informed))


class Answer(StrEnum):
    """How a category is acknowledged."""

    dated = "dated"
    """With the promised date."""
    receipt_only = "receipt_only"
    """Receipt and reference, no date: no false legal date leaves the house."""
    none = "none"


class CopiedAnswer(StrEnum):
    """How a message is answered of which we only got a copy."""

    as_category = "as_category"
    """As if it was sent to us."""
    receipt_only = "receipt_only"
    none = "none"


class Copied(Strict):
    """Messages that were sent to others, and to us in copy. Statutory categories are answered as ever."""

    cc: CopiedAnswer = CopiedAnswer.as_category
    bcc: CopiedAnswer = CopiedAnswer.as_category


class WebForm(Strict):
    """A form on the website whose answers come as mail: a person wrote them, whatever the header says."""

    addresses: Annotated[tuple[Address, ...], Field(min_length=1), BeforeValidator(as_tuple)]
    """From which the form sends."""
    email_label: Annotated[str, Field(max_length=60)] = ""
    """The line in the text that holds the person's address: `E-mailadres` finds `E-mailadres: jan@example.nl`. Without
    it, and where it is not found, the person is whom Reply-To names."""
    name_label: Annotated[str, Field(max_length=60)] = ""
    """The line that holds the person's name."""


class Addressee(Strict):
    """A person or team that people address by name ("t.a.v. mevrouw Jansen", "Beste Karin", their own address).

    Rules choose the category first; the addressee's department then replaces the category's own. It does not where the
    category is statutory, or too confidential for one of that department's destinations.
    """

    names: Annotated[tuple[Annotated[str, Field(min_length=2, max_length=100)], ...], BeforeValidator(as_tuple)] = ()
    """As people write it, without "de heer" or "mevrouw"."""
    addresses: Annotated[tuple[Address, ...], BeforeValidator(as_tuple)] = ()
    """Mail to one of these is to this person, too."""
    department: Key
    """Who gets it. A statutory category keeps its own department."""
    category: Key | None = None
    """What it is about when no rule says so. Without it, it is triage, and stays with triage's own department, which
    sees whom it is addressed to."""


class Window(Strict):
    """So many in so long."""

    at_most: Annotated[int, Field(ge=1, le=1_000_000)]
    within_minutes: Annotated[int, Field(ge=1, le=44_640)]


Windows = Annotated[tuple[Window, ...], Field(max_length=10)]


class Limits(Strict):
    """How many notices leave the house. Whatever is withheld was taken in and forwarded all the same."""

    per_address: Windows = (Window(at_most=5, within_minutes=60), Window(at_most=20, within_minutes=1_440))
    """To one address; each window holds, none at all is no limit. What comes beyond is not acknowledged, and the last
    notice says so."""
    per_thread: Windows = (Window(at_most=3, within_minutes=1_440),)
    """To one thread of messages."""
    overall: Window | None = None
    """From the whole gateway: what comes beyond is told later, never not at all, and somebody is alarmed."""


class Threads(Strict):
    """What becomes of answers to messages that we know."""

    reopen_within_days: Annotated[int, Field(ge=0, le=366)] = 14
    """So long after its completion an item is reopened by a proven answer; later it is a new item. 0: never."""


class Sms(Strict):
    """Text messages: whom they tell, and when they leave."""

    acknowledges_post: bool = False
    """Who wrote on paper, states a mobile number and no e-mail address, is told in a text message and not on paper. Never
    about what is statutory. It needs the texts `sms_dated`, `sms_receipt_only` and `sms_correction`."""
    acknowledges_calls: bool = False
    """Who rang from a mobile number and was not answered is told in a text message that they are called back. It needs the
    texts `sms_call_back`, `sms_call_seen` and `sms_correction`."""
    calls_fresh_minutes: Annotated[int, Field(ge=1, le=2_880)] = 120
    """So long after a call its caller is still told: what would leave later, as in the next morning, is not sent."""
    sends_from: Hour = "09:00"
    sends_until: Hour = "20:00"
    """Outside these hours it waits."""


class CallQueue(Strict):
    """A queue or line of the telephone system: who answers it, and how soon that was agreed."""

    department: Key
    """For which its figures count. Rules decide who calls back."""
    answered_within_seconds: Annotated[int, Field(ge=1, le=3_600)] | None = None
    """The norm; else that of `calls`."""
    answered_share: Annotated[float, Field(gt=0, le=1)] | None = None


class Opening(Strict):
    """Hours of a day, local time, in which the telephone is answered."""

    opens: Hour
    closes: Hour
    """From then on nobody answers."""

    @model_validator(mode="after")
    def _closes_later(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("`closes` is not later than `opens`")
        return self


LINE = r"^\+?[0-9]{2,20}$"


class Calls(Strict):
    """What becomes of calls: which ask to be called back, and how well we can be reached."""

    category: Key | None = None
    """Of a call-back about which no rule says more; none: triage."""
    call_back_on: tuple[Outcome, ...] = (Outcome.missed, Outcome.abandoned, Outcome.voicemail, Outcome.after_hours)
    """Outcomes of calls to us that ask to be called back. `answered` is only ever registered, unless a rule names it."""
    abandoned_from_seconds: Annotated[int, Field(ge=0, le=600)] = 10
    """Who gives up sooner is only counted."""
    window_minutes: Annotated[int, Field(ge=0, le=10_080)] = 240
    """Calls of one number within so long of the last one are one item."""
    shared_lines: tuple[Annotated[str, Field(pattern=LINE)], ...] = ()
    """Numbers behind which many people ring (a hospital, a company), as E.164: none of their calls is another's."""
    learns_shared_lines: bool = True
    """A number from which people ring at the same time, on several days, is such a line too."""
    queues: dict[Annotated[str, Field(min_length=1, max_length=200)], CallQueue] = Field(default_factory=dict)
    """By the name that the telephone system gives the queue or, without queues, by the number that was dialled."""
    answered_within_seconds: Annotated[int, Field(ge=1, le=3_600)] = 30
    """The norm of reachability: so soon a call is answered …"""
    answered_share: Annotated[float, Field(gt=0, le=1)] = 0.8
    """… and so many of those that were offered."""
    opening: dict[Weekday, Opening] = Field(default_factory=dict)
    """When the telephone is answered, but for closed days of the calendar. Who rings outside of that and is not answered
    rang after hours, whatever the telephone system calls it. None at all: only what the telephone system says."""


class Category(Strict):
    """What a message is about."""

    name: str
    """As residents read it, fitting after "over": "een losse stoeptegel"."""
    department: Key
    answer: Answer
    norm: Norm | None = None
    text: Key | None = None
    """Name in `texts`; when absent, the text named after `answer`."""
    confidentiality: ConfidentialityName = Confidentiality.zaakvertrouwelijk
    statutory: bool = False
    """A law sets its term (objection, complaint, notice of default, Woo, AVG)."""
    priority: Priority = Priority.normal
    channel_advice: Annotated[str, Field(max_length=500)] = ""
    """In Dutch, which channel would fit such a question better (website, telephone, desk); texts tell it where they say
    `{channel_advice}`. Empty: none would. May itself hold the placeholders of CHANNEL_PLACEHOLDERS."""


CHANNEL_PLACEHOLDERS = frozenset({"organisation", "phone", "website"})
"""Words that advice on a channel may hold in braces."""


class Text(Strict):
    """An outward text in Dutch, level B1. Words in braces are filled in; see inbox/acknowledge/compose.py."""

    subject: Annotated[str, Field(max_length=200)] = ""
    """`limit_reached` needs none, which is added below another text, nor do text messages."""
    body: Annotated[str, Field(min_length=1, max_length=5000)]


LIMIT_REACHED = "limit_reached"
"""The text that is added to the last notice that a limit allows. It may be missing: then nothing is added."""

SMS_DATED, SMS_RECEIPT_ONLY, SMS_CORRECTION = "sms_dated", "sms_receipt_only", "sms_correction"
"""The texts of text messages: receipt with the promised date, receipt alone, and a later date."""
SMS_TEXTS = (SMS_DATED, SMS_RECEIPT_ONLY, SMS_CORRECTION)

SMS_CALL_BACK, SMS_CALL_SEEN = "sms_call_back", "sms_call_seen"
"""The texts of text messages to callers: by when they are called back, and that their call was seen."""
CALL_TEXTS = (SMS_CALL_BACK, SMS_CALL_SEEN)
TEXT_MESSAGES = SMS_TEXTS + CALL_TEXTS

TRIAGE = "triage"
"""The category of everything that no rule decides. Always there."""


class Configuration(Strict):
    """The whole document."""

    organisation: Organisation
    calendar: Calendar = Calendar()
    departments: dict[Key, Department]
    categories: dict[Key, Category]
    texts: dict[Key, Text]
    copied: Copied = Copied()
    threads: Threads = Threads()
    web_forms: tuple[WebForm, ...] = ()
    addressees: dict[Key, Addressee] = Field(default_factory=dict)
    limits: Limits = Limits()
    sms: Sms = Sms()
    calls: Calls = Calls()
    flags: dict[Key, Flag] = Field(default_factory=dict)
    topics: dict[Key, Topic] = Field(default_factory=dict)
    rules: tuple[Rule, ...] = ()

    def department_of(self, category: str) -> str:
        """Return the key of the department that owns the category."""
        return self.categories[category].department


PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")
"""A word in braces inside a text."""
