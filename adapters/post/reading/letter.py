"""From the words of a letter's pages to its Reading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time

from adapters.language import language_of
from adapters.post.reading.bar import DEFAULT_BAR, QualityBar, is_below
from adapters.post.reading.body import own_words
from adapters.post.reading.envelope import is_envelope
from adapters.post.reading.fields.bsn import masked
from adapters.post.reading.fields.evidence import VALUE_LIMIT
from adapters.post.reading.fields.letter_fields import letter_fields
from adapters.post.reading.fields.ours import NOBODY, Ours
from adapters.post.reading.word import PageWords
from inbox.addressed_to import ADDRESSED_TO_LIMIT, addressed_to
from inbox.channel import Channel
from inbox.letter_facts import ENVELOPE_SIDE, ENVELOPE_WORDS, HIGH, LIKELY
from inbox.quality import HANDWRITING, POOR_SCAN, SEVERAL_ENVELOPES
from inbox.reading import TEXT_LIMIT, LetterField, Page, PageSource, Reading, Sender

_SIDES = 2
_NO_SIDE = (PageSource.blank, PageSource.separator)


def reading_of(
    pages: Sequence[PageWords],
    qualities: Sequence[Page],
    received_on: date,
    ours: Ours = NOBODY,
    bar: QualityBar = DEFAULT_BAR,
    *,
    holds_envelopes: bool = False,
) -> Reading:
    """Return what was understood of one letter. Pure; never raises; no citizen service number stands in it.

    `sent_at` is noon UTC of the day it bears. Remarks: `poor_scan` below the bar, `handwriting` when a page is
    written by hand, `text_cut` when the words were more than a Reading holds, `several_envelopes` when the pages are more
    than an envelope has sides. `holds_envelopes`: its source says that nobody opened it.
    """
    text = masked("\n\n".join(page.text for page in pages if page.words))
    sides = {page.number for page in pages if _is_side(page, received_on, ours)}
    # An envelope in front is not where the letter begins.
    ordered = sorted(pages, key=lambda page: page.number in sides)
    fields = letter_fields(ordered, received_on, ours)
    is_closed = holds_envelopes or (not _has_handwriting(qualities) and is_envelope(pages, fields))
    body = "" if is_closed else masked(own_words([page for page in ordered if page.number not in sides])) or text
    language = language_of(body) or language_of(text)
    subject = "" if is_closed else _best(fields, "subject") or _first_line(body)
    return Reading(
        channel=Channel.post,
        sender=Sender(address=_address(fields, ours), name=_best(fields, "sender_name")),
        subject=subject,
        text=text[:TEXT_LIMIT],
        new_text=body[:TEXT_LIMIT],
        addressed_to=_addressed_to(fields, subject, body),
        language=language,
        sent_at=_noon(_best(fields, "written_on")),
        pages=tuple(_with_remark(page) if page.number in sides else page for page in qualities),
        fields=fields,
        is_envelope=is_closed,
        may_acknowledge=True,
        remarks=tuple(_remarks(qualities, language, bar, is_cut=len(text) > TEXT_LIMIT, is_envelope=is_closed)),
    )


def _best(fields: Sequence[LetterField], name: str) -> str:
    values = [field for field in fields if field.name == name and field.value and field.confidence >= LIKELY]
    return max(values, key=lambda field: field.confidence).value if values else ""


def _address(fields: Sequence[LetterField], ours: Ours) -> str:
    """Return the e-mail address that the letter states, when it is surely read and there is only one that is not ours."""
    stated = [field for field in fields if field.name == "email"]
    others = {field.value for field in stated if field.value.rpartition("@")[2] not in ours.domains}
    sure = {field.value for field in stated if field.confidence >= HIGH}
    return others.pop() if len(others) == 1 and others <= sure else ""


def _addressed_to(fields: Sequence[LetterField], subject: str, body: str) -> tuple[str, ...]:
    """Return the persons named in the address and the attention line, then those in subject and salutation."""
    is_person = any(field.name == "addressee_kind" and field.value == "person" for field in fields)
    named = [f"t.a.v. {field.value}" for field in fields if field.name == "addressee" and is_person]
    names = dict.fromkeys([*addressed_to("", "\n".join(named)), *addressed_to(subject, body)])
    return tuple(names)[:ADDRESSED_TO_LIMIT]


def _first_line(body: str) -> str:
    """Return the first line behind the salutation."""
    paragraphs = [line.strip() for line in body.split("\n", 20) if line.strip()]
    behind = [line for line in paragraphs if not line.endswith(",")] or paragraphs
    return behind[0][:VALUE_LIMIT] if behind else ""


def _noon(day: str) -> datetime | None:
    return datetime.combine(date.fromisoformat(day), time(12), tzinfo=UTC) if day else None


def _is_side(page: PageWords, received_on: date, ours: Ours) -> bool:
    return len(page.words) <= ENVELOPE_WORDS and is_envelope([page], letter_fields([page], received_on, ours))


def _with_remark(side: Page) -> Page:
    return side.model_copy(update={"remarks": (*side.remarks, ENVELOPE_SIDE)})


def _has_handwriting(qualities: Sequence[Page]) -> bool:
    return any(HANDWRITING in page.remarks for page in qualities)


def _remarks(
    qualities: Sequence[Page], language: str, bar: QualityBar, *, is_cut: bool, is_envelope: bool
) -> Iterator[str]:
    if is_below(qualities, language, bar, is_envelope=is_envelope):
        yield POOR_SCAN
    if _has_handwriting(qualities):
        yield HANDWRITING
    if is_envelope and sum(page.read_from not in _NO_SIDE for page in qualities) > _SIDES:
        yield SEVERAL_ENVELOPES
    if is_cut:
        yield "text_cut"
