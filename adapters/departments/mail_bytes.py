"""A mail as bytes: ASCII lines of at most 998 characters, ended by CRLF, whatever goes into it (RFC 5322, RFC 2045).

The `email` package would parse and write again what is attached; here the original's own bytes go in.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP

_LONGEST_LINE = 998
"""Without CRLF (RFC 5322 section 2.1.1)."""
_MEDIA_TYPE = re.compile(r"(?!(?i:message|multipart)/)[A-Za-z0-9][\w.+-]{0,63}/[A-Za-z0-9][\w.+-]{0,99}", re.ASCII)
"""A type that base64 may carry: `message` and `multipart` have none (RFC 2045 section 6.4)."""
_ANY_BYTES = "application/octet-stream"

Headers = Sequence[tuple[str, str | Address]]
"""Field name and value, in order."""


@dataclass(frozen=True)
class Attachment:
    """What goes along, byte for byte."""

    name: str
    media_type: str
    content: bytes


def with_attachments(headers: Headers, text: str, attachments: Sequence[Attachment]) -> bytes:
    """Return a multipart/mixed mail: the text, then the attachments in order."""
    parts = [_text_part(text), *map(_attached, attachments)]
    boundary = _boundary(*parts)
    head = _head(headers) + f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n'.encode()
    mark = b"--" + boundary.encode()
    marked = [line for part in parts for line in (mark, part)]
    return b"\r\n".join([head, *marked, mark + b"--", b""])


def text_only(headers: Headers, text: str) -> bytes:
    """Return a text/plain mail."""
    return _head(headers) + _text_part(text)


def _head(headers: Headers) -> bytes:
    return b"".join(_field(name, value) for name, value in [*headers, ("MIME-Version", "1.0")])


def _field(name: str, value: str | Address) -> bytes:
    # Without "=?" nothing is taken for an encoded word, which could hide a line break (RFC 2047).
    content = value.replace("=?", "= ?") if isinstance(value, str) else value
    line = f"{name}: {content}"
    if line.isascii() and line.isprintable() and len(line) <= _LONGEST_LINE:
        # Not through the email package: it folds a long Message-ID into encoded words, which no client understands.
        return f"{line}\r\n".encode("ascii")
    message = EmailMessage(policy=SMTP)
    message[name] = content
    return message.as_bytes().removesuffix(b"\r\n")


def _text_part(text: str) -> bytes:
    part = MIMEPart(policy=SMTP)
    part.set_content(text.encode("utf-8", "replace").decode(), cte="quoted-printable")
    return part.as_bytes()


def _attached(attachment: Attachment) -> bytes:
    is_plain_mail = attachment.media_type == "message/rfc822" and _is_seven_bit(attachment.content)
    if is_plain_mail:
        media_type, encoding, content = "message/rfc822", "7bit", attachment.content
    else:
        # Eight-bit mail too: a relay without 8BITMIME would rewrite it (RFC 6152 section 3).
        media_type = attachment.media_type if _MEDIA_TYPE.fullmatch(attachment.media_type) else _ANY_BYTES
        encoding, content = "base64", base64.encodebytes(attachment.content).replace(b"\n", b"\r\n")
    head = (
        f"Content-Type: {media_type}\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n"
        f'Content-Disposition: attachment; filename="{file_name(attachment.name)}"\r\n\r\n'
    )
    return head.encode("ascii") + content


def file_name(name: str) -> str:
    """Return a name that every mail client shows as it is: ASCII letters, digits, dot, hyphen, underscore."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name[:200]).strip("._")[-100:] or "bericht"


def _is_seven_bit(content: bytes) -> bool:
    """Say whether SMTP carries it unchanged: RFC 2045 section 2.7."""
    has_only_crlf = content.count(b"\r\n") == content.count(b"\r") == content.count(b"\n")
    if not content or not content.isascii() or b"\0" in content or not has_only_crlf:
        return False
    return max(map(len, content.split(b"\r\n"))) <= _LONGEST_LINE


def _boundary(*parts: bytes) -> str:
    """Return a boundary that stands in none of the parts; the same parts give the same one."""
    seed = hashlib.sha256(b"\0".join(parts)).hexdigest()[:40]
    boundary, attempt = f"=_{seed}", 0
    while any(boundary.encode() in part for part in parts):
        attempt += 1
        boundary = f"=_{seed}.{attempt}"
    return boundary
