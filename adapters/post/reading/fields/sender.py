"""Which of a letter's addresses is its sender's, and which is ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from adapters.post.reading.fields.address import Block
from adapters.post.reading.fields.closing import Frame
from adapters.post.reading.fields.evidence import Spot, found, unreadable
from adapters.post.reading.fields.lines import Lines
from adapters.post.reading.fields.ours import Ours
from inbox.reading import LetterField

_MUNICIPAL = re.compile(
    r"(?:^|\n)(?:aan )?(?:het |de |t\.a\.v\. )*(?:gemeente(?:raad|bestuur|huis)? |gemeenteraad|college van|burgemeester|b&w\b"
    r"|raadsgriffie|griffi|municipality|city council|stadhuis|gemeentehuis|vertrouwenspersoon)",
    re.IGNORECASE,
)
_ATTENTION = re.compile(
    r"(?:^|\n)(?:aan\b|t\. ?a\. ?v\.|ter attentie|attn|to\b|afdeling|team|antwoordnummer)", re.IGNORECASE
)
_LETTERHEAD = 170
_FOOT = 850
_RIGHT = 550
_WINDOW = (120, 330)
"""Thousandths of the height in which a window shows the addressee (NEN 1026: 40 to 80 mm, and lower on old paper)."""
_TWICE = 0.98
_SEVERAL = 0.85
"""The likeliest of several candidates, and one in a place where senders seldom write."""


@dataclass(frozen=True)
class Parties:
    """The address blocks of a letter, told apart."""

    sender: Block | None
    addressee: Block | None
    sure: float
    """Factor on all that the sender's block says."""


def parties_of(blocks: list[Block], lines: Lines, frame: Frame, ours: Ours) -> Parties:
    """Return whose address is whose. A block that may be ours is never the sender's."""
    on_first = [block for block in blocks if block.line.page == lines.first_page]
    known = [block for block in blocks if _is_ours(block, ours)]
    likely = [block for block in blocks if block not in known and not block.has_label and _addresses_us(block)]
    addressee = next((block for block in known if block in on_first), None) or _in_window(likely, on_first)
    rest = [block for block in blocks if block not in known and block is not addressee]
    if not rest:
        return Parties(None, addressee, 1.0)
    scored = sorted(rest, key=lambda block: -_score(block, lines, frame))
    best = scored[0]
    different = {block.postcode.value for block in rest if block.postcode.value}
    is_clear = len(different) < 2 or _score(best, lines, frame) >= _score(scored[1], lines, frame) + 2
    sure = 1.0 if is_clear and _stands_as_sender(best, frame) else _SEVERAL
    return Parties(best, addressee, sure)


def sender_fields(parties: Parties, signed: Spot | None) -> Iterator[LetterField]:
    """Yield `sender_name`, `street`, `house_number`, `house_number_addition`, `po_box`, `postcode`, `city`, and
    `signed_by`: who signs below the closing. Without an address, who signs is the sender.
    """
    if signed:
        yield found("signed_by", signed)
    block = parties.sender
    if block is None:
        if signed:
            yield found("sender_name", replace(signed, sure=signed.sure * 0.9))
        return
    spots = {
        "sender_name": _name(block, signed), "street": block.street, "house_number": block.number,
        "house_number_addition": block.addition, "po_box": block.po_box, "postcode": block.postcode, "city": block.city,
    }  # fmt: skip
    for name, spot in spots.items():
        if spot and spot.value:
            yield found(name, replace(spot, sure=spot.sure * parties.sure))
        elif spot:
            yield unreadable(name, spot.line, spot.start, spot.end)


def _name(block: Block, signed: Spot | None) -> Spot | None:
    if block.name is None:
        return replace(signed, sure=signed.sure * 0.9) if signed else None
    if signed and signed.value.casefold() == block.name.value.casefold():
        # Written twice, read twice the same.
        return replace(block.name, sure=min(_TWICE, block.name.sure * 1.05))
    return block.name


def _in_window(likely: list[Block], on_first: list[Block]) -> Block | None:
    """Return which of the blocks that address a municipality is shown in the window; a municipality may write too."""
    shown = [block for block in likely if block in on_first]
    return min(shown, key=lambda block: not _is_shown(block)) if shown else None


def _is_ours(block: Block, ours: Ours) -> bool:
    words = block.words.casefold()
    return block.postcode.value in ours.postcodes or any(name.casefold() in words for name in ours.names if name)


def _addresses_us(block: Block) -> bool:
    return bool(_MUNICIPAL.search(block.words)) or (_is_shown(block) and bool(_ATTENTION.search(block.words)))


def _is_shown(block: Block) -> bool:
    return _WINDOW[0] <= block.line.top <= _WINDOW[1] and not block.is_inline


def _score(block: Block, lines: Lines, frame: Frame) -> int:
    """Say how much speaks for the block being the sender's."""
    line = block.line
    return (
        (6 if block.has_label else 0)
        + (2 if line.page == lines.first_page else 0)
        + (2 if line.top < _LETTERHEAD or line.left > _RIGHT else 0)
        + (2 if line.bottom > _FOOT else 0)
        + (3 if _is_below_closing(block, frame) else 0)
        + (1 if block.name else 0)
        + (1 if block.street or block.po_box else 0)
        - (3 if _ATTENTION.search(block.words) else 0)
    )


def _is_below_closing(block: Block, frame: Frame) -> bool:
    line = block.line
    return frame.closing is not None and line.page == frame.closing.page and frame.closing.top < line.top < _FOOT


def _stands_as_sender(block: Block, frame: Frame) -> bool:
    """Say whether it stands where senders' addresses do: an address in the middle may be what the letter is about."""
    is_in_middle = _WINDOW[1] < block.line.top < _FOOT
    return block.has_label or not is_in_middle or _is_below_closing(block, frame)
