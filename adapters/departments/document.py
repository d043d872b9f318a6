"""A handover as a document for systems to read: camelCase names, as the NL API Design Rules ask."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from adapters.departments.plain_text import one_line, some_lines
from inbox.handover import Handover, HandoverKind, ScanFile
from inbox.norms.promise import Promise
from inbox.reading import LetterField, Part

Document = dict[str, Any]
"""What `json.dumps` takes."""

# Together they keep a document under the 64 kB of a CloudEvent (CloudEvents 1.0, "Size Limits"), at four bytes per
# character; the rest is in the original.
_PARTS, _PARTS_OF_LETTER = 30, 5
_RECIPIENTS = 8
_ADDRESS = 254
_LABELS = 12
_EXCERPT = 1000
_LINE = 300
_FILE_NAME = 200
_WORD = 100
_FIELDS = 30
_FIELD_VALUE = 100
_NEVER_LEFT_OUT = ("stamped_on", "posted_on", "written_on", "marked", "addressee", "addressee_kind")


def document(handover: Handover, original: bytes) -> Document:
    """Return the handover without its destination. The same handover gives the same document.

    A withdrawal says only which forward it is and why: the matter is no longer theirs to know.
    """
    if handover.kind is HandoverKind.withdrawal:
        return _identity(handover) | {"reason": some_lines(handover.reason, _EXCERPT)}
    enclosed = {"original": _original(handover, original), "scan": _scan(handover.scan)}
    return _identity(handover) | _matter(handover) | enclosed


def as_utf8(content: Document, *, indent: int | None = None) -> bytes:
    """Return it as JSON. A lone surrogate becomes a question mark: UTF-8 has no bytes for it."""
    return json.dumps(content, ensure_ascii=False, indent=indent).encode("utf-8", "replace")


def moment(at: datetime) -> str:
    """Return the moment in UTC as RFC 3339 writes it: `2026-11-23T13:05:00Z`."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _identity(handover: Handover) -> Document:
    return {
        "forwardId": handover.forward_id,
        "kind": handover.kind.value,
        "role": handover.role.value,
        "round": handover.round,
        "itemId": handover.item_id,
        "reference": handover.reference,
        "addsTo": handover.adds_to,
        "department": handover.department,
        "departmentName": one_line(handover.department_name, _LINE),
    }


def _matter(handover: Handover) -> Document:
    return {
        "channel": handover.channel.value,
        "category": handover.category,
        "categoryName": one_line(handover.category_name, _LINE),
        "priority": handover.priority.value,
        "confidentiality": handover.confidentiality.name,
        "receivedAt": moment(handover.received_at),
        "receivedBasis": one_line(handover.received_basis, _WORD),
        "promise": _promise(handover.promise),
        "sender": {"address": one_line(handover.sender.address, _LINE), "name": one_line(handover.sender.name, _LINE)},
        "recipients": [one_line(address, _ADDRESS) for address in handover.recipients[:_RECIPIENTS]],
        "recipientCount": len(handover.recipients),
        "subject": one_line(handover.subject, _LINE),
        "excerpt": some_lines(handover.excerpt, _EXCERPT),
        "language": one_line(handover.language, _WORD),
        "labels": [one_line(label, _WORD) for label in handover.labels[:_LABELS]],
        "parts": [_part(part) for part in handover.parts[: _PARTS_OF_LETTER if handover.fields else _PARTS]],
        "partCount": len(handover.parts),
        "letterFields": [_field(field) for field in _foremost(handover.fields)],
    }


def _promise(promise: Promise | None) -> Document | None:
    if promise is None:
        return None
    norm = {"within": promise.norm.within, "unit": promise.norm.unit.value}
    due_on = promise.due_on.isoformat()
    return {"dueOn": due_on, "dueAt": moment(promise.due_at), "norm": norm, "words": promise.words}


def _part(part: Part) -> Document:
    return {
        "name": one_line(part.name, _FILE_NAME),
        "mediaType": one_line(part.media_type, _WORD),
        "sizeBytes": part.size_bytes,
        "sha256": part.sha256,
    }


def _scan(scan: ScanFile | None) -> Document | None:
    if scan is None:
        return None
    media_type = one_line(scan.media_type, _WORD)
    return {"name": scan.name, "mediaType": media_type, "sizeBytes": scan.size_bytes, "sha256": scan.sha256}


def _foremost(fields: Sequence[LetterField]) -> list[LetterField]:
    """Return as many as there is room for: what terms and secrecy rest on first, else in their order."""
    return sorted(fields, key=lambda field: field.name not in _NEVER_LEFT_OUT)[:_FIELDS]


def _field(field: LetterField) -> Document:
    return {
        "name": one_line(field.name, _WORD),
        "value": one_line(field.value, _FIELD_VALUE),
        "page": field.page,
        "confidence": field.confidence,
    }


def _original(handover: Handover, original: bytes) -> Document:
    return {
        "name": one_line(handover.original_name, _FILE_NAME),
        "mediaType": one_line(handover.original_media_type, _WORD),
        "sizeBytes": len(original),
        "sha256": hashlib.sha256(original).hexdigest(),
    }
