"""The MIME structure (RFC 2045, 2046), as positions in the raw bytes: nothing is copied."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from adapters.email.reading.fields import Fields, read_fields
from adapters.email.reading.limits import (
    DEPTH_LIMIT,
    ENTITY_LIMIT,
    FALSE_BOUNDARY_LIMIT,
    MAIL_HEADER,
    PART_HEADER,
)
from adapters.email.reading.parameters import Parameterised, parameterised
from adapters.email.reading.remarks import Remark, Remarks
from adapters.email.reading.transfer import Digest, digest, from_transfer, is_encoding

_NAME = r"[a-z0-9!#$&^_.+%'*`{|}~-]{1,100}"
_MEDIA_TYPE = re.compile(f"{_NAME}/{_NAME}")
_LONGEST_BOUNDARY = 200
"""RFC 2046 says 70; some mailers count badly."""

_LIKELY_BOUNDARY = re.compile(rb"^--([!-~]{1,200}+)[ \t]*+\r?\n(?=content-)", re.MULTILINE | re.IGNORECASE)
_RECOVERY_BYTES = 16 * 1024
"""How far into a multipart without a known boundary we look for a line that must be one."""


@dataclass(frozen=True, eq=False)
class Entity:
    """A mail or one of its parts. The body is `raw[start:end]`, still encoded."""

    raw: bytes = field(repr=False)
    fields: Fields
    media_type: str
    """Lower case; `text/plain` where missing or nonsense, `application/octet-stream` where that is an attachment."""
    parameters: dict[str, str]
    disposition: Parameterised
    start: int
    end: int
    children: tuple[Entity, ...] = ()

    @property
    def file_name(self) -> str:
        """The name as its sender gave it, decoded and unsafe; empty when there is none."""
        return self.disposition.parameters.get("filename") or self.parameters.get("name", "")

    @property
    def is_attachment(self) -> bool:
        """The sender calls it an attachment, or something unknown, which counts as one (RFC 2183 section 2.8)."""
        return self.disposition.value not in ("", "inline")

    @property
    def is_encoded(self) -> bool:
        """Its bytes do not stand in the mail as they are."""
        return is_encoding(self.fields.first("content-transfer-encoding"))

    def find(self, needle: bytes) -> int:
        """Return where the encoded body holds these bytes, or -1."""
        return self.raw.find(needle, self.start, self.end)

    def digest(self) -> Digest:
        """Measure the decoded body in pieces: it is never whole in memory."""
        return digest(self.raw, self.start, self.end, self.fields.first("content-transfer-encoding"))

    def content(self, limit_bytes: int | None = None) -> tuple[bytes, bool]:
        """Return the decoded body, and whether it was soundly encoded. `limit_bytes`: of the encoded form."""
        end = self.end if limit_bytes is None else min(self.end, self.start + limit_bytes)
        return from_transfer(self.raw[self.start : end], self.fields.first("content-transfer-encoding"))

    def leaves(self) -> Iterator[Entity]:
        """Yield the parts that hold no parts, in order."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()


def read_entity(raw: bytes, remarks: Remarks, start: int = 0) -> Entity:
    """Return the mail that begins at `start`, with all its parts. Attached messages stay closed. Never raises."""
    return _Structure(raw, remarks).mail(start)


@dataclass
class _Structure:
    raw: bytes
    remarks: Remarks
    count: int = 0

    def mail(self, start: int) -> Entity:
        fields, body = read_fields(self.raw, start, len(self.raw), MAIL_HEADER, self.remarks)
        return self._opened(fields, body, len(self.raw), default="text/plain", depth=1)

    def _part(self, start: int, end: int, default: str, depth: int) -> Entity:
        fields, body = read_fields(self.raw, start, end, PART_HEADER, self.remarks)
        return self._opened(fields, body, end, default, depth)

    def _opened(self, fields: Fields, start: int, end: int, default: str, depth: int) -> Entity:
        self.count += 1
        entity = self._closed(fields, start, end, default)
        if not entity.media_type.startswith("multipart/"):
            return entity
        if depth > DEPTH_LIMIT:
            self.remarks.add(Remark.nested_too_deep)
            return replace(entity, media_type="application/octet-stream")
        ranges = self._ranges(entity)
        if not ranges:
            self.remarks.add(Remark.broken_mime)
            # What it says, then, is all the words there are.
            return replace(entity, media_type="text/plain")
        inside = "message/rfc822" if entity.media_type == "multipart/digest" else "text/plain"
        children = []
        for part_start, part_end in ranges:
            if self.count >= ENTITY_LIMIT:
                self.remarks.add(Remark.too_many_parts)
                break
            children.append(self._part(part_start, part_end, inside, depth + 1))
        return replace(entity, children=tuple(children))

    def _closed(self, fields: Fields, start: int, end: int, default: str) -> Entity:
        declared = parameterised(fields.first("content-type"), self.remarks)
        disposition = parameterised(fields.first("content-disposition"), self.remarks)
        media_type = declared.value
        if not _MEDIA_TYPE.fullmatch(media_type):
            is_file = disposition.value not in ("", "inline") or "filename" in disposition.parameters
            # RFC 2045 section 5.2: without a sound type it is plain text.
            media_type = "application/octet-stream" if is_file else default
        return Entity(self.raw, fields, media_type, declared.parameters, disposition, start, end)

    def _ranges(self, entity: Entity) -> list[tuple[int, int]]:
        boundary = entity.parameters.get("boundary", "").rstrip().encode("utf-8", "replace")
        ranges = self._split(boundary, entity.start, entity.end) if boundary else []
        if not ranges:
            likely = _LIKELY_BOUNDARY.search(self.raw, entity.start, min(entity.end, entity.start + _RECOVERY_BYTES))
            if likely:
                self.remarks.add(Remark.broken_mime)
                ranges = self._split(likely[1], entity.start, entity.end)
        return ranges

    def _split(self, boundary: bytes, start: int, end: int) -> list[tuple[int, int]]:
        """Return the ranges between the delimiter lines (RFC 2046 section 5.1.1)."""
        ranges: list[tuple[int, int]] = []
        if len(boundary) > _LONGEST_BOUNDARY:
            return ranges
        needle = b"\n--" + boundary
        begun: int | None = None
        at, misses = max(start - 1, 0), 0
        while misses < FALSE_BOUNDARY_LIMIT and len(ranges) < ENTITY_LIMIT:
            hit = self.raw.find(needle, at, end)
            if hit < 0:
                break
            at = hit + len(needle)
            after = _delimiter_end(self.raw, at, end)
            if after is None:
                misses += 1
                continue
            if begun is not None:
                # The line end before a delimiter belongs to it.
                part_end = hit - 1 if hit > begun and self.raw[hit - 1 : hit] == b"\r" else hit
                ranges.append((begun, max(begun, part_end)))
            begun, is_last = after
            at = begun - 1
            if is_last:
                return ranges
        self.remarks.add(Remark.broken_mime)
        if begun is not None and begun < end:
            ranges.append((begun, end))
        return ranges


def _delimiter_end(raw: bytes, at: int, end: int) -> tuple[int, bool] | None:
    """Return where the line after a delimiter begins, and whether it was the last; None when it is no delimiter."""
    tail = raw[at : min(end, at + 100)]
    line, newline, _ = tail.partition(b"\n")
    if not newline and at + len(tail) < end:
        return None
    word = line.strip()
    if word not in (b"", b"--"):
        return None
    return at + len(line) + len(newline), word == b"--"
