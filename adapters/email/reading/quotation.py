"""Lines with which quoted or forwarded words begin, in Dutch, English, German and French."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from adapters.email.reading.header_block import HeaderBlock, header_block

_WROTE = re.compile(r"\b(?:schreef|geschreven|wrote|writes|schrieb|geschrieben|(?:a|à) [ée]crit)\b", re.IGNORECASE)
_OPENING = re.compile(r"(?:op|on|am|le|den)\b", re.IGNORECASE)
_PROOF = re.compile(r"\d{1,2}[:.h]\d{2}|[^\s@<>]{1,64}@[^\s@<>]{1,255}\.[^\s@<>]{2,}")
_SHORT_ATTRIBUTION = re.compile(r"[^\n]{1,80}\b(?:schreef|wrote|schrieb|a écrit)\s{0,2}:$", re.IGNORECASE)
_ATTRIBUTION_LINES = 4
_ATTRIBUTION_LIMIT = 400

_DIVIDER = re.compile(
    r"[-_ ]{2,30}(?:oorspronkelijk(?:e)? (?:bericht|e-?mail)|origineel bericht|original (?:message|e-?mail)"
    r"|urspr[üu]ngliche (?:nachricht|e-?mail)|message d['\u2019]origine|message original)[-_ ]{2,30}$",
    re.IGNORECASE,
)
_FORWARD = re.compile(
    r"(?:[-_=> ]{2,30}(?:doorgestuurd(?:e)? (?:bericht|e-?mail)|forwarded (?:message|mail)(?: from [^\n]{1,80}?)?"
    r"|weitergeleitete (?:nachricht|e-?mail)|message transf[ée]r[ée]|message r[ée]exp[ée]di[ée])(?: by [^\n]{1,80}?)?"
    r"[-_=< ]{2,30}"
    r"|begin (?:doorgestuurd bericht|forwarded message)|anfang der weitergeleiteten nachricht"
    r"|d[ée]but du message (?:transf[ée]r[ée]|r[ée]exp[ée]di[ée]))[ \u00a0]?:?$",
    re.IGNORECASE,
)
_LINE_LIMIT = 200


class Kind(Enum):
    """What begins here."""

    attribution = "attribution"
    divider = "divider"
    forward = "forward"
    headers = "headers"


@dataclass(frozen=True)
class Beginning:
    """Where quoted words begin. `end`: the first line of those words."""

    kind: Kind
    end: int
    is_sure: bool
    """Also when nothing marks the words behind it as quoted."""
    block: HeaderBlock | None = None


def beginning(lines: Sequence[str | None], at: int) -> Beginning | None:
    """Return what begins at this line, or None. Looks at a bounded number of lines, none of them None."""
    line = (lines[at] or "").strip()
    if not line:
        return None
    if len(line) <= _LINE_LIMIT:
        kind = Kind.forward if _FORWARD.match(line) else Kind.divider if _DIVIDER.match(line) else None
        if kind is not None:
            return _divided(kind, lines, at + 1)
    block = header_block(lines, at)
    if block is not None and block.is_sure:
        return Beginning(Kind.headers, block.end, is_sure=True, block=block)
    return _attribution(lines, at, line)


def _divided(kind: Kind, lines: Sequence[str | None], after: int) -> Beginning:
    at = after
    while at < min(len(lines), after + 3) and lines[at] is not None and not (lines[at] or "").strip():
        at += 1
    block = header_block(lines, at) if at < len(lines) and lines[at] is not None else None
    if block is not None and block.is_likely:
        return Beginning(kind, block.end, is_sure=True, block=block)
    return Beginning(kind, after, is_sure=True)


def _attribution(lines: Sequence[str | None], at: int, first: str) -> Beginning | None:
    if len(first) > _ATTRIBUTION_LIMIT or not (_OPENING.match(first) or _WROTE.search(first) or "@" in first):
        return None
    joined = ""
    for end in range(at, min(len(lines), at + _ATTRIBUTION_LINES)):
        line = (lines[end] or "").strip()
        joined = f"{joined} {line}".strip()
        if not line or len(joined) > _ATTRIBUTION_LIMIT:
            return None
        if line.endswith(":") and _WROTE.search(joined):
            is_sure = _PROOF.search(joined) is not None
            if is_sure or _OPENING.match(first) or _SHORT_ATTRIBUTION.match(joined):
                return Beginning(Kind.attribution, end + 1, is_sure=is_sure)
            return None
    return None
