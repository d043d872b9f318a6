"""`gateway config simulate`: what a document or a draft would change, on what came in; nothing is written."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn
from rich.table import Table

from gateway.bootstrap import remembered
from gateway.commands.found import Found as FoundInFile
from gateway.commands.found import find_items
from gateway.settings import Settings, find_settings
from inbox.confidentiality import Confidentiality
from inbox.configuration.load import load_configuration
from inbox.configuration.model import Configuration
from inbox.errors import BadRequest
from inbox.receipt import DATE_STAMP, receipt_of
from inbox.routing.conclude import DecidingFacts
from inbox.routing.simulate import Change, Comparison, OutcomeSaid, Rehearsed, Side
from store.configurations import Configurations
from store.drafts import draft_document
from store.ledger import Ledger
from store.past_items import Selection, count_past
from workflows.rehearsing import Candidate, Found, Tally, candidates, rehearse
from workflows.simulating import NEWEST, as_row, selection_of

_LAST = 1000
_ROWS_SHOWN = 100


@dataclass(frozen=True)
class Asked:
    """On which items, and against what."""

    last: int | None
    days: int | None
    files: tuple[Path, ...]
    is_against_then: bool


def simulate(what: str, asked: Asked, *, as_json: bool, settings_path: Path | None) -> int:
    """Rehearse the document in a file, or the draft with this id; print what changes; return 0.

    Raises BadRequest, SettingsInvalid, ConfigurationInvalid, NotFound, StoreUnavailable.
    """
    if sum((asked.last is not None, asked.days is not None, bool(asked.files))) > 1:
        raise BadRequest("name one of --last, --days and --files")
    settings = find_settings(settings_path)
    # Files are read before: their readers bring event loops of their own.
    files = list(find_items(list(asked.files), settings)) if asked.files else None
    asyncio.run(_run(what, asked, files, settings, as_json=as_json))
    return 0


async def _run(what: str, asked: Asked, files: list[FoundInFile] | None, settings: Settings, *, as_json: bool) -> None:
    async with remembered(settings) as (ledger, _):
        configuration = await _configuration(what, ledger)
        in_force = await Configurations(ledger).current()
        before = (
            None
            if asked.is_against_then and files is None
            else Side.of(in_force.document, in_force.version, in_force.overlays)
        )
        trusted = frozenset(name.lower() for name in settings.trusted_authserv_ids)
        comparison = Comparison(before, Side.of(configuration, 0, in_force.overlays), trusted)
        selection = _selection(asked)
        total = len(files) if files is not None else await count_past(ledger, selection)
        chunks = (
            _of_files(files, in_force.zone)
            if files is not None
            else candidates(ledger, selection, with_then=before is None)
        )
        work = total * max(1, len(configuration.rules))
        tally, ordinal = Tally(), 0
        shown: list[Found] = []
        with _progress(total) as advance:
            async for found in rehearse(chunks, comparison, work):
                for one in found:
                    tally.add(one)
                    if one.compared is None or not one.compared.changes:
                        continue
                    ordinal += 1
                    if as_json:
                        sys.stdout.write(json.dumps(vars(as_row(ordinal, one)), ensure_ascii=False) + "\n")
                    elif len(shown) < _ROWS_SHOWN:
                        shown.append(one)
                advance(len(found))
    if as_json:
        sys.stdout.write(json.dumps({"counts": tally.document()}, ensure_ascii=False) + "\n")
    else:
        _print(shown, tally)


async def _configuration(what: str, ledger: Ledger) -> Configuration:
    """Return the file's document, or the draft with this id."""
    file = Path(what)
    try:
        text = await asyncio.to_thread(file.read_text, encoding="utf-8")
    except OSError as error:
        try:
            draft_id = str(UUID(what))
        except ValueError:
            raise BadRequest(f"{what} is no draft's id and cannot be read: {error.strerror}") from None
        return await draft_document(ledger, draft_id)
    return await asyncio.to_thread(load_configuration, text, what)


def _selection(asked: Asked) -> Selection:
    of = {"days": asked.days} if asked.days is not None else {"last": min(asked.last or _LAST, NEWEST)}
    return selection_of(of, datetime.now(UTC))


async def _of_files(files: list[FoundInFile], zone: ZoneInfo) -> AsyncIterator[list[Candidate]]:
    """Yield each item of each file, as if it came in now."""
    present = datetime.now(UTC)
    yield [Candidate(None, f"{found.file} [{found.index}]", _of_file(found, present, zone)) for found in files]


def _of_file(found: FoundInFile, present: datetime, zone: ZoneInfo) -> Rehearsed | None:
    if found.reading is None:
        return None
    receipt = receipt_of(found.reading, present, "kept", zone)
    facts = DecidingFacts(
        reading=found.reading,
        source_id="",
        source_confidentiality=Confidentiality.zaakvertrouwelijk,
        received_at=receipt.received_at,
        is_stamped=receipt.basis == DATE_STAMP,
    )
    return Rehearsed(facts, present)


@contextmanager
def _progress(total: int) -> Iterator[Any]:
    """Show how far it is on a terminal; elsewhere nothing is shown."""
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("items", total=total)
        yield lambda items: progress.advance(task, items)


def _print(shown: list[Found], tally: Tally) -> None:
    console = Console()
    if shown:
        table = Table("item", "changes", "before", "after", "because")
        for found in shown:
            compared = found.compared
            assert compared is not None
            because = [
                f"{line.rule}: {line.after.because}" for line in compared.trace if line.after and line.after.holds
            ]
            table.add_row(
                found.item_id or found.file or "",
                ", ".join(compared.changes),
                _words(compared.before),
                _words(compared.after),
                "\n".join(because[:3]) or "no rule holds",
            )
        console.print(table)
    if tally.changed > len(shown):
        console.print(f"and {tally.changed - len(shown)} more: --json shows all")
    counts = ", ".join(f"{change} {tally.by_change[change]}" for change in Change if tally.by_change[change])
    console.print(
        f"{tally.changed} of {tally.examined} items change{': ' if counts else ''}{counts}"
        + (f"; {tally.skipped} could not be compared: they have no reading" if tally.skipped else "")
    )


def _words(outcome: OutcomeSaid) -> str:
    if outcome.filed_because is not None:
        return f"filed: {outcome.filed_because}"
    lines = [
        f"{matter.category} -> {matter.department}, {matter.priority}" + (f", {matter.due_on}" if matter.due_on else "")
        for matter in outcome.matters
    ]
    lines += [f"flags {' '.join(outcome.flags)}"] if outcome.flags else []
    lines += [f"held: {outcome.hold_reason or outcome.held_because}"] if outcome.held_because else []
    return "\n".join(lines)
