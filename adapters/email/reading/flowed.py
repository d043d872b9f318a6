"""Flowed text: paragraphs that were broken into lines for transport (RFC 3676)."""

from __future__ import annotations

SIGNATURE = "-- "


def unflowed(text: str, *, deletes_space: bool) -> str:
    """Return the text with each paragraph as one line; quoted lines keep their `>` marks, as `>> words`.

    `text`: lines ended by newlines. `deletes_space`: the DelSp parameter (section 4.2), for scripts without spaces.
    """
    paragraphs: list[str] = []
    open_depth: int | None = None
    pieces: list[str] = []
    for line in text.split("\n"):
        words = line.lstrip(">")
        depth = len(line) - len(words)
        words = words.removeprefix(" ")
        is_signature = words == SIGNATURE
        if pieces and (depth != open_depth or is_signature):
            # Quoting changed in the middle of a paragraph: section 4.5 calls it improper and ends the paragraph.
            paragraphs.append(_paragraph(pieces, open_depth or 0))
            pieces = []
        is_flowed = words.endswith(" ") and not is_signature
        pieces.append(words[:-1] if is_flowed and deletes_space else words)
        open_depth = depth
        if not is_flowed:
            paragraphs.append(_paragraph(pieces, depth))
            pieces = []
    if pieces:
        paragraphs.append(_paragraph(pieces, open_depth or 0))
    return "\n".join(paragraphs)


def _paragraph(pieces: list[str], depth: int) -> str:
    words = "".join(pieces)
    return f"{'>' * depth} {words}" if depth else words
