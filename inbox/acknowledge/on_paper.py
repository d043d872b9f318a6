"""The postal address that a letter states: where its sender can be told on paper."""

from __future__ import annotations

from collections.abc import Iterator

from inbox.channel import Channel
from inbox.reading import Reading

_SURE = 0.82
"""Confidence from which a field is believed: what goes to a wrong address tells a stranger of somebody's letter. Every word
of the address was compared (`tests/bench/addressed.py`). Of twelve letters that nothing was chosen by, each read whole and
with 13 damages, 60 of 168 are that sure and none is wrong, nor is one down to 0.4. Of the letters by which the reader was
tuned, with new seeds, the first wrong one comes at 0.77: docs/promises.md."""
_MORE_FOR_POSTCODE = 0.04
"""No word list knows a postcode, and one digit makes it another town's: it must be read so much more surely."""


def on_paper(reading: Reading, *, is_statutory: bool) -> tuple[str, ...]:
    """Return the address to which the sender of a letter is told on paper; empty when they are told by e-mail, or cannot
    be told.

    Who states an e-mail address has agreed to hear by it, but what the law wants confirmed in writing goes the way it came
    (Awb 2:14, 6:14, 9:6).
    """
    if reading.channel is not Channel.post or (reading.sender.address and not is_statutory):
        return ()
    return paper_address(reading)


def paper_address(reading: Reading, *, bar: float = _SURE) -> tuple[str, ...]:
    """Return name, street or box, and postcode with place, as they stand on an envelope; empty unless all are sure.

    `bar`: the confidence from which a field is.
    """
    sure = dict(_sure_fields(reading, bar))
    place = " ".join(filter(None, (sure.get("postcode"), sure.get("city"))))
    if "sender_name" not in sure or "postcode" not in sure or "city" not in sure:
        return ()
    if "po_box" in sure:
        return (sure["sender_name"], f"Postbus {sure['po_box']}", place)
    if "street" not in sure or "house_number" not in sure:
        return ()
    # Without its addition a number is another household's.
    if "house_number_addition" not in sure and any(field.name == "house_number_addition" for field in reading.fields):
        return ()
    number = f"{sure['house_number']} {sure.get('house_number_addition', '')}".strip()
    return (sure["sender_name"], f"{sure['street']} {number}", place)


def _sure_fields(reading: Reading, bar: float) -> Iterator[tuple[str, str]]:
    """Yield each field that has one sure value."""
    by_name: dict[str, set[str]] = {}
    for field in reading.fields:
        least = bar + (_MORE_FOR_POSTCODE if field.name == "postcode" else 0)
        if field.value and field.confidence >= least:
            by_name.setdefault(field.name, set()).add(field.value)
    for name, values in by_name.items():
        if len(values) == 1:
            yield name, values.pop()
