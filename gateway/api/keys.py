"""API keys: made, listed and ended by administrators."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Path
from pydantic import Field, StringConstraints, model_validator

from gateway.api.access import CallerHere, GuardedRoute, PartsHere
from gateway.api.described import answers
from gateway.api.shapes import Asked, Moment, Name, Shape
from inbox.confidentiality import Confidentiality, ConfidentialityName
from inbox.errors import BadRequest, Conflict, NotAllowed
from store.keys import Caller, Role, is_reserved, list_keys, make_key, revoke_key
from workflows.parts import Parts

router = APIRouter(prefix="/v1/keys", tags=["Keys"], route_class=GuardedRoute)

# A key's name stands in each event as the one who acted.
_KeyName = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,100}$", strip_whitespace=True, min_length=1)]


class NewKey(Asked):
    """The key that is wanted."""

    name: _KeyName = Field(
        description="Who will use it; stands in each event. Unique, for ever.", examples=["Zaakstad"]
    )
    role: Role = Field(description="What it may do.")
    departments: Annotated[list[Name], Field(min_length=1, max_length=100)] | None = Field(
        None, description="It sees the items of these only. A key with the role `department` needs them."
    )
    sources: Annotated[list[Name], Field(min_length=1, max_length=100)] | None = Field(
        None, description="It hands in at these only. A key with the role `intake` needs them, no other has them."
    )
    up_to: ConfidentialityName = Field(
        Confidentiality.zaakvertrouwelijk,
        description="The strictest confidentiality that it may see.",
        json_schema_extra={"default": Confidentiality.zaakvertrouwelijk.name},
    )
    expires_at: Moment | None = Field(None, description="From then on it opens nothing; null: until it is revoked.")

    @model_validator(mode="after")
    def _role_fits(self) -> Self:
        if self.role is Role.department and self.departments is None:
            raise ValueError("names no `departments`, which the role `department` needs")
        if self.role is Role.admin and self.departments is not None:
            raise ValueError("names `departments`, which the role `admin` does not have: it is for all")
        if (self.role is Role.intake) != (self.sources is not None):
            raise ValueError("names `sources` with the role `intake`, and with no other role")
        if self.role is Role.intake and self.departments is not None:
            raise ValueError("names `departments`, which the role `intake` does not have: it sees no items")
        if self.expires_at is not None and self.expires_at <= datetime.now(UTC):
            raise ValueError("names an `expiresAt` that is over")
        return self


class KeyLine(Shape):
    """One key, without its secret."""

    key_id: str
    name: str
    role: Role
    departments: list[str] | None = Field(description="Null: all.")
    sources: list[str] | None = Field(description="Where it hands in; null for other roles.")
    up_to: ConfidentialityName
    made_at: Moment
    expires_at: Moment | None = Field(description="From then on it opens nothing; null: until it is revoked.")
    revoked_at: Moment | None


class KeyList(Shape):
    """All keys, newest first."""

    keys: list[KeyLine]


class MadeKey(KeyLine):
    """A new key."""

    key: str = Field(description="The key itself. It is shown this once.")


@router.get("", operation_id="listKeys", summary="List the keys")
async def list_all(parts: PartsHere) -> KeyList:
    """List all keys, also revoked ones; the keys themselves are not shown."""
    return KeyList(keys=[_line(row) for row in await list_keys(parts.ledger)])


@router.post("", operation_id="makeKey", openapi_extra=answers(409), summary="Make a key", status_code=201)
async def make(parts: PartsHere, caller: CallerHere, body: NewKey) -> MadeKey:
    """Make a key and show it, this once. No key can give more than it has itself."""
    await _require_possible(parts, caller, body)
    key = await make_key(
        parts.ledger,
        body.name,
        body.role,
        body.departments,
        body.up_to,
        body.sources,
        expires_at=body.expires_at,
        made_by=caller.name,
    )
    key_id = key.split("_")[1]
    row = next(row for row in await list_keys(parts.ledger) if row.key_id == key_id)
    return MadeKey(**_line(row).model_dump(), key=key)


@router.delete("/{keyId}", operation_id="revokeKey", summary="Revoke a key", status_code=204)
async def revoke(
    parts: PartsHere,
    caller: CallerHere,
    key_id: Annotated[str, Path(alias="keyId", pattern="^[0-9a-f]{1,16}$", description="The key's id.")],
) -> None:
    """End a key at once. Revoking it twice changes nothing."""
    await revoke_key(parts.ledger, key_id, revoked_by=caller.name)


async def _require_possible(parts: Parts, caller: Caller, wanted: NewKey) -> None:
    is_narrower = caller.departments is None or (
        wanted.departments is not None and caller.departments.issuperset(wanted.departments)
    )
    if wanted.up_to > caller.up_to or not is_narrower:
        raise NotAllowed(f"no key can give more than it has: this one sees up to `{caller.up_to.name}`")
    if is_reserved(wanted.name) or any(row.name == wanted.name for row in await list_keys(parts.ledger)):
        raise Conflict("there is, or was, somebody of this name; events would not tell who acted")
    if wanted.sources is not None:
        names = {*(parts.intake.sources if parts.intake else ())}
        names |= {name for name, one in (parts.calls.sources if parts.calls else {}).items() if one.push_bytes}
        if not names >= set(wanted.sources):
            raise BadRequest(f"`sources` names one where nothing is handed in; there are: {', '.join(sorted(names))}")
    if wanted.departments is not None:
        known = (await parts.configurations.current()).document.departments
        if not known.keys() >= set(wanted.departments):
            raise BadRequest(f"`departments` names one that does not exist; there are: {', '.join(sorted(known))}")


def _line(row: Any) -> KeyLine:
    return KeyLine.model_validate(row, from_attributes=True)
