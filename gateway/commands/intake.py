"""`gateway intake`: hand in a file of submissions, all of it or nothing."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from gateway.bootstrap import assembled
from gateway.commands.intake_file import FILE_BYTES, Line, LineFault, lines_of, wanted_of
from gateway.settings import Settings, find_settings
from inbox.errors import BadRequest, NotFound
from workflows.parts import Intake, Parts
from workflows.receiving import Received, receive

_SHOWN = 50
"""So many faults are shown; with more the file is of another kind."""


def intake(settings_path: Path | None, file: Path, source_id: str, *, as_json: bool) -> int:
    """Hand the file in; return 0, or 1 when a line is at fault and nothing was taken in.

    Raises NotFound, BadRequest, KeyReused, SettingsInvalid, StoreUnavailable.
    """
    return asyncio.run(_intake(find_settings(settings_path), file, source_id, as_json=as_json))


async def _intake(settings: Settings, file: Path, source_id: str, *, as_json: bool) -> int:
    content = await asyncio.to_thread(_content, file)
    async with assembled(settings, migrates=not settings.temporal.address) as parts:
        found = _intake_of(parts, source_id)
        zone = (await parts.configurations.current()).zone
        channel = found.sources[source_id].channel
        lines, faults = lines_of(content, channel, zone, found.limits.text_characters)
        if faults:
            _say_faults(file, faults)
            return 1
        with _progress() as progress:
            bar = progress.add_task(f"handing in {len(lines)}", total=len(lines))
            wanted = wanted_of(lines, found.write)
            taken = await receive(parts, found, source_id, wanted, lambda more: progress.advance(bar, more))
    _say_taken(lines, taken, as_json=as_json)
    return 0


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(FILE_BYTES + 1)
    except OSError as error:
        raise NotFound(f"{file}: {error.strerror}") from None
    if len(content) > FILE_BYTES:
        raise BadRequest(f"{file}: holds more than {FILE_BYTES} bytes: split it")
    return content


def _intake_of(parts: Parts, source_id: str) -> Intake:
    known = parts.intake.sources if parts.intake is not None else {}
    if parts.intake is None or source_id not in known:
        raise NotFound(f"no source `{source_id}` hands in; the settings know {', '.join(sorted(known)) or 'none'}")
    return parts.intake


def _say_faults(file: Path, faults: list[LineFault]) -> None:
    for fault in faults[:_SHOWN]:
        sys.stderr.write(f"{file}: line {fault.number}: {fault.words}\n")
    if len(faults) > _SHOWN:
        sys.stderr.write(f"{file}: and {len(faults) - _SHOWN} more\n")
    sys.stderr.write("nothing was taken in\n")


def _say_taken(lines: list[Line], taken: list[Received], *, as_json: bool) -> None:
    for line, one in zip(lines, taken, strict=True):
        if as_json:
            document = {"line": line.number, "reference": one.item.reference, "itemId": one.item.item_id}
            sys.stdout.write(json.dumps({**document, "isNew": one.is_new}) + "\n")
        else:
            sys.stdout.write(f"line {line.number}: {one.item.reference}{'' if one.is_new else ' (was here already)'}\n")
    new = sum(one.is_new for one in taken)
    sys.stderr.write(f"{new} taken in, {len(taken) - new} were here already\n")


def _progress() -> Progress:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
