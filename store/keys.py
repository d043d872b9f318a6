"""API keys: shown once, stored as a hash, with a role and a scope.

A key is `gw_<id>_<secret>`; the secret holds 256 random bits, so that one SHA-256 is enough to keep it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
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


SIGNED_IN = "oidc:"
"""What the names of people who sign in begin with: no key is named so."""


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

    name: str
    """Stands in events and in the audit trail as the one who acted: a key's name, or `oidc:` and a claim."""
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
    expires_at: datetime | None = None,
    made_by: str = COMMAND_LINE,
) -> str:
    """Store a new key and return it; it is never shown again.

    `name`: stands in each event as the one who acted. `sources`: where a key with the role `intake` may hand in.
    `expires_at`: from then on it is nobody's; None: until it is revoked. Raises BadRequest, Conflict when there is, or
    was, such a key.
    """
    if not (0 < len(name) <= _LONGEST_NAME and name.isprintable()) or is_reserved(name):
        raise BadRequest(
            f"a key's name has 1 to {_LONGEST_NAME} printable characters, is not `{GATEWAY}` or `{COMMAND_LINE}`, and"
            f" does not begin with `{SIGNED_IN}`"
        )
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    try:
        async with ledger.begin() as connection:
            await connection.execute(
                insert(keys).values(
                    key_id=key_id,
                    name=name,
                    secret_hash=_hash(secret),
                    role=str(role),
                    departments=_listed(departments),
                    sources=_listed(sources),
                    up_to=int(up_to),
                    made_at=now(),
                    expires_at=expires_at,
                )
            )
            about = {
                "name": name,
                "role": str(role),
                "up_to": up_to.name,
                "departments": _listed(departments),
                "sources": _listed(sources),
            }
            await write_audit(connection, AuditEntry(made_by, "key.made", f"key/{key_id}", about=about))
    except IntegrityError:
        raise Conflict(f"there is, or was, a key named `{name}`; events would not tell who acted") from None
    return f"gw_{key_id}_{secret}"


async def caller_of(ledger: Ledger, key: str) -> Caller | None:
    """Return who the key belongs to, or None when it is unknown, wrong, revoked or expired."""
    if not (key.isascii() and key.isprintable()):
        return None
    prefix, _, rest = key.partition("_")
    key_id, _, secret = rest.partition("_")
    if prefix != "gw" or not secret:
        return None
    async with ledger.read() as connection:
        row = (await connection.execute(select(keys).where(keys.c.key_id == key_id))).one_or_none()
    if row is None or _is_over(row) or not hmac.compare_digest(row.secret_hash, _hash(secret)):
        return None
    return Caller(
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


async def revoke_key(ledger: Ledger, key_id: str, *, revoked_by: str = COMMAND_LINE) -> None:
    """End a key at once. Raises NotFound. Revoking twice changes nothing."""
    async with ledger.begin() as connection:
        row = (await connection.execute(select(keys.c.name).where(keys.c.key_id == key_id))).one_or_none()
        if row is None:
            raise NotFound(f"there is no key {key_id}")
        ending = update(keys).where(keys.c.key_id == key_id, keys.c.revoked_at.is_(None)).values(revoked_at=now())
        if (await connection.execute(ending)).rowcount:
            entry = AuditEntry(revoked_by, "key.revoked", f"key/{key_id}", about={"name": row.name})
            await write_audit(connection, entry)


def is_reserved(name: str) -> bool:
    """Whether a key of this name could be taken for somebody else: the gateway, or a person who signed in."""
    plain = unicodedata.normalize("NFKC", name).casefold().strip()
    return plain in (GATEWAY, COMMAND_LINE) or plain.startswith(SIGNED_IN)


def _is_over(row: Any) -> bool:
    return row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now())


def _listed(names: Sequence[str] | None) -> list[str] | None:
    return list(names) if names is not None else None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
