"""Small mails for tests."""

from __future__ import annotations

from uuid import uuid4


def mail(
    subject: str,
    body: str = "Goedendag, ik heb een vraag over mijn straat. Kunt u mij helpen? Met vriendelijke groet, Jan",
    *,
    sender: str = "Jan <jan@inwoner.test>",
    message_id: str | None = None,
    headers: str = "",
) -> bytes:
    """Return a mail as it stands on the wire; `headers` are whole lines, each ended by CRLF."""
    identifier = f"<{uuid4().hex}@inwoner.test>" if message_id is None else message_id
    identity = f"Message-ID: {identifier}\r\n" if identifier else ""
    return (
        f"From: {sender}\r\nTo: info@gemeente.test\r\n"
        f"Date: Mon, 16 Nov 2026 10:00:00 +0100\r\nSubject: {subject}\r\n{identity}{headers}\r\n{body}\r\n"
    ).encode()
