"""A submission as bytes, and back: a mail that any department can open (RFC 5322, RFC 2045).

For people its text begins with a few lines that say who and how; for the reader the field `X-Intake` says the same. The
same submission gives the same bytes, so that a repeated request is known by them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from email import message_from_bytes, policy
from email.header import Header
from email.message import Message
from email.utils import format_datetime
from pathlib import PurePosixPath
from urllib.parse import quote

from inbox.channel import Channel
from inbox.errors import UnreadableError
from inbox.submission import Attached, Facts, Submission

_FIELD = "X-Intake"
_FOLD = 70
_HEAD_BYTES = 2 << 20
"""The longest text stands well before this; behind it are only attachments."""
_MEDIA_TYPE = re.compile(r"(?!(?i:message|multipart)/)[A-Za-z0-9][\w.+-]{0,63}/[A-Za-z0-9][\w.+-]{0,99}", re.ASCII)
"""A type that base64 may carry: `message` and `multipart` have none (RFC 2045 section 6.4)."""
_UNSAFE = re.compile(r"[^\w .()+-]+")
_NAME_LIMIT = 100
_SUFFIX_LIMIT = 20

_CHANNEL_WORDS = {
    Channel.phone: "telefoon",
    Channel.web: "website",
    Channel.desk: "balie",
    Channel.app: "app",
    Channel.area_table: "gebiedstafel",
}


def as_message(submission: Submission) -> bytes:
    """Return the submission as a mail of ASCII lines, ended by CRLF. Pure: the same submission gives the same bytes."""
    parts = [_text_part(_lines_of(submission) + submission.text), *map(_attached, submission.attachments)]
    boundary = "=_" + hashlib.sha256(b"\0".join(parts)).hexdigest()[:40]
    mark = b"--" + boundary.encode()
    head = _head(submission) + f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n'.encode()
    marked = [line for part in parts for line in (mark, part)]
    return b"\r\n".join([head, *marked, mark + b"--", b""])


def facts_and_text(raw: bytes) -> tuple[Facts, str]:
    """Return what `as_message` wrote; of a header alone the text is empty. Raises UnreadableError for other bytes."""
    try:
        message = message_from_bytes(raw[:_HEAD_BYTES], policy=policy.compat32)
        facts = Facts.model_validate_json(base64.b64decode("".join(str(message[_FIELD]).split()), validate=True))
        return facts, _text_of(message).removeprefix(_lines_of(facts))
    except (ValueError, LookupError, TypeError, AttributeError):
        raise UnreadableError(
            "The bytes are not as the intake API wrote them. Open them in a mail program and route them by hand."
        ) from None


def _text_of(message: Message) -> str:
    for part in message.walk():
        if part.get_content_type() == "text/plain" and part is not message:
            content = part.get_payload(decode=True)
            return content.decode("utf-8", "replace").replace("\r\n", "\n") if isinstance(content, bytes) else ""
    return ""


def _lines_of(facts: Facts) -> str:
    """Return who and how, for people, with an empty line behind. The text of a call tells its moments in local time."""
    occurred_at = None if facts.call else facts.occurred_at
    said = (
        ("Kanaal", _CHANNEL_WORDS.get(facts.channel, facts.channel.value)),
        ("Naam", facts.name),
        ("E-mail", facts.address),
        ("Telefoon", facts.phone),
        ("Moment", occurred_at.strftime("%Y-%m-%d %H:%M UTC") if occurred_at else ""),
        ("Eigen kenmerk", facts.own_reference),
        ("Onderwerp", facts.subject),
    )
    return "".join(f"{word}: {value}\n" for word, value in said if value) + "\n"


def _head(submission: Submission) -> bytes:
    facts = Facts.model_validate(submission.model_dump(include=set(Facts.model_fields)))
    said = base64.b64encode(
        json.dumps(facts.model_dump(mode="json", exclude_none=True), sort_keys=True).encode()
    ).decode()
    lines = [f"{_FIELD}: " + "\r\n ".join(said[at : at + _FOLD] for at in range(0, len(said), _FOLD))]
    if submission.address:
        lines.append(f"From: {_encoded(submission.name)}\r\n <{submission.address}>".replace(": \r\n <", ": <"))
    if submission.subject:
        lines.append(f"Subject: {_encoded(submission.subject)}")
    if submission.occurred_at is not None:
        lines.append(f"Date: {format_datetime(submission.occurred_at)}")
    lines.append("MIME-Version: 1.0")
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _encoded(words: str) -> str:
    """Return the words as encoded words (RFC 2047): whatever they hold, they stay inside their field."""
    return Header(words, "utf-8", maxlinelen=76).encode(linesep="\r\n") if words else ""


def _text_part(text: str) -> bytes:
    head = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head + _base64(text.replace("\n", "\r\n").encode("utf-8", "replace"))


def _attached(attachment: Attached) -> bytes:
    media_type = attachment.media_type if _MEDIA_TYPE.fullmatch(attachment.media_type) else "application/octet-stream"
    name = quote(safe_name(attachment.name), safe="")
    head = (
        f"Content-Type: {media_type}\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment;\r\n filename*=utf-8''{name}\r\n\r\n"
    )
    return head.encode("ascii") + _base64(attachment.content)


def _base64(content: bytes) -> bytes:
    return base64.encodebytes(content).replace(b"\n", b"\r\n")


def safe_name(name: str) -> str:
    """Return a file name without a path, control or hidden characters; never empty, at most 100 characters."""
    last = re.split(r"[/\\]", name)[-1]
    path = PurePosixPath(_UNSAFE.sub("_", last).strip(" ."))
    suffix = path.suffix[:_SUFFIX_LIMIT]
    return f"{path.stem[: _NAME_LIMIT - len(suffix)]}{suffix}".strip(" .") or "bijlage"
