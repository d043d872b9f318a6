"""Recordings that callers left, by the names that telephone systems write."""

from __future__ import annotations

import re

_SEPARATOR = re.compile(r"[/\\]")

_MEDIA_TYPES = {
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "m4a": "audio/mp4",
    "mp4": "audio/mp4",
    "flac": "audio/flac",
    "gsm": "audio/gsm",
}
"""What departments can play, mostly. What else a system writes is given as bytes."""


def bare_name(recording: str) -> str:
    """Return the file name in a path or address; empty when there is none, or a hidden one."""
    name = _SEPARATOR.split(recording.partition("?")[0])[-1].strip()
    return "" if name.startswith(".") or not name.isprintable() else name


def media_type_of(name: str) -> str:
    """Return what the name says that it is."""
    return _MEDIA_TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")
