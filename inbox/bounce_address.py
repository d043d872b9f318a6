"""Where our own mail comes back: an address whose token proves which mail it was, and Message-IDs that say the same.

A bounce (RFC 3464) goes to the envelope sender. With `{token}` in that address each mail has its own (VERP): for a
notice `REFERENCE.TOKEN.KIND-ORDINAL`, the local part of its Message-ID without `gw.`; for a forward
`f.ID.TOKEN.KIND`, where ID is its UUID in 26 base32 letters. TOKEN is signed: a reference alone makes no address of ours.
Servers change the case of a local part, so that none of it depends on that.
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass
from uuid import UUID

from inbox.handover import HandoverKind
from inbox.item import NoticeKind
from inbox.reference import parse_reference
from inbox.thread_token import signature, token

PLACEHOLDER = "{token}"
TOKEN_LIMIT = 51
"""Characters of the longest token, `7K3M-9QXA-D.….acknowledgement-99`. A local part holds 64 (RFC 5321 4.5.3.1.1)."""

_LOOKED_AT = 1000
"""Characters of one address or header in which a token is looked for."""

# ASCII: without it `ſ` counts as an `s` here, and nowhere else.
_FLAGS = re.IGNORECASE | re.ASCII
_NOTICE = re.compile(
    r"([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z])\.([a-z2-7]{20})\.([a-z]{1,20}(?:-[a-z]{1,20})?)-([0-9]{1,6})(?![0-9])", _FLAGS
)
_FORWARD = re.compile(r"f\.([a-z2-7]{26})\.([a-z2-7]{20})\.([iaw])(?![a-z0-9])", _FLAGS)
_FORWARD_MESSAGE_ID = re.compile(
    r"gw-forward\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(item|addition|withdrawal)@", _FLAGS
)
_KINDS = {kind.value[0]: kind for kind in HandoverKind}


@dataclass(frozen=True)
class NoticeSent:
    """One notice of ours, proven by our signed token."""

    reference: str
    kind: NoticeKind
    ordinal: int


@dataclass(frozen=True)
class ForwardSent:
    """One forward of ours. `is_proven`: by our signed token; else only the ledger can say whether there is such an id."""

    forward_id: str
    kind: HandoverKind
    is_proven: bool


Sent = NoticeSent | ForwardSent


def notice_token(message_id: str) -> str:
    """Return the token of a notice's bounce address. `message_id`: ours, without brackets."""
    return message_id.split("@", maxsplit=1)[0].removeprefix("gw.")


def forward_token(forward_id: str, kind: HandoverKind, key: bytes) -> str:
    """Return the token of a forward's bounce address. `forward_id`: a UUID. Raises ValueError when it is none."""
    identity = UUID(forward_id)
    written = base64.b32encode(identity.bytes).decode("ascii").lower().rstrip("=")
    return f"f.{written}.{_forward_signature(identity, kind, key)}.{kind.value[0]}"


def sent_to(address: str, key: bytes) -> Sent | None:
    """Return which of our mails the token in an address, or in a header that holds one, proves; None for none.

    A Message-ID of a notice of ours holds the same token.
    """
    looked_at = address[:_LOOKED_AT]
    for found in _NOTICE.finditer(looked_at):
        reference, kind = parse_reference(found[1]), found[3].lower().replace("-", "_")
        is_ours = reference is not None and hmac.compare_digest(token(reference, key), found[2].lower())
        if reference is not None and is_ours and kind in set(NoticeKind):
            return NoticeSent(reference, NoticeKind(kind), int(found[4]))
    for found in _FORWARD.finditer(looked_at):
        identity = UUID(bytes=base64.b32decode(f"{found[1].upper()}======"))
        handover_kind = _KINDS[found[3].lower()]
        if hmac.compare_digest(_forward_signature(identity, handover_kind, key), found[2].lower()):
            return ForwardSent(str(identity), handover_kind, is_proven=True)
    return None


def sent_as(message_id: str, key: bytes) -> Sent | None:
    """Return which of our mails bears this Message-ID, or None. That of a forward holds its id and no token."""
    named = _FORWARD_MESSAGE_ID.match(message_id[:_LOOKED_AT])
    if named:
        return ForwardSent(named[1].lower(), HandoverKind(named[2].lower()), is_proven=False)
    return sent_to(message_id, key)


def _forward_signature(identity: UUID, kind: HandoverKind, key: bytes) -> str:
    return signature("forward", f"{identity}:{kind.value}", key)
