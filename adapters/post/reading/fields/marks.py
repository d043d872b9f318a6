"""To whom a letter or envelope is addressed, and marks that say who may open it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from adapters.post.reading.fields.address import Block
from adapters.post.reading.fields.closing import Frame
from adapters.post.reading.fields.evidence import Spot, found
from adapters.post.reading.fields.lines import Line, Lines
from adapters.post.reading.fields.sender import Parties
from inbox.addressed_to import addressed_to
from inbox.letter_facts import ENVELOPE_WORDS, Mark
from inbox.reading import LetterField

_MARK = re.compile(
    r"(?:strikt |zeer |streng )?(?:(?P<personal>persoonlijk|personal|eigenhandig)|(?P<confidential>vertrouwelijk|confidential"
    r"|medisch geheim))(?:(?: en | & |/| / |, ?| and )(?:strikt )?(?P<more>vertrouwelijk|confidential|persoonlijk|personal))?",
    re.IGNORECASE,
)
_MARK_HEAD = 500
"""Thousandths of the height above which a mark stands on a letter; on an envelope it stands anywhere."""

_COUNCIL = re.compile(
    r"\b(?:gemeenteraad|raadsgriffie|griffie|griffier|raadslid|raadsleden|raadsfractie|de raad|raad van de gemeente"
    r"|leden van de raad|city council|town council|municipal council|rekenkamer)\b",
    re.IGNORECASE,
)
_CONFIDANT = re.compile(
    r"\b(?:vertrouwenspersoon|vertrouwenspersonen|vertrouwensarts|confidant|confidential counsel+or)\b", re.IGNORECASE
)
_ORGANISATION = re.compile(
    r"^(?:aan )?(?:het |de )?(?:gemeente(?:bestuur)?\b|college van b|burgemeester en|college\b|b&w|municipality|stadhuis|gemeentehuis)",
    re.IGNORECASE,
)
_TO = re.compile(r"^(?:aan|to)(?: ?:)? ", re.IGNORECASE)
_ATTENTION = re.compile(
    r"^(?:t\. ?a\. ?v\.?|ter attentie van|attn\.?:?|for the attention of) ?:? ?(?=\S)", re.IGNORECASE
)
_TITLED = re.compile(
    r"^(?:aan )?(?:de )?(?:weledel\w+ )?(?:heer|dhr\.?|mevrouw|mevr\.?|mw\.?|wethouder|burgemeester|raadslid|mr\.?s?|ms\.?)"
    r" (?!en )(?=[^\W\d_])",
    re.IGNORECASE,
)
_CONTINUED = re.compile(r"(?:van )?de gemeente |antwoordnummer |postbus ", re.IGNORECASE)
_HEAD = 420
_SURE, _BY_PLACE = 0.98, 0.95
_UNKNOWN_LINE = 0.85
"""An organisation, with a line in its address that may name somebody."""


def marks_of(lines: Lines) -> Iterator[LetterField]:
    """Yield `marked`, each once: `persoonlijk` or `vertrouwelijk`, from a line that says nothing else."""
    seen: set[str] = set()
    length = Counter[int]()
    for line in lines.all:
        length[line.page] += len(line.words)
    for line in lines.all:
        is_in_head = line.page == lines.first_page and line.top <= _MARK_HEAD
        # An envelope that was scanned behind its letter has few words.
        if not is_in_head and length[line.page] > ENVELOPE_WORDS:
            continue
        text = line.text.strip(" -*!.:()[]\"'“”_|")
        mark = _MARK.fullmatch(text) if len(text) <= 60 else None
        if mark is None:
            continue
        words = [mark["personal"] or mark["confidential"], mark["more"] or ""]
        for word in filter(None, words):
            value = Mark.personal if word.lower().startswith(("pers", "eigen")) else Mark.confidential
            if value not in seen:
                seen.add(value)
                yield found("marked", Spot(value.value, line, 0, len(line.text), _SURE))


def addressee_of(lines: Lines, parties: Parties, frame: Frame) -> Iterator[LetterField]:
    """Yield `addressee` as written, and `addressee_kind`: `council`, `confidant`, `person` or `organisation`.

    The nearest counts: whose attention is asked, then council or confidant, then a named person, then the organisation.
    """
    block = parties.addressee
    candidates = [*reversed(block.above), block.line] if block else _above_salutation(lines, frame)
    spots = [pair for line in candidates for pair in _addressee(line)]
    if block is None and (frame.salutation or frame.closing):
        # A name with a title in the head of a letter is as good the sender's.
        spots = [
            (kind, spot)
            for kind, spot in spots
            if kind != "person" or _TO.match(spot.line.text) or _ATTENTION.match(spot.line.text)
        ]
    if not spots:
        return
    order = ("council", "confidant", "person", "team", "organisation")
    # "Aan de raad, t.a.v. de griffie": of equals, whose attention is asked.
    kind, spot = min(spots, key=lambda pair: (order.index(pair[0]), not _ATTENTION.match(pair[1].line.text)))
    if kind == "organisation" and block and _has_unknown_line(block):
        spot = replace(spot, sure=spot.sure * _UNKNOWN_LINE)
    yield found("addressee", spot)
    yield found(
        "addressee_kind", Spot("organisation" if kind == "team" else kind, spot.line, spot.start, spot.end, spot.sure)
    )


def _has_unknown_line(block: Block) -> bool:
    """Say whether the block holds a line that may be a person's, misread."""
    known = {spot.line for spot in (block.street, block.po_box) if spot}
    return any(
        line not in known and not any(_addressee(line)) and not _CONTINUED.match(line.text) for line in block.above
    )


def _above_salutation(lines: Lines, frame: Frame) -> list[Line]:
    found_lines: list[Line] = []
    for line in lines.on_first_page():
        if line is frame.salutation:
            break
        if line.top <= _HEAD or (frame.salutation is None and frame.closing is None):
            found_lines.append(line)
    return [line for line in found_lines if len(line.text) <= 80]


def _addressee(line: Line) -> Iterator[tuple[str, Spot]]:
    text = line.text
    to = _TO.match(text)
    start = to.end() if to else 0
    attention = _ATTENTION.match(text[start:])
    if attention:
        start += attention.end()
    value = text[start:].strip(" ,.")
    if not value:
        return
    spot = Spot(value, line, start, len(text), _SURE)
    if _CONFIDANT.search(value):
        yield "confidant", spot
    elif _COUNCIL.search(value):
        yield "council", spot
    elif attention:
        names = addressed_to("", text[: attention.end() + 120] if start == attention.end() else f"t.a.v. {value}")
        is_team = _is_team(value)
        is_person = bool(names) and not is_team
        sure = spot.sure * (1.0 if is_person or is_team else _UNKNOWN_LINE)
        yield ("person" if is_person else "team"), replace(spot, sure=sure)
    elif _TITLED.match(value) and addressed_to("", f"t.a.v. {value}"):
        yield "person", Spot(value, line, start, len(text), _BY_PLACE)
    elif _ORGANISATION.match(value):
        yield "organisation", spot


def _is_team(name: str) -> bool:
    plain = name.lower().removeprefix("de ").removeprefix("het ")
    return plain.startswith(("team", "afdeling", "bureau", "cluster", "sectie", "loket", "unit", "dienst"))
