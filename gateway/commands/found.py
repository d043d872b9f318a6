"""What `gateway read` and `gateway explain` find in files: read as the line would read it, with no side effect."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from adapters.email.reading.mbox import unfold
from adapters.email.reading.read import read_mail
from gateway.bootstrap import own_addresses, own_domains
from gateway.settings import Settings
from gateway.sources import attached_scans, scan_unfolder
from inbox.attached_scans import may_hold_scans, with_scans
from inbox.errors import NoLetter, SettingsInvalid, UnreadableError
from inbox.ports import PagesDone
from inbox.reading import Reading
from inbox.unfolding import UnfoldingRecord, record_of
from workflows.parts import AttachedScans

_SCANS = (b"%PDF-", b"II*\x00", b"MM\x00*", b"\xff\xd8\xff", b"\x89PNG\r\n", b"PK\x03\x04")
"""How PDF, TIFF, JPEG and PNG begin, and the ZIP of a series; no mail begins so."""
_SCAN_SUFFIXES = frozenset({".pdf", ".tif", ".tiff", ".jpg", ".jpeg", ".png"})
_NO_MAIL_SUFFIXES = _SCAN_SUFFIXES | {".heic", ".heif", ".webp", ".gif", ".bmp", ".doc", ".docx", ".odt"}
"""What is called so is meant as a scan, whatever it holds."""


@dataclass(frozen=True)
class Found:
    """One item found in a file."""

    file: str
    index: int
    reading: Reading | None
    error: UnreadableError | None
    scan: UnfoldingRecord | None = None
    """Of a letter: how its scan file was taken apart; `index` counts its letters from 0."""


def find_items(files: list[Path], settings: Settings) -> Iterator[Found]:
    """Yield each item of each file, in order, as if it came in today. Of a folder, mails and scans are taken.

    Raises NotFound for a path that is not there, SettingsInvalid without what reads scans.
    """
    own = own_addresses(settings)
    for file in files:
        for name, index, raw in unfold(file, _SCAN_SUFFIXES):
            if raw.startswith(_SCANS) or Path(name).suffix.lower() in _NO_MAIL_SUFFIXES:
                yield from _letters(name, raw, settings)
            else:
                yield _mail(name, index, raw, own, settings)


def _mail(name: str, index: int, raw: bytes, own: frozenset[str], settings: Settings) -> Found:
    try:
        reading = read_mail(raw, own_addresses=own)
    except UnreadableError as error:
        return Found(name, index, None, error)
    if may_hold_scans(reading):
        scans = _attached(settings, own_domains(own))
        if scans is not None:
            reading = with_scans(reading, asyncio.run(_attached_letters(scans, name, raw)))
    return Found(name, index, reading, None)


def _attached(settings: Settings, domains: frozenset[str]) -> AttachedScans | None:
    """Return who reads pictures on mails, as the settings say; where they name no source, whoever is installed."""
    if settings.sources or settings.post.reads_attached is not None:
        return attached_scans(settings, domains)
    wished = settings.post.model_copy(update={"reads_attached": True})
    try:
        return attached_scans(settings.model_copy(update={"post": wished}), domains)
    except SettingsInvalid:
        return None


async def _attached_letters(scans: AttachedScans, name: str, raw: bytes) -> list[Reading | None]:
    """Return a reading for each letter that the mail's pictures show, None for each that cannot be read."""
    readings: list[Reading | None] = []
    try:
        contents = await scans.files(raw)
    except UnreadableError:
        return [None]
    for content in contents:
        try:
            unfolded = await scans.unfolder(
                content, received_on=_today(), is_one=True, on_progress=_progress(f"attached to {name}")
            )
        except UnreadableError:
            readings.append(None)
        else:
            readings += [letter.reading for letter in unfolded.letters]
    return readings


def _letters(name: str, raw: bytes, settings: Settings) -> Iterator[Found]:
    """Yield each letter of a scan file."""
    unfolder = scan_unfolder(settings, own_domains(own_addresses(settings)))
    try:
        unfolded = asyncio.run(unfolder(raw, received_on=_today(), is_one=False, on_progress=_progress(name)))
    except UnreadableError as error:
        yield Found(name, 0, None, error)
        return
    if not unfolded.letters:
        yield Found(name, 0, None, NoLetter(f"none of its {unfolded.pages} pages holds a letter"))
    record = record_of(unfolded)
    for index, letter in enumerate(unfolded.letters):
        yield Found(name, index, letter.reading, None, record)


def _today() -> date:
    return datetime.now(UTC).date()


def _progress(name: str) -> PagesDone:
    """Return what shows on a terminal how many pages are done; elsewhere nothing is shown."""

    def show(done: int, of: int) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{name}: {done} of {of} pages" + ("\n" if done == of else ""))
            sys.stderr.flush()

    return show
