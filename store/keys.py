"""API keys: shown once, stored as a hash, with a role and a scope.

A key is `gw_<id>_<secret>`; the secret holds 256 random bits, so that one SHA-256 is enough to keep it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from inbox.confidentiality import Confidentiality
from inbox.errors import BadRequest, Conflict, NotFound
from store.audit import COMMAND_LINE, AuditEntry, write_audit
from store.events import GATEWAY
from store.ledger import Ledger, now
from store.tables import keys

_LONGEST_NAME = 100


class Role(StrEnum):
    """What a key may do."""

    admin = "admin"
    """Everything."""
    publisher = "publisher"
    """Changes, rehearses and publishes the configuration, sources and overlays; reads no message."""
    operator = "operator"
    """Acts on items of all departments: reroutes, releases, retries, does tasks; changes no configuration."""
    department = "department"
    """Sees and handles the items of its departments."""
    reader = "reader"
    """Sees, changes nothing."""
    monitor = "monitor"
    """Sees figures only; nothing of any item."""
    intake = "intake"
    """Hands in at its own sources; sees nothing but the answer to that."""


@dataclass(frozen=True)
class Caller:
    """Who speaks to the API."""

    key_id: str
    name: str
    role: Role
    departments: frozenset[str] | None
    """None: all."""
    up_to: Confidentiality
    sources: frozenset[str] = frozenset()
    """Where it may hand in; of the role `intake` only."""


async def make_key(
    ledger: Ledger,
    name: str,
    role: Role,
    departments: Sequence[str] | None = None,
    up_to: Confidentiality = Confidentiality.zaakvertrouwelijk,
    sources: Sequence[str] | None = None,
    *,
    actor: str = COMMAND_LINE,
) -> str:
    """Store a new key and return it; it is never shown again.

    `name`: stands in each event as the one who acted. `actor`: who makes it. `sources`: where a key with the role `intake` may hand in. Raises
    BadRequest, Conflict when there is, or was, such a key.
    """
    if not (0 < len(name) <= _LONGEST_NAME and name.isprintable()) or name.casefold() == GATEWAY:
        raise BadRequest(f"a key's name has 1 to {_LONGEST_NAME} printable characters, and is not `{GATEWAY}`")
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    try:
        async with ledger.begin() as connection:
            await connection.execute(
                insert(keys).values(
                    key_id=key_id,
                    name=name,
                    secret_hash=_hash(secret),
                    role=str(role),
                    departments=list(departments) if departments is not None else None,
                    sources=list(sources) if sources is not None else None,
                    up_to=int(up_to),
                    made_at=now(),
                )
            )
            about = {
                "name": name,
                "role": str(role),
                "upTo": up_to.name,
                "departments": departments,
                "sources": sources,
            }
            await write_audit(connection, AuditEntry(actor, "key.made", f"key/{key_id}", about=about))
    except IntegrityError:
        raise Conflict(f"there is, or was, a key named `{name}`; events would not tell who acted") from None
    return f"gw_{key_id}_{secret}"


async def caller_of(ledger: Ledger, key: str) -> Caller | None:
    """Return who the key belongs to, or None when it is unknown, wrong or revoked."""
    if not (key.isascii() and key.isprintable()):
        return None
    prefix, _, rest = key.partition("_")
    key_id, _, secret = rest.partition("_")
    if prefix != "gw" or not secret:
        return None
    async with ledger.read() as connection:
        row = (await connection.execute(select(keys).where(keys.c.key_id == key_id))).one_or_none()
    if row is None or row.revoked_at is not None or not hmac.compare_digest(row.secret_hash, _hash(secret)):
        return None
    return Caller(
        key_id=row.key_id,
        name=row.name,
        role=Role(row.role),
        departments=frozenset(row.departments) if row.departments is not None else None,
        up_to=Confidentiality(row.up_to),
        sources=frozenset(row.sources or ()),
    )


async def list_keys(ledger: Ledger) -> Sequence[Any]:
    """Return all keys' rows, newest first; the secrets are not among them."""
    async with ledger.read() as connection:
        return (await connection.execute(select(keys).order_by(keys.c.made_at.desc()))).all()


async def revoke_key(ledger: Ledger, key_id: str, actor: str = COMMAND_LINE) -> None:
    """End a key at once. Raises NotFound. Revoking twice changes nothing."""
    async with ledger.begin() as connection:
        row = (await connection.execute(select(keys.c.revoked_at).where(keys.c.key_id == key_id))).one_or_none()
        if row is None:
            raise NotFound(f"there is no key {key_id}")
        if row.revoked_at is None:
            await connection.execute(update(keys).where(keys.c.key_id == key_id).values(revoked_at=now()))
            await write_audit(connection, AuditEntry(actor, "key.revoked", f"key/{key_id}"))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
