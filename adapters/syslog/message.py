"""An entry of the audit trail as a syslog message (RFC 5424): one line, all of it in structured data."""

from __future__ import annotations

import json
import re
from datetime import UTC

from inbox.audited import AuditedEntry

_FACILITY = 13
"""Log audit (RFC 5424 section 6.2.1)."""

_NOTICE, _INFORMATIONAL = 5, 6
"""A change; a look."""

_LONGEST_ABOUT = 1024
"""Receivers should take 2048 octets (RFC 5424 section 6.1). What is left out stands in the ledger under the number."""

_LONGEST_MSGID, _LONGEST_HOSTNAME = 32, 255
_LARGEST_SEQUENCE_ID = 2147483647

_TO_ESCAPE = re.compile(r'(["\\\]])')
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_NOT_PLAIN = re.compile(r"[^\x21-\x7e]")


def syslog_message(entry: AuditedEntry, hostname: str, enterprise_number: int) -> bytes:
    """Return the message, without framing. `hostname`: of the machine that sends."""
    is_look = entry.kind.endswith((".seen", ".listed"))
    priority = _FACILITY * 8 + (_INFORMATIONAL if is_look else _NOTICE)
    at = entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    header = f"<{priority}>1 {at} {_name(hostname, _LONGEST_HOSTNAME)} inbox-gateway -"
    sequence_id = (entry.sequence - 1) % _LARGEST_SEQUENCE_ID + 1
    data = f'[meta sequenceId="{sequence_id}"][audit@{enterprise_number}{_parameters(entry)}]'
    words = _NOT_PLAIN.sub("?", f"{entry.kind}:{entry.subject or '-'}")
    return f"{header} {_name(entry.kind, _LONGEST_MSGID)} {data} {words}".encode()


def _parameters(entry: AuditedEntry) -> str:
    about = json.dumps(entry.about, ensure_ascii=False, sort_keys=True) if entry.about else None
    is_long = about is not None and len(about.encode()) > _LONGEST_ABOUT
    named = {
        "sequence": entry.sequence,
        "actor": entry.actor,
        "kind": entry.kind,
        "subject": entry.subject,
        "fromVersion": entry.from_version,
        "toVersion": entry.to_version,
        "about": None if is_long else about,
        "count": (entry.about or {}).get("count") if is_long else None,
        "chain": entry.chain,
    }
    return "".join(f' {name}="{_escaped(str(value))}"' for name, value in named.items() if value is not None)


def _escaped(value: str) -> str:
    return _TO_ESCAPE.sub(r"\\\1", _CONTROLS.sub(" ", value))


def _name(written: str, longest: int) -> str:
    """Return a field of the header: printable ASCII without spaces, `-` when empty."""
    return _NOT_PLAIN.sub("?", written)[:longest] or "-"
