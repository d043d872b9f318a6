"""`gateway config`: documents and versions of the configuration, on the ledger itself."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import typer

from gateway.bootstrap import remembered
from gateway.commands.config_words import difference_words, finding_place, version_words
from gateway.commands.keep_house import with_ledger
from gateway.settings import Settings, find_settings
from inbox.configuration.canonical import canonical
from inbox.configuration.difference import differences
from inbox.configuration.findings import findings
from inbox.configuration.load import load_configuration
from inbox.configuration.parts import Content
from inbox.configuration.written import as_json, as_yaml
from inbox.errors import BadRequest, ConfigurationInvalid, NotAllowed, NotFound
from store.configurations import (
    publish,
    roll_back,
    version_content,
    version_in_force,
    version_row,
    version_rows,
)
from store.drafts import read_draft
from store.ledger import Ledger
from store.versions import Origin

Result = TypeVar("Result")

_BY = "command line"
_LONGEST_REASON = 2_000
_NUMBER = re.compile(r"\d{1,9}")
_DRAFT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def validate(files: list[Path]) -> int:
    """Check documents, and say what is odd about those without faults; return 0 when all are faultless, else 1."""
    result = 0
    for file in files:
        document = _text(file)
        try:
            configuration = load_configuration(document, str(file))
        except ConfigurationInvalid as error:
            result = 1
            for fault in error.faults:
                typer.echo(fault, err=True)
            continue
        typer.echo(
            f"{file}: {len(configuration.departments)} departments, {len(configuration.categories)} categories,"
            f" {len(configuration.rules)} rules, no faults"
        )
        for finding in findings(configuration):
            typer.echo(f"{file}: {finding.severity}: {finding_place(finding, configuration)}: {finding.sentence}")
    return result


def versions(settings_path: Path | None, limit: int, *, as_lines: bool) -> None:
    """Print the published versions, newest first."""

    async def work(ledger: Ledger) -> list[Any]:
        await version_in_force(ledger)
        return await version_rows(ledger, None, limit)

    for row in _remembered(find_settings(settings_path), work):
        typer.echo(json.dumps(_version_line(row)) if as_lines else version_words(row))


def show(settings_path: Path | None, version: int | None, *, is_json: bool, as_published: bool) -> None:
    """Print a version's document; the one in force when none is named. Raises NotFound."""

    async def work(ledger: Ledger) -> str:
        number = version or await version_in_force(ledger)
        if as_published:
            return str((await version_row(ledger, number)).document)
        content = await version_content(ledger, number)
        return as_json(content) if is_json else as_yaml(content)

    typer.echo(_remembered(find_settings(settings_path), work), nl=False)


def diff(settings_path: Path | None, old: str, new: str | None, *, as_lines: bool) -> None:
    """Print what differs from one document to the other. Raises NotFound, ConfigurationInvalid for a file with faults."""
    settings = find_settings(settings_path)
    if new is not None and _is_file(old) and _is_file(new):
        one, other = _of_file(old), _of_file(new)
    else:
        one, other = _remembered(settings, lambda ledger: _both(ledger, old, new))
    for found in differences(one, other):
        if as_lines:
            line = {name: value for name, value in vars(found).items() if name != "path"}
            typer.echo(json.dumps(line, ensure_ascii=False))
        else:
            typer.echo(difference_words(found))


def publish_file(
    settings_path: Path | None, file: Path, reason: str, expected: int | None, *, withdraws_scheduled: bool
) -> None:
    """Put a document in force. Raises ConfigurationInvalid, Conflict, NotAllowed where a second person must approve."""
    settings = find_settings(settings_path)
    if settings.publishing.second_person:
        raise NotAllowed(
            "`publishing.second_person` is set: make a draft over the API, so that another person approves"
        )
    _require_reason(reason)
    document = _text(file)
    load_configuration(document, str(file))

    async def work(ledger: Ledger) -> int:
        return await publish(
            ledger,
            document,
            _BY,
            str(file),
            origin=Origin.command,
            reason=reason,
            expected_version=expected,
            withdraws_scheduled=withdraws_scheduled,
        )

    typer.echo(f"version {with_ledger(settings_path, work)} is in force")


def rollback(
    settings_path: Path | None, version: int, reason: str, expected: int | None, *, withdraws_scheduled: bool
) -> None:
    """Put an older version's words in force again. Raises NotFound, Conflict."""
    _require_reason(reason)

    async def work(ledger: Ledger) -> int:
        return await roll_back(
            ledger, version, _BY, reason, expected_version=expected, withdraws_scheduled=withdraws_scheduled
        )

    made = with_ledger(settings_path, work)
    typer.echo(f"version {made} is in force, with the words of version {version}")


async def _both(ledger: Ledger, old: str, new: str | None) -> tuple[Content, Content]:
    if new is None:
        return await version_content(ledger, await version_in_force(ledger)), await _content(ledger, old)
    return await _content(ledger, old), await _content(ledger, new)


async def _content(ledger: Ledger, named: str) -> Content:
    """Return the content of a version (its number), a draft (its id) or a file."""
    if _is_file(named):
        return await asyncio.to_thread(_of_file, named)
    if _NUMBER.fullmatch(named):
        return await version_content(ledger, int(named))
    return (await read_draft(ledger, named)).content


def _is_file(named: str) -> bool:
    """Say whether a file is meant: what is no number and no id must be one."""
    return not _NUMBER.fullmatch(named) and not _DRAFT_ID.fullmatch(named)


def _of_file(named: str) -> Content:
    return canonical(load_configuration(_text(Path(named)), named))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise NotFound(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationInvalid([f"{file}:1: is not UTF-8"]) from None


def _require_reason(reason: str) -> None:
    if not 3 <= len(reason.strip()) <= _LONGEST_REASON:
        raise BadRequest("--reason says why, in 3 to 2000 characters; it stands in the audit trail")


def _version_line(row: Any) -> dict[str, Any]:
    return {
        "version": row.version,
        "published_at": f"{row.published_at:%Y-%m-%dT%H:%M:%SZ}",
        "published_by": row.published_by,
        "approved_by": row.approved_by,
        "origin": row.origin,
        "reason": row.reason,
        "from_version": row.from_version,
        "rolled_back_to": row.rolled_back_to,
    }


def _remembered(settings: Settings, work: Callable[[Ledger], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        async with remembered(settings) as (ledger, _):
            return await work(ledger)

    return asyncio.run(run())
