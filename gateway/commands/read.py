"""`gateway read`: what is understood from files, one outcome per item found."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.email.reading.mbox import unfold
from adapters.email.reading.read import read_mail
from gateway.bootstrap import own_addresses
from gateway.settings import find_settings
from inbox.errors import NotFound, SettingsInvalid, UnreadableError
from inbox.reading import Reading
from inbox.unfolding import LeftPage, UnfoldingRecord

_SHOWN = {
    "channel", "sender", "recipients", "addressed_as", "addressed_to", "subject", "text", "language", "parts",
    "message_id", "sent_at", "is_automatic", "automatic_evidence", "may_acknowledge", "may_not_because",
}  # fmt: skip
_PART_SHOWN = ("name", "media_type", "size_bytes")
_PAGE_SHOWN = ("number", "from", "confidence", "weak_share", "dutch_share", "words")
_FIELD_SHOWN = ("name", "value", "page", "box", "confidence")


_SCANS = (b"%PDF-", b"II*\x00", b"MM\x00*", b"\xff\xd8\xff", b"\x89PNG\r\n")
"""How PDF, TIFF, JPEG and PNG begin."""


@dataclass(frozen=True)
class Found:
    """One item found in a file."""

    file: str
    index: int
    reading: Reading | None
    error: UnreadableError | None
    scan: UnfoldingRecord | None = None
    """Of a letter: how its scan file was taken apart; `index` counts its letters from 0."""


def find_items(files: list[Path], own: frozenset[str]) -> Iterator[Found]:
    """Yield each item of each file, in order. Raises NotFound for a path that is not there."""
    for file in files:
        for name, index, raw in unfold(file):
            if raw.startswith(_SCANS):
                yield from _letters(name, raw)
                continue
            try:
                yield Found(name, index, read_mail(raw, own_addresses=own), None)
            except UnreadableError as error:
                yield Found(name, index, None, error)


def _letters(name: str, raw: bytes) -> Iterator[Found]:
    """Yield each letter of a scan file, as if it came in today. Raises SettingsInvalid without what reads scans."""
    try:
        from adapters.post.reading.read import read_scan
    except ImportError as error:
        raise SettingsInvalid(f"`{error.name}` is missing: reading scans needs the extra `ocr`") from None
    try:
        found = read_scan(raw, datetime.now(UTC).date(), progress=_progress(name))
    except UnreadableError as error:
        yield Found(name, 0, None, error)
        return
    split = found.split
    record = UnfoldingRecord(
        pages=split.pages,
        letters=split.letters,
        remainders=tuple(LeftPage(page=left.page, kind=left.kind.value) for left in split.remainders),
        scanner=found.scanner,
    )
    for index, reading in enumerate(found.letters):
        yield Found(name, index, reading, None, record)


def _progress(name: str) -> Callable[[int, int], None]:
    """Return what shows on a terminal how many pages are done; elsewhere nothing is shown."""

    def show(done: int, of: int) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{name}: {done} of {of} pages" + ("\n" if done == of else ""))
            sys.stderr.flush()

    return show


def read(files: list[Path], *, as_json: bool, settings_path: Path | None) -> int:
    """Print each item; return 0, or 1 when a path is not there."""
    own = own_addresses(find_settings(settings_path))
    try:
        for found in find_items(files, own):
            sys.stdout.write((json.dumps(_document(found), ensure_ascii=False) if as_json else _words(found)) + "\n")
    except NotFound as error:
        sys.stderr.write(f"{error.detail}\n")
        return 1
    return 0


def _document(found: Found) -> dict[str, Any]:
    return {
        "file": found.file,
        "index": found.index,
        "outcome": "read" if found.reading else "quarantined",
        "error": found.error.code if found.error else None,
        "reading": reading_document(found.reading) if found.reading else None,
    }


def reading_document(reading: Reading) -> dict[str, Any]:
    """Return the reading as the command's users know it; `pages`, `fields` and `is_envelope` are there for scans only."""
    document = reading.model_dump(mode="json", include=_SHOWN)
    document["parts"] = [{name: part[name] for name in _PART_SHOWN} for part in document["parts"]]
    if reading.pages:
        document["is_envelope"] = reading.is_envelope
        pages = [page.model_dump(mode="json", by_alias=True) for page in reading.pages]
        fields = [field.model_dump(mode="json") for field in reading.fields]
        document["pages"] = [{name: page[name] for name in _PAGE_SHOWN} for page in pages]
        document["fields"] = [{name: field[name] for name in _FIELD_SHOWN} for field in fields]
    return document


def _words(found: Found) -> str:
    head = f"{found.file} [{found.index}]"
    if found.reading is None:
        return f"{head}\n  quarantined: {found.error.code if found.error else ''}\n"
    reading = found.reading
    lines = [
        head,
        f"  from      {reading.sender.name} <{reading.sender.address}>",
        f"  to        {', '.join(reading.recipients)} (we are: {reading.addressed_as})",
        *([f"  for       {', '.join(reading.addressed_to)}"] if reading.addressed_to else []),
        f"  subject   {reading.subject}",
        f"  language  {reading.language or 'unknown'}",
        f"  automatic {'yes: ' + '; '.join(reading.automatic_evidence) if reading.is_automatic else 'no'}",
        f"  answer    {'may be sent' if reading.may_acknowledge else 'no: ' + '; '.join(reading.may_not_because)}",
    ]
    if reading.is_envelope:
        lines.append("  envelope  closed: its content is unread")
    lines += [f"  part      {part.name} ({part.media_type}, {part.size_bytes} bytes)" for part in reading.parts]
    lines += [
        f"  page      {page.number}: {page.words} words from {page.read_from}, confidence {page.confidence:.2f}"
        for page in reading.pages
    ]
    lines += [
        f"  field     {field.name}: {field.value or 'unreadable'} (page {field.page}, {field.confidence:.2f})"
        for field in reading.fields
    ]
    lines += [f"  | {line}" for line in reading.text[:2000].splitlines()]
    return "\n".join(lines) + "\n"
