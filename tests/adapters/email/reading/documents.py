"""Documents made for tests: small, and as broken as asked."""

from __future__ import annotations

import base64
import io
import zipfile

_DOCX = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_ODT = "urn:oasis:names:tc:opendocument:xmlns"


def pdf(*pages: str, is_locked: bool = False) -> bytes:
    """Return a PDF with a text layer, one line on each page; an empty line leaves the page without words."""
    bodies = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for words in pages:
        drawn = f"BT /F1 12 Tf 50 700 Td ({words}) Tj ET".encode("latin-1") if words else b""
        bodies.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn))
        page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {len(bodies)} 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
        bodies.append(page.encode())
        kids.append(f"{len(bodies)} 0 R")
    bodies[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>".encode()
    written = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(bodies, start=1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    written += b"".join(b"%010d 00000 n \n" % place for place in places)
    lock = b"/ID [<00><00>] /Encrypt << /Filter /Standard /V 1 /R 2 /O (%s) /U (%s) /P -4 >>" % (b"o" * 32, b"u" * 32)
    written += b"trailer << /Size %d /Root 1 0 R %s >>\n" % (len(bodies) + 1, lock if is_locked else b"")
    return bytes(written) + b"startxref\n%d\n%%%%EOF\n" % table


def docx(*paragraphs: str, xml: bytes | None = None) -> bytes:
    """Return a DOCX with these paragraphs, or with this XML."""
    words = "".join(f"<w:p><w:r><w:t>{words}</w:t></w:r></w:p>" for words in paragraphs)
    document = f'<w:document xmlns:w="{_DOCX}"><w:body>{words}</w:body></w:document>'
    return zipped({"word/document.xml": document.encode() if xml is None else xml})


def odt(*paragraphs: str, is_locked: bool = False) -> bytes:
    """Return an ODT with these paragraphs."""
    words = "".join(f"<text:p>{words}</text:p>" for words in paragraphs)
    content = f'<o:c xmlns:o="{_ODT}:office:1.0" xmlns:text="{_ODT}:text:1.0">{words}</o:c>'
    manifest = b"<encryption-data/>" if is_locked else b"<manifest/>"
    return zipped({"content.xml": content.encode(), "META-INF/manifest.xml": manifest})


def zipped(files: dict[str, bytes]) -> bytes:
    """Return an archive of these files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def with_documents(*documents: tuple[str, str, bytes], words: str = "Zie bijlage.") -> bytes:
    """Return a mail with these attachments: name, media type, content."""
    parts = "".join(
        f'--=_grens\r\nContent-Type: {media_type}\r\nContent-Disposition: attachment; filename="{name}"\r\n'
        f"Content-Transfer-Encoding: base64\r\n\r\n{base64.encodebytes(content).decode()}\r\n"
        for name, media_type, content in documents
    )
    return (
        "From: Sanne Vermeer <sanne.vermeer@postbus.example>\r\nTo: gemeente@havendam.example\r\nSubject: Bijlage\r\n"
        "Message-ID: <bijlage@postbus.example>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="=_grens"\r\n\r\n'
        f"--=_grens\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{words}\r\n{parts}--=_grens--\r\n"
    ).encode()
