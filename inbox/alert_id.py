"""Message-IDs of our alerts about flags: by them an alert that comes back, or an answer to one, is known."""

from __future__ import annotations

import re

from inbox.reading import Reading

_OURS = re.compile(r"^gw-alert\.[0-9a-f-]{36}@")


def alert_message_id(alert_id: str, domain: str) -> str:
    """Return the Message-ID of an alert, without brackets. `alert_id`: a UUID."""
    return f"gw-alert.{alert_id}@{domain}"


def is_about_alert(reading: Reading) -> bool:
    """Say whether it is an alert of ours, or answers one: it holds the words of a flag that was raised already.

    No secret proves it: whoever imitates it keeps a flag from nobody but themselves.
    """
    return any(_OURS.match(identifier) for identifier in (reading.message_id, *reading.reply_to_ids))
