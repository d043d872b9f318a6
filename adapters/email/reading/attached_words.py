"""The words of attached documents that hold text: `Zie bijlage` is routed by what the attachment says."""

from __future__ import annotations

from collections.abc import Callable

from adapters.email.reading.charset import decoded
from adapters.email.reading.clean import printable
from adapters.email.reading.documents import Unread, docx_words, odt_words, pdf_words
from adapters.email.reading.entity import Entity
from adapters.email.reading.html_text import html_text, without_embedded_files
from adapters.email.reading.limits import HTML_LIMIT, WORDS_BYTES_LIMIT
from adapters.email.reading.quote_marks import unmarked
from adapters.email.reading.remarks import Remark, Remarks
from adapters.email.reading.words import files
from inbox.reading import ATTACHED_TEXT_LIMIT

DOCUMENTS_LIMIT = 20

_Extract = Callable[[bytes, int], "str | Unread"]
_BINARY: dict[str, tuple[str, str, _Extract]] = {
    "pdf": ("application/pdf", "pdf", pdf_words),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx", docx_words),
    "odt": ("application/vnd.oasis.opendocument.text", "odt", odt_words),
}
_PLAIN = {"text/plain": "txt", "text/csv": "csv", "text/html": "html"}
_GENERIC = ("application/octet-stream", "application/x-download", "application/force-download", "binary/octet-stream")

_REMARK_OF = {
    Unread.locked: Remark.attachment_locked,
    Unread.broken: Remark.attachment_broken,
    Unread.too_large: Remark.attachment_broken,
    Unread.without_text: Remark.attachment_without_text,
}


def has_documents(mail: Entity) -> bool:
    """Say whether libraries in C would take attached files apart: then the mail belongs in a child process. Cheap."""
    return any(_extract_of(leaf) is not None for leaf in files(mail))


def attached_words(mail: Entity, remarks: Remarks) -> str:
    """Return the words of the first DOCUMENTS_LIMIT documents, at most ATTACHED_TEXT_LIMIT characters; never raises.

    What gives no words is a remark: locked, broken, or a scan without a text layer.
    """
    documents = [leaf for leaf in files(mail) if _extract_of(leaf) is not None or _is_plain(leaf)]
    if len(documents) > DOCUMENTS_LIMIT:
        remarks.add(Remark.attached_text_cut)
    texts: list[str] = []
    left = ATTACHED_TEXT_LIMIT
    for leaf in documents[:DOCUMENTS_LIMIT]:
        if left <= 0:
            remarks.add(Remark.attached_text_cut)
            break
        words = _words(leaf, left + 1, remarks)
        if len(words) > left:
            remarks.add(Remark.attached_text_cut)
        if words:
            texts.append(words[:left])
            left -= len(texts[-1]) + 2
    return "\n\n".join(texts).strip()


def _words(leaf: Entity, limit: int, remarks: Remarks) -> str:
    extract = _extract_of(leaf)
    if extract is None:
        return _plain(leaf)[:limit]
    content, _ = leaf.content()
    found = extract(content, limit)
    if isinstance(found, Unread):
        remarks.add(_REMARK_OF[found])
        return ""
    return found


def _extract_of(leaf: Entity) -> _Extract | None:
    extension = leaf.file_name.rpartition(".")[2].strip().lower()
    for media_type, own_extension, extract in _BINARY.values():
        if leaf.media_type == media_type or (extension == own_extension and leaf.media_type in _GENERIC):
            return extract
    return None


def _is_plain(leaf: Entity) -> bool:
    extension = leaf.file_name.rpartition(".")[2].strip().lower()
    return leaf.media_type in _PLAIN or (leaf.media_type in _GENERIC and extension in _PLAIN.values())


def _plain(leaf: Entity) -> str:
    content, _ = leaf.content(WORDS_BYTES_LIMIT)
    text, _ = decoded(content, leaf.parameters.get("charset", "utf-8"))
    if leaf.media_type == "text/html":
        # Remarks on the mail are about the mail's own words.
        return unmarked(html_text(without_embedded_files(text)[:HTML_LIMIT], Remarks()))
    return printable(text).strip()
