"""A call, or a bad row, as `gateway read` prints it."""

from __future__ import annotations

from typing import Any

from gateway.commands.call_logs import FoundRow
from inbox.call import BadRow, Call
from inbox.channel import Channel

_SHOWN = (
    "caller", "dialled", "queue", "choice", "direction", "outcome", "started_at", "answered_at", "ended_at", "waited_s",
    "talked_s", "recording",
)  # fmt: skip


def call_document(row: FoundRow) -> dict[str, Any]:
    """Return a call's reading, `legs` as their number; of a bad row `line`, `detail` and its first 1,000 characters."""
    head = {"file": row.file, "index": row.index}
    if isinstance(row.found, BadRow):
        bad = row.found
        raw = bad.raw[:4000].decode("utf-8", "replace")[:1000]
        outcome = {"outcome": "quarantined", "error": bad.code, "reading": None}
        return head | outcome | {"line": bad.line, "detail": bad.detail, "row": raw}
    return head | {"outcome": "read", "error": None, "reading": _reading(row.found)}


def _reading(call: Call) -> dict[str, Any]:
    document = call.as_json()
    reading = {name: document[name] for name in _SHOWN}
    is_ambiguous = any(leg.is_ambiguous for leg in call.legs)
    return {"channel": str(Channel.phone)} | reading | {"legs": len(call.legs), "is_ambiguous": is_ambiguous}


def call_words(row: FoundRow) -> str:
    """Return the same for a person to read."""
    head = f"{row.file} [{row.index}]"
    if isinstance(row.found, BadRow):
        return f"{head}\n  quarantined: line {row.found.line}: {row.found.code}: {row.found.detail}\n"
    call = row.found
    lines = [
        head,
        f"  call      {call.caller or 'number withheld'} to {call.dialled or 'unknown'} ({call.direction})",
        *([f"  queue     {call.queue}"] if call.queue else []),
        *([f"  choice    {call.choice}"] if call.choice else []),
        f"  outcome   {call.outcome}",
        f"  began     {call.started_at.isoformat()}",
        f"  waited    {call.waited_s:.0f} s",
        *([f"  talked    {call.talked_s:.0f} s"] if call.talked_s else []),
        *([f"  recording {call.recording}"] if call.recording else []),
        f"  legs      {len(call.legs)}",
    ]
    return "\n".join(lines) + "\n"
