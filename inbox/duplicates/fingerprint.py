"""Exact copies: the same message that reached us more than once."""

from __future__ import annotations

import hashlib
import json

from inbox.channel import Channel
from inbox.reading import Reading


def fingerprint(reading: Reading) -> str | None:
    """Return the same hex digest for each copy of one message, or None when nothing marks it as one message.

    Message-ID *and* content count: a reused Message-ID with other words is another message. What has neither
    a Message-ID nor a Date is never called a copy, since two people may well send the same empty mail. Nor is a letter:
    a hundred people may sign the same printed one by hand, and a scanner's file that comes twice is one delivery.
    """
    if reading.channel is Channel.post or (not reading.message_id and reading.sent_at is None):
        return None
    evidence = [
        reading.channel.value,
        reading.message_id,
        reading.sent_at.isoformat() if reading.sent_at else "",
        reading.sender.address,
        reading.subject,
        reading.text,
        sorted(f"{part.media_type} {part.size_bytes} {part.sha256}" for part in reading.parts),
    ]
    return hashlib.sha256(json.dumps(evidence, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()
