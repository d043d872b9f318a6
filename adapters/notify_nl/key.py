"""The API key of NotifyNL, and the token that it signs for each request (RFC 7519)."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from datetime import datetime

import jwt

from inbox.errors import SettingsInvalid

_UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_KEY = re.compile(rf"(?:.*-)?({_UUID})-({_UUID})", re.DOTALL)


@dataclass(frozen=True)
class NotifyKey:
    """A key as NotifyNL gives it: `name-{service}-{secret}`, two UUIDs at its end."""

    service: uuid.UUID
    secret: str = field(repr=False)

    def token(self, at: datetime) -> str:
        """Return a bearer token made at this moment (aware). It is good for 30 seconds."""
        return jwt.encode({"iss": str(self.service), "iat": int(at.timestamp())}, self.secret, algorithm="HS256")


def notify_key(written: str, setting: str) -> NotifyKey:
    """Take a key apart. Raises SettingsInvalid, naming the setting and not the key."""
    found = _KEY.fullmatch(written.strip())
    if found is None:
        raise SettingsInvalid(f"{setting} leads to no key of NotifyNL: it ends in the service's UUID and the secret's")
    return NotifyKey(uuid.UUID(found[1]), found[2])
