"""A notice as a mail: plain text, with the headers that keep machines from answering it (RFC 3834 section 3)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from inbox.bounce_address import PLACEHOLDER, notice_token
from inbox.ports import Envelope, NoticeMail

_POLICY = SMTP.clone(max_line_length=990)
"""Folded late: the library would write a longer Message-ID than the line as an encoded word, which breaks threads."""
_THREAD_LIMIT = 20
"""Message-IDs kept in References: enough for every thread view, bounded whatever the sender wrote."""
_SAFE_ID = re.compile(r"^[\x21-\x7e]{1,250}$")


class MailNotices:
    """Renders notices in the name of one service address. A NoticeRenderer."""

    def __init__(self, from_address: str, from_name: str, envelope_sender: str = "") -> None:
        """`envelope_sender`: empty for the null path; `{token}` in it becomes the notice's own mark (VERP)."""
        self._from_address = from_address
        self._from_name = from_name
        self._envelope_sender = envelope_sender

    def __call__(self, notice: NoticeMail) -> tuple[Envelope, bytes]:
        """Return envelope and message."""
        mail = EmailMessage(policy=_POLICY)
        mail["From"] = Address(self._from_name, addr_spec=self._from_address)
        mail["To"] = notice.to_address
        mail["Subject"] = notice.subject
        mail["Date"] = format_datetime(datetime.now(UTC))
        mail["Message-ID"] = f"<{notice.message_id}>"
        thread = [identifier for identifier in notice.references if _SAFE_ID.match(identifier)][-_THREAD_LIMIT:]
        if _SAFE_ID.match(notice.in_reply_to):
            mail["In-Reply-To"] = f"<{notice.in_reply_to}>"
            if notice.in_reply_to not in thread:
                thread.append(notice.in_reply_to)
        if thread:
            mail["References"] = " ".join(f"<{identifier}>" for identifier in thread)
        mail["Auto-Submitted"] = "auto-replied" if notice.answers_message else "auto-generated"
        # OOF and AutoReply are not wanted; NDR stays allowed: a bounce must reach us (Awb 2:11).
        mail["X-Auto-Response-Suppress"] = "OOF, AutoReply, DR, RN, NRN"
        mail["X-Inbox-Gateway-Loop"] = notice.loop_mark
        mail["Content-Language"] = "nl"
        mail.set_content(notice.body, subtype="plain", charset="utf-8", cte="quoted-printable")
        return Envelope(self._mail_from(notice), (notice.to_address,)), mail.as_bytes()

    def _mail_from(self, notice: NoticeMail) -> str:
        return self._envelope_sender.replace(PLACEHOLDER, notice_token(notice.message_id))
