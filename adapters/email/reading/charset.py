"""Bytes to text, whatever the label says."""

from __future__ import annotations

import re
from encodings.aliases import aliases

_BYTE_CODECS = frozenset({"base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec", "zlib_codec"})
_TEXT_CODECS = (frozenset(aliases.values()) - _BYTE_CODECS - {"mbcs"}) | {"utf_8_sig", "koi8_u", "cp874"}

# Mail says the smaller set and means the larger one (WHATWG Encoding, section 4.2 does the same for the web).
_SUPERSETS = {
    "latin_1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "big5hkscs",
    "iso8859_9": "cp1254",
    "iso8859_11": "cp874",
    "tis_620": "cp874",
}
_OWN_ALIASES = {
    "cp_1252": "cp1252",
    "iso_8859_8_i": "iso8859_8",
    "unicode_1_1_utf_8": "utf_8",
    "utf8mb4": "utf_8",
    "windows_31j": "cp932",
    "windows_874": "cp874",
    "x_mac_roman": "mac_roman",
    "x_sjis": "cp932",
}
_LATIN = frozenset({"ascii", "cp1252", "iso8859_15", "cp1254", "cp850", "mac_roman"})
_ASCII_BELOW = _LATIN | {"utf_8"}
_NOT_IN_A_LABEL = re.compile(r"[^a-z0-9]+")


def codec_of(label: str) -> str | None:
    """Return the Python codec for a MIME charset label (RFC 2978), or None when we know none.

    Looked up in a fixed table: `codecs.lookup` would import a module named by a stranger and remember each failure.
    """
    name = _NOT_IN_A_LABEL.sub("_", label[:60].lower()).strip("_")
    codec = _OWN_ALIASES.get(name) or (name if name in _TEXT_CODECS else aliases.get(name))
    return _SUPERSETS.get(codec, codec) if codec in _TEXT_CODECS else None


def decoded(raw: bytes, label: str) -> tuple[str, bool]:
    """Return the text, and whether the label told the truth. Never raises.

    No label is US-ASCII (RFC 2046 section 4.1.2). A label that cannot be true gives way to UTF-8, then windows-1252.
    """
    codec = codec_of(label) if label else "ascii"
    if raw.isascii() and (codec is None or codec in _ASCII_BELOW):
        return raw.decode("ascii"), codec is not None
    if codec is None or codec in _LATIN:
        return _decoded_latin(raw, codec)
    try:
        return raw.decode(codec).removeprefix("\ufeff"), True
    except (UnicodeError, LookupError, ValueError):
        return guessed(raw), False


def _decoded_latin(raw: bytes, codec: str | None) -> tuple[str, bool]:
    # Every byte is a letter in these sets, so a wrong label never fails; valid UTF-8 by chance is next to impossible.
    try:
        return raw.decode("utf-8").removeprefix("\ufeff"), False
    except UnicodeDecodeError:
        pass
    if codec is None or codec == "ascii":
        return guessed(raw), False
    return raw.decode(codec, "replace"), True


def guessed(raw: bytes) -> str:
    """Return unlabelled bytes as text: UTF-8 where it is, also with a few broken places, else windows-1252."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    text = raw.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    # Cut in the middle of a letter, or one stray byte: the rest is UTF-8 all the same.
    if broken <= sum(1 for letter in text if letter > "\x7f") - broken:
        return text
    return raw.decode("cp1252", "replace")
