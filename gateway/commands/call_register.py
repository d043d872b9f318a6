"""Call logs and calls of the register, on the command line. Who rang is not printed: that is for the API's keys."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from gateway.bootstrap import remembered
from gateway.settings import find_settings
from inbox.call import Outcome
from inbox.calls.register import CallLogState
from inbox.confidentiality import Confidentiality
from inbox.errors import BadRequest
from store.call_listing import CallFilter, list_call_logs, list_calls
from store.call_logs import import_again
from store.ledger import Ledger
from store.listing import Position, Scope

Result = TypeVar("Result")

_PAGE = 500
_EVERYTHING = Scope(departments=None, up_to=max(Confidentiality))
_LOG_FACTS = (
    "state",
    "format",
    "rows_done",
    "legs_new",
    "legs_again",
    "bad_rows",
    "code",
    "detail",
    "kept_at",
    "finished_at",
)
_CALL_FACTS = ("started_at", "queue", "dialled", "direction", "outcome", "waited_s", "talked_s", "verdict", "item_id")


def logs(settings_path: Path | None, source_id: str | None, state: str | None, limit: int, *, as_json: bool) -> None:
    """Print call logs, newest first. Raises BadRequest for a state that there is not."""
    wanted = CallLogState(_known(CallLogState, "state", state)) if state else None

    async def found(ledger: Ledger) -> AsyncIterator[Any]:
        after = None
        while page := await list_call_logs(ledger, _PAGE, after, source_id=source_id, state=wanted):
            for row in page:
                yield row
            after = Position(page[-1].kept_at, page[-1].delivery_id)

    _print(settings_path, found, "delivery_id", _LOG_FACTS, limit, as_json=as_json)


def calls(settings_path: Path | None, source_id: str | None, outcome: str | None, limit: int, *, as_json: bool) -> None:
    """Print calls, those that began last first. Raises BadRequest for an outcome that there is not."""
    wanted = CallFilter(source_id=source_id, outcome=Outcome(_known(Outcome, "outcome", outcome)) if outcome else None)

    async def found(ledger: Ledger) -> AsyncIterator[Any]:
        after = None
        while page := await list_calls(ledger, _EVERYTHING, wanted, _PAGE, after):
            for row in page:
                yield row
            after = Position(page[-1].started_at, page[-1].call_id)

    _print(settings_path, found, "call_id", _CALL_FACTS, limit, as_json=as_json)


def retry(settings_path: Path | None, log_id: str) -> None:
    """Have a call log read again. Raises NotFound, and Conflict while it waits anyway."""
    _with_ledger(settings_path, lambda ledger: import_again(ledger, log_id, "command line"))
    sys.stdout.write(f"call log {log_id} is read again, from its first row\n")


def _known(kind: Any, word: str, value: str) -> str:
    if value not in list(kind):
        raise BadRequest(f"there is no {word} `{value}`; there are {', '.join(kind)}")
    return value


def _print(
    settings_path: Path | None,
    found: Callable[[Ledger], AsyncIterator[Any]],
    key: str,
    facts: tuple[str, ...],
    limit: int,
    *,
    as_json: bool,
) -> None:
    async def collect(ledger: Ledger) -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = []
        async for row in found(ledger):
            if len(told) == limit:
                break
            # To outside a call's dialled number is a person's.
            is_theirs = "dialled" in facts and row.direction != "in"
            shown = {name: None if name == "dialled" and is_theirs else getattr(row, name) for name in facts}
            told.append({"id": getattr(row, key), "source": row.source_id, **shown})
        return told

    told = _with_ledger(settings_path, collect)
    for line in told:
        sys.stdout.write(f"{_as_json(line) if as_json else _as_words(line)}\n")


def _as_json(line: dict[str, Any]) -> str:
    return json.dumps(line, ensure_ascii=False, default=lambda moment: moment.isoformat())


def _as_words(line: dict[str, Any]) -> str:
    """Return the id, and below it whatever there is to say."""
    facts = (
        (name, f"{fact:%Y-%m-%d %H:%M:%SZ}" if isinstance(fact, datetime) else fact) for name, fact in line.items()
    )
    said = ", ".join(f"{name} {fact}" for name, fact in facts if fact not in (None, "") and name != "id")
    return f"{line['id']}\n  {said}"


def _with_ledger(settings_path: Path | None, work: Callable[[Ledger], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        async with remembered(find_settings(settings_path)) as (ledger, _):
            return await work(ledger)

    return asyncio.run(run())
