"""Settings of signing in: which tokens of the organisation's own identity provider are taken, and for what."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from inbox.confidentiality import Confidentiality, ConfidentialityName
from inbox.configuration.shapes import Address
from store.keys import Role

_OWN_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})

_Claim = Annotated[str, Field(min_length=1, max_length=200)]


def is_safe_address(address: str) -> bool:
    """Whether nobody on the way can change what is fetched there: https, or this same machine."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _OWN_MACHINE)
    )


def _safe(issuer: str) -> str:
    if not is_safe_address(issuer) or urlsplit(issuer).query or urlsplit(issuer).fragment:
        raise ValueError("begins with https://, and has neither `?` nor `#`; http:// is for this machine only")
    return issuer


class OidcSettings(BaseModel):
    """Whose bearer tokens are taken, and which of their claims give which role and scope."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    issuer: Annotated[str, AfterValidator(_safe)]
    """Exactly as it stands in the tokens (`iss`); its keys are found by OpenID Connect Discovery 1.0."""
    audience: Annotated[str, Field(min_length=1, max_length=500)]
    """Must be in the token's `aud`: else a token for another service would open this one."""
    role_claim: _Claim = "roles"
    """A claim by its name, or a path with dots: `realm_access.roles`."""
    roles: Annotated[dict[str, Role], Field(min_length=1)]
    """Value of the role claim → role. A token must come to one role."""
    departments_claim: _Claim | None = None
    """Keys of departments; a token without it is for all, except with the role `department`."""
    confidentiality: dict[str, ConfidentialityName] = Field(default_factory=dict)
    """Value of the role claim → the strictest level that it may see; the strictest of a token's values counts."""
    up_to: ConfidentialityName = Confidentiality.zaakvertrouwelijk
    """For tokens without such a value."""
    name_claim: _Claim = "sub"
    """Who acted, in events and in the audit trail. It should never pass to another person: names and addresses may."""
    algorithms: Annotated[tuple[Literal["RS256", "PS256", "ES256"], ...], Field(min_length=1)] = (
        "RS256",
        "PS256",
        "ES256",
    )
    leeway_seconds: Annotated[float, Field(ge=0, le=300)] = 30
    """So far the clocks may differ."""
    timeout_seconds: Annotated[float, Field(gt=0, le=30)] = 5
    """So long the issuer may take to answer for its keys."""
    ca_file: Path | None = None
    """Certificates of a private authority (PEM), trusted instead of the system's."""

    @model_validator(mode="after")
    def _no_machines(self) -> Self:
        if Role.intake in self.roles.values():
            raise ValueError(
                "`roles` gives the role `intake`: where it hands in stands with a key, so that it needs one"
            )
        return self


class BreakGlassSettings(BaseModel):
    """Who hears of it when somebody looks at an item above their confidentiality."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    alerts: Annotated[tuple[Address, ...], Field(max_length=20)] = ()
    """Addresses to which a mail goes; it holds no word of the item."""
