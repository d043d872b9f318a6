"""The headers that mail programs write as words above what they quote or pass on: Van, Verzonden, Aan, Onderwerp."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_KINDS = {
    "from": ("van", "from", "von", "de", "afzender", "absender", "expéditeur", "expediteur"),
    "sent": ("verzonden", "datum", "sent", "date", "gesendet", "envoyé", "envoye", "verstuurd", "date d'envoi"),
    "to": ("aan", "to", "an", "à", "destinataire"),
    "cc": ("cc", "kopie", "kopie (cc)", "copy", "copie", "bcc"),
    "subject": ("onderwerp", "subject", "betreff", "objet", "sujet"),
    "other": (
        "antwoord aan", "reply-to", "antwort an", "répondre à", "bijlage", "bijlagen", "attachments", "anlagen",
        "prioriteit", "urgentie", "importance", "priority", "wichtigkeit", "priorité", "message-id",
    ),
}  # fmt: skip
_KIND_OF = {label: kind for kind, labels in _KINDS.items() for label in labels}

_LABELLED = re.compile(
    r"[ \t*_]{0,5}([^\W\d_][^\W\d_'() -]{0,20}(?:[ '-][^\W\d_:]{1,8}){0,2})[ \t*_]{0,5}:[*_]{0,2}(.*)"
)
_CLOCK = re.compile(r"\d{1,2}[:.h]\d{2}")
_LISTS = ("from", "to", "cc")
_LINES_AT_MOST = 60
_CONTINUED_AT_MOST = 30
_LINE_LIMIT = 4_000


@dataclass
class HeaderBlock:
    """Header lines in words. `end`: the line behind the last one."""

    end: int = 0
    values: dict[str, str] = field(default_factory=dict)
    """The first value of each kind: from, sent, to, cc, subject."""

    @property
    def is_sure(self) -> bool:
        """Only mail programs write all this; `Van`, `Aan`, `Datum` alone also stand above letters and in forms."""
        evidence = "@" in self.values.get("from", "") or "@" in self.values.get("to", "")
        evidence = evidence or _CLOCK.search(self.values.get("sent", "")) is not None
        return evidence and all(self.values.get(kind) for kind in ("from", "sent", "to"))

    @property
    def is_likely(self) -> bool:
        """Enough behind a line that announces a quoted or forwarded message."""
        return bool(self.values.get("from")) and len(self.values) > 1


def header_block(lines: Sequence[str | None], start: int) -> HeaderBlock | None:
    """Return the header block that begins at this line, or None. A None among the lines ends it. Bounded in lines."""
    first = _label(lines[start])
    if first is None or first[0] == "other":
        return None
    block = HeaderBlock(end=start)
    kind, continued = "", 0
    for at in range(start, min(len(lines), start + _LINES_AT_MOST)):
        line = lines[at]
        if line is None:
            break
        found = _label(line)
        if found is not None and found[0] in block.values and found[0] != "other":
            # No header names a thing twice; and so a long list of labels is not looked at again from each of its lines.
            break
        if found is not None:
            kind, continued = found[0], 0
            block.values.setdefault(kind, found[1].strip())
            block.end = at + 1
        elif not line.strip():
            if not _goes_on(lines, at + 1):
                break
        elif continued < _CONTINUED_AT_MOST and (kind in _LISTS or not block.values[kind]):
            # A list of recipients over several lines, or a value that stands below its label.
            continued += 1
            block.values[kind] = f"{block.values[kind]} {line.strip()}"[:_LINE_LIMIT].strip()
            block.end = at + 1
        else:
            break
    return block


def _goes_on(lines: Sequence[str | None], at: int) -> bool:
    return at < len(lines) and _label(lines[at]) is not None


def _label(line: str | None) -> tuple[str, str] | None:
    if line is None or ":" not in line[:40]:
        return None
    found = _LABELLED.match(line[:_LINE_LIMIT])
    kind = _KIND_OF.get(found[1].strip().casefold()) if found else None
    return (kind, found[2].strip(" *_\t")) if found and kind else None
