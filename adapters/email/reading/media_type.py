"""What a part's content shows itself to be, whatever its sender calls it."""

from __future__ import annotations

import re

import filetype

_GENERAL = frozenset(
    {
        "application/octet-stream",
        "application/binary",
        "application/download",
        "application/force-download",
        "application/unknown",
        "application/x-download",
        "application/x-unknown",
    }
)
"""Types that say nothing."""

_PROGRAM = "application/x-msdownload"
_MACHINE_CODE = {
    b"MZ": _PROGRAM,
    b"\x7fELF": "application/x-executable",
    b"\xfe\xed\xfa\xce": "application/x-mach-binary",
    b"\xfe\xed\xfa\xcf": "application/x-mach-binary",
    b"\xce\xfa\xed\xfe": "application/x-mach-binary",
    b"\xcf\xfa\xed\xfe": "application/x-mach-binary",
    b"L\x00\x00\x00\x01\x14\x02\x00": "application/x-ms-shortcut",
    b"#!": "application/x-sh",
}
_PROGRAM_NAMES = frozenset(
    [
        "apk",
        "app",
        "bat",
        "chm",
        "cmd",
        "com",
        "cpl",
        "dll",
        "exe",
        "hta",
        "jar",
        "js",
        "jse",
        "lnk",
        "msi",
        "msp",
        "ps1",
        "reg",
        "scr",
        "sh",
        "vbe",
        "vbs",
        "wsf",
        "wsh",
    ]
)
"""Extensions with which a computer runs what it opens."""

_PROGRAM_TYPES = frozenset(
    {
        *_MACHINE_CODE.values(),
        "application/x-dosexec",
        "application/vnd.microsoft.portable-executable",
        "application/x-msi",
        "application/x-ms-installer",
        "application/x-elf",
        "application/x-sharedlib",
        "text/x-sh",
        "text/x-python",
        "text/x-perl",
    }
)
_BY_NAME = {
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "htm": "text/html",
    "html": "text/html",
    "ics": "text/calendar",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "ppt": "application/vnd.ms-powerpoint",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "txt": "text/plain",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xml": "text/xml",
}
_OF_TEXT = frozenset({"csv", "htm", "html", "ics", "txt", "xml"})
_OF_ZIP = frozenset({"docx", "odt", "ods", "pptx", "xlsx"})
_OF_COMPOUND = frozenset({"doc", "ppt", "xls"})
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_MARKUP = re.compile(rb"\s*+(?:\xef\xbb\xbf)?\s*+<(?:!doctype html|html)", re.IGNORECASE)

_TOLD_APART = ("image/", "audio/", "video/", "application/pdf")
"""Kinds of which the content's own word outweighs another declared one of these."""


def told_by_content(declared: str, name: str, head: bytes) -> str:
    """Return the media type: the declared one, unless it says nothing or the content shows it to be untrue.

    `declared`: lower case. `name`: the file name as written. `head`: the content's first bytes. Never raises.
    """
    shown = _shown(name, head)
    if not shown:
        return declared
    if declared in _GENERAL or _is_program(shown):
        return shown if not (_is_program(declared) and declared not in _GENERAL) else declared
    if declared.startswith(_TOLD_APART) and shown.startswith(_TOLD_APART):
        return shown
    return declared


def is_dangerous_lie(declared: str, name: str, head: bytes) -> bool:
    """Say whether this is a program that calls itself something else, by its type, or by a name like `brief.pdf.exe`.

    An honest program (`setup.exe`, called one) is no lie; whether it is welcome is for the virus scanner and rules.
    """
    if _is_program(_machine_code(head)):
        is_named_so = _extension(name) in _PROGRAM_NAMES
        return not (is_named_so and (declared in _GENERAL or _is_program(declared)))
    extensions = name.lower().strip(" .").split(".")[1:]
    hides_in_name = len(extensions) > 1 and extensions[-1] in _PROGRAM_NAMES and extensions[-2] in _HARMLESS
    return hides_in_name or (declared == "application/pdf" and _MARKUP.match(head[:512]) is not None)


_HARMLESS = frozenset({*_BY_NAME, "gif", "jpeg", "jpg", "mp3", "mp4", "pdf", "png", "rtf"})


def _shown(name: str, head: bytes) -> str:
    """Return what the content shows, narrowed by the name where many kinds share a beginning; empty if nothing."""
    extension = _extension(name)
    if code := _machine_code(head):
        return code
    if head.startswith(_ZIP) and extension in _OF_ZIP:
        return _BY_NAME[extension]
    if head.startswith(_COMPOUND):
        return _BY_NAME[extension] if extension in _OF_COMPOUND else ""
    kind = filetype.guess(head) if head else None
    if kind is not None:
        # Programs were told above, with more care.
        return "" if _is_program(kind.mime) else str(kind.mime)
    if head.startswith(b"%PDF-") or b"%PDF-" in head[:1024]:
        return "application/pdf"
    return _BY_NAME[extension] if extension in _OF_TEXT and b"\x00" not in head else ""


def _machine_code(head: bytes) -> str:
    found = next((kind for magic, kind in _MACHINE_CODE.items() if head.startswith(magic)), "")
    # `MZ` alone could begin a text; a program is binary.
    return "" if found == _PROGRAM and b"\x00" not in head[:256] else found


def _is_program(media_type: str) -> bool:
    return media_type in _PROGRAM_TYPES


def _extension(name: str) -> str:
    return name.lower().strip(" .").rpartition(".")[2] if "." in name else ""
