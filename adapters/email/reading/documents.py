"""The words of one attached document. To be called where a crash of a C library hurts nobody else."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from enum import Enum
from typing import TYPE_CHECKING

from adapters.email.reading.clean import printable

if TYPE_CHECKING:
    from lxml.etree import _Element  # type: ignore[import-untyped]

PAGES_LIMIT = 30
UNPACKED_LIMIT_BYTES = 20 << 20
"""Of one file inside a document. A long report's words take below 5 MB of XML."""

_DOCX_WORDS = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_ODT_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_ENCRYPTED_OFFICE = b"\xd0\xcf\x11\xe0"
"""Compound files: what Word encrypts, and its format of before 2007, which we do not read either."""


class Unread(Enum):
    """Why a document gave no words."""

    locked = "locked"
    broken = "broken"
    too_large = "too_large"
    without_text = "without_text"


def pdf_words(content: bytes, limit: int) -> str | Unread:
    """Return the text layer of a PDF's first PAGES_LIMIT pages, at most about `limit` characters."""
    # Heavy, and only for mails that have one.
    import pypdfium2  # type: ignore[import-untyped]

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        return Unread.locked if "assword" in str(error) else Unread.broken
    pages: list[str] = []
    try:
        for number in range(min(len(document), PAGES_LIMIT)):
            if sum(map(len, pages)) >= limit:
                break
            page = document[number]
            text_page = page.get_textpage()
            pages.append(text_page.get_text_range(0, min(text_page.count_chars(), limit)))
            text_page.close()
            page.close()
    except (pypdfium2.PdfiumError, ValueError, UnicodeError):
        if not pages:
            return Unread.broken
    finally:
        document.close()
    return printable("\n".join(pages)).strip() or Unread.without_text


def docx_words(content: bytes, limit: int) -> str | Unread:
    """Return the words of a DOCX (ECMA-376 part 1, section 17), a line for each paragraph."""
    if content.startswith(_ENCRYPTED_OFFICE):
        return Unread.locked
    return _zipped(content, "word/document.xml", limit, _docx_pieces)


def odt_words(content: bytes, limit: int) -> str | Unread:
    """Return the words of an ODT (OpenDocument 1.3 part 3), a line for each paragraph and heading."""
    return _zipped(content, "content.xml", limit, _odt_pieces)


def _zipped(content: bytes, name: str, limit: int, pieces: Callable[[_Element], Iterator[str]]) -> str | Unread:
    from lxml import etree  # type: ignore[import-untyped]

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entry = archive.getinfo(name)
            if entry.flag_bits & 1 or _is_encrypted_odt(archive):
                return Unread.locked
            with archive.open(entry) as file:
                # What the archive says of its own sizes is not believed.
                xml = file.read(UNPACKED_LIMIT_BYTES + 1)
    except (
        zipfile.BadZipFile,
        KeyError,
        EOFError,
        NotImplementedError,
        OSError,
        RuntimeError,
        ValueError,
        zlib.error,
    ):
        return Unread.broken
    if len(xml) > UNPACKED_LIMIT_BYTES:
        return Unread.too_large
    # No entity is expanded and nothing is fetched: an XML bomb stays its few bytes.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(xml, parser)
    except etree.LxmlError:
        return Unread.broken
    if root.getroottree().docinfo.internalDTD is not None:
        return Unread.broken  # neither format allows one
    return _joined(pieces(root), limit) or Unread.without_text


def _is_encrypted_odt(archive: zipfile.ZipFile) -> bool:
    try:
        with archive.open("META-INF/manifest.xml") as file:
            return b"encryption-data" in file.read(UNPACKED_LIMIT_BYTES)
    except KeyError:
        return False


def _joined(pieces: Iterator[str], limit: int) -> str:
    taken: list[str] = []
    count = 0
    for piece in pieces:
        taken.append(piece)
        count += len(piece)
        if count >= limit:
            break
    return printable("".join(taken)).strip()


def _docx_pieces(root: _Element) -> Iterator[str]:
    breaks = {f"{_DOCX_WORDS}{name}": mark for name, mark in (("p", "\n"), ("tab", "\t"), ("br", "\n"), ("tc", "\t"))}
    for element in root.iter():
        if element.tag == f"{_DOCX_WORDS}t":
            yield element.text or ""
        elif element.tag in breaks:
            yield breaks[element.tag]


def _odt_pieces(root: _Element) -> Iterator[str]:
    for paragraph in root.iter(f"{_ODT_TEXT}p", f"{_ODT_TEXT}h"):
        yield from paragraph.itertext()
        yield "\n"
