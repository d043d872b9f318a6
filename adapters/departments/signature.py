"""Signing as Standard Webhooks 1.0.0 says: one header per attempt, one signature per secret."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime

from standardwebhooks import Webhook

from inbox.errors import SettingsInvalid

_PREFIX = "whsec_"
_SECRET_BYTES = range(24, 65)
"""Standard Webhooks, "Signature scheme": between 24 and 64 random bytes."""


class Signer:
    """Signs with every secret it has; two stand side by side while a department changes to a new one."""

    def __init__(self, written: str, setting: str) -> None:
        """`written`: `whsec_` and base64; two are separated by a space. Raises SettingsInvalid, naming the setting."""
        self._signing = [Webhook(_key(secret, setting)) for secret in written.split()]
        if not self._signing:
            raise SettingsInvalid(f"{setting} is empty; it must hold the webhook's secret, whsec_…")

    def headers(self, event_id: str, body: bytes, at: datetime) -> dict[str, str]:
        """Return the three headers for an attempt made at this moment (aware)."""
        stamp, text = at.astimezone(UTC), body.decode()
        signatures = [signing.sign(event_id, stamp, text) for signing in self._signing]
        return {
            "webhook-id": event_id,
            "webhook-timestamp": str(int(stamp.timestamp())),
            "webhook-signature": " ".join(signatures),
        }


def _key(secret: str, setting: str) -> bytes:
    try:
        # Without padding is allowed; anything else outside base64 is a typing error and would sign with another key.
        plain = secret.removeprefix(_PREFIX).rstrip("=")
        key = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise SettingsInvalid(f"{setting} is not base64 after whsec_") from None
    if len(key) not in _SECRET_BYTES:
        raise SettingsInvalid(f"{setting} holds {len(key)} bytes; Standard Webhooks asks for 24 to 64 random ones")
    return key
