"""`gateway audit`: the trail on the terminal, for a SIEM or an auditor, and proof that nobody touched it."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Column, Table

from gateway.api.audit import audit_line
from gateway.bootstrap import remembered
from gateway.settings import Settings, find_settings
from inbox.errors import BadRequest
from store.audit_checks import Verdict, verify_audit
from store.audit_listing import AuditFilter, audited, chained, list_audit
from store.ledger import Ledger

_AT_ONCE = 1000
_ZONE = ZoneInfo("Europe/Amsterdam")
"""A day without a time is one here."""


def list_entries(settings_path: Path | None, asked: AuditFilter, limit: int, *, as_json: bool) -> None:
    """Print the newest entries that are asked for, newest first."""

    async def run() -> None:
        async with remembered(find_settings(settings_path)) as (ledger, _):
            rows = await list_audit(ledger, asked, limit)
        if as_json:
            for row in rows:
                _write_json(row)
            return
        table = Table(
            "at", "actor", Column("kind", no_wrap=True, min_width=17), Column("subject", overflow="fold"), "versions"
        )
        for row in rows:
            versions = "" if row.to_version is None else f"{row.from_version or ''} → {row.to_version}"
            table.add_row(f"{row.at:%Y-%m-%d %H:%M:%S}", row.actor, row.kind, row.subject, versions)
        Console(soft_wrap=True).print(table)

    asyncio.run(run())


def export(settings_path: Path | None, asked: AuditFilter, *, as_json: bool) -> None:
    """Write the entries of the chain, oldest first, to standard output: as JSON lines, or as a SIEM would hear them."""
    settings = find_settings(settings_path)

    async def run() -> None:
        async with remembered(settings) as (ledger, _):
            async for row in _rows(ledger, asked):
                if as_json:
                    _write_json(row)
                else:
                    sys.stdout.write(_syslog_line(row, settings) + "\n")

    asyncio.run(run())


def verify(settings_path: Path | None, against: Path | None, *, as_json: bool) -> int:
    """Check the whole trail; return 0 when it is as it was written, else 1, and name the first entry that is not.

    `against`: JSON lines of an earlier export. Raises BadRequest when they are none.
    """
    known = _kept_elsewhere(against) if against is not None else {}

    async def run() -> Verdict:
        async with remembered(find_settings(settings_path)) as (ledger, _):
            return await verify_audit(ledger, known)

    found = asyncio.run(run())
    if as_json:
        broken = vars(found.broken) if found.broken is not None else None
        sys.stdout.write(json.dumps({**vars(found), "broken": broken}) + "\n")
    else:
        for line in _words(found):
            typer.echo(line)
    return 0 if found.broken is None else 1


def within(since: str | None, until: str | None) -> AuditFilter:
    """Return what asks for entries of these days, the last one with all its hours, or moments. Raises BadRequest."""
    ends = _moment(until, "--to")
    if ends is not None and _is_day(until):
        ends = datetime.combine(ends.date() + timedelta(days=1), time(), _ZONE)
    return AuditFilter(at_from=_moment(since, "--from"), at_before=ends)


def _moment(written: str | None, option: str) -> datetime | None:
    if written is None:
        return None
    try:
        if _is_day(written):
            return datetime.combine(date.fromisoformat(written), time(), _ZONE)
        return datetime.fromisoformat(written).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadRequest(f"`{option}`: write a day such as 2026-11-24, or 2026-11-24T09:00:00Z") from None


def _is_day(written: str | None) -> bool:
    return written is not None and len(written) == len("2026-11-24")


async def _rows(ledger: Ledger, asked: AuditFilter) -> AsyncIterator[Any]:
    after = 0
    while True:
        rows = await chained(ledger, after, _AT_ONCE, asked)
        for row in rows:
            yield row
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1].sequence


def _write_json(row: Any) -> None:
    # With the digests a stranger can follow the chain: the salts, which would give erased words away, stay here.
    line = {**audit_line(row).model_dump(mode="json", by_alias=True), "digests": row.digests.split(" ")}
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")


def _syslog_line(row: Any, settings: Settings) -> str:
    from adapters.syslog.message import syslog_message
    from adapters.syslog.settings import SyslogSettings

    number = (settings.audit.syslog or SyslogSettings(host="localhost")).enterprise_number
    return syslog_message(audited(row), socket.gethostname(), number).decode()


def _kept_elsewhere(file: Path) -> dict[int, str]:
    try:
        with file.open(encoding="utf-8") as lines:
            entries = [json.loads(line) for line in lines if line.strip()]
        return {int(entry["sequence"]): str(entry["chain"]) for entry in entries}
    except OSError as error:
        raise BadRequest(f"`--against`: {file}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise BadRequest(f"`--against`: {file} holds no lines of `gateway audit export --json`") from None


def _words(found: Verdict) -> list[str]:
    counted = f"{found.sealed} entries stand in the chain as they were written"
    erased = f", {found.erased} of them erased" if found.erased else ""
    waiting = f"; {found.waiting} wait for their place in it" if found.waiting else ""
    lines = [f"{counted}{erased}{waiting}", f"the chain's digest at {found.sealed}: {found.chain}"]
    if found.broken is not None:
        place = f"number {found.broken.sequence}" if found.broken.sequence is not None else "not yet in the chain"
        entry = f", entry {found.broken.entry_id}" if found.broken.entry_id is not None else ""
        lines.append(f"BROKEN at {place}{entry}: {found.broken.what}")
    return lines
