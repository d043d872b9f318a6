"""`gateway read`: what is understood from files, one outcome per item found."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from gateway.commands.call_logs import call_logs, find_calls
from gateway.commands.call_words import call_document, call_words
from gateway.commands.found import Found, find_items
from gateway.settings import Settings, find_settings
from inbox.channel import Channel
from inbox.errors import NotFound
from inbox.reading import Page, PageSource, Reading

_Document = Callable[[], dict[str, Any]]
_Words = Callable[[], str]

_SHOWN = {
    "channel", "sender", "recipients", "addressed_as", "addressed_to", "subject", "text", "language", "parts",
    "message_id", "sent_at", "is_automatic", "automatic_evidence", "may_acknowledge", "may_not_because",
}  # fmt: skip
_PART_SHOWN = ("name", "media_type", "size_bytes")
_PAGE_SHOWN = ("number", "from", "confidence", "weak_share", "dutch_share", "words")
_FIELD_SHOWN = ("name", "value", "page", "box", "confidence")


def read(files: list[Path], *, as_json: bool, settings_path: Path | None, format_name: str | None = None) -> int:
    """Print each item and each call; return 0, or 1 when a path is not there.

    With a format's name the files are call logs of that format. Raises BadRequest when there is no such format.
    """
    settings = find_settings(settings_path)
    try:
        for file in files:
            for document, words in _found(file, settings, format_name):
                sys.stdout.write((json.dumps(document(), ensure_ascii=False) if as_json else words()) + "\n")
    except NotFound as error:
        sys.stderr.write(f"{error.detail}\n")
        return 1
    return 0


def _found(file: Path, settings: Settings, format_name: str | None) -> Iterator[tuple[_Document, _Words]]:
    """Yield what is found at a path as document and in words: calls where it is a call log, else mails and scans."""
    logs = call_logs(file, settings.calls, format_name)
    if not format_name and (not logs or file.is_dir()):
        try:
            for item in find_items([file], settings):
                yield partial(_document, item), partial(_words, item)
        except NotFound:
            # A folder of call logs alone.
            if not logs:
                raise
    if format_name and not logs:
        raise NotFound(f"{file} holds no file that may be a call log.")
    for log in logs:
        for row in find_calls(log, settings.calls):
            yield partial(call_document, row), partial(call_words, row)


def _document(found: Found) -> dict[str, Any]:
    return {
        "file": found.file,
        "index": found.index,
        "outcome": "read" if found.reading else "quarantined",
        "error": found.error.code if found.error else None,
        "reading": reading_document(found.reading) if found.reading else None,
    }


def reading_document(reading: Reading) -> dict[str, Any]:
    """Return the reading as the command's users know it.

    `pages`, `fields` and `is_envelope` are there for scans only; `attached_text` and `remarks` where there are any.
    """
    document = reading.model_dump(mode="json", include=_SHOWN)
    if reading.attached_text:
        document["attached_text"] = reading.attached_text
    if reading.remarks:
        document["remarks"] = list(reading.remarks)
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
        return f"{head}\n  quarantined: {f'{found.error.code}: {found.error.detail}' if found.error else ''}\n"
    reading = found.reading
    address = f" <{reading.sender.address}>" if reading.sender.address else ""
    lines = [head, f"  from      {reading.sender.name}{address}"]
    if reading.channel is Channel.email:
        lines.append(f"  to        {', '.join(reading.recipients)} (we are: {reading.addressed_as})")
    lines += [
        *([f"  for       {', '.join(reading.addressed_to)}"] if reading.addressed_to else []),
        f"  subject   {reading.subject}",
        f"  language  {reading.language or 'unknown'}",
        f"  automatic {'yes: ' + '; '.join(reading.automatic_evidence) if reading.is_automatic else 'no'}",
        f"  answer    {'may be sent' if reading.may_acknowledge else 'no: ' + '; '.join(reading.may_not_because)}",
    ]
    if reading.is_envelope:
        lines.append("  envelope  closed: its content is unread")
    lines += [f"  part      {part.name} ({part.media_type}, {part.size_bytes} bytes)" for part in reading.parts]
    lines += [f"  page      {_page_words(page)}" for page in reading.pages]
    lines += [
        f"  field     {field.name}: {field.value or 'unreadable'} (page {field.page}, {field.confidence:.2f})"
        for field in reading.fields
    ]
    lines += [f"  remark    {remark}" for remark in reading.remarks]
    lines += [f"  | {line}" for line in reading.text[:2000].splitlines()]
    if reading.attached_text:
        lines += ["  attached:", *(f"  | {line}" for line in reading.attached_text[:2000].splitlines())]
    return "\n".join(lines) + "\n"


def _page_words(page: Page) -> str:
    """Return the figures of a page, in words; of one without words, why."""
    said = f"{page.number}: {page.read_from}"
    if page.read_from in (PageSource.ocr, PageSource.text_layer):
        said += f", {page.words} words, confidence {page.confidence:.2f}, {page.weak_share:.0%} weak"
        said += f", {page.dutch_share:.0%} Dutch"
    return f"{said} ({', '.join(page.remarks)})" if page.remarks else said
