"""Signing in with a bearer token of the organisation's own identity provider (OpenID Connect, RFC 7519, RFC 9068).

What the issuer signed tells who it is; the settings tell what that is worth here. Nothing of a token is repeated.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import jwt

from gateway.api.issuer_keys import IssuerKeys
from gateway.api.problems import Unauthenticated
from gateway.oidc_settings import OidcSettings
from inbox.errors import NotAllowed, SettingsInvalid
from store.keys import SIGNED_IN, Caller, Role

LONGEST_TOKEN = 16 * 1024
"""Characters; what is longer is not even taken apart. Tokens with hundreds of groups stay below."""

_LONGEST_ID = 200
_LONGEST_NAME = 95
"""With `oidc:` before it, it fits where an event names who acted."""

_BRINGS_ITS_OWN_KEY = frozenset({"jku", "jwk", "x5u", "x5c"})
_TYPES = frozenset({"", "jwt", "at+jwt", "application/at+jwt"})
"""Of access tokens (RFC 9068 section 2.1); a logout token or another statement of the issuer is none."""

_UNFIT = (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError)
"""What taking a token apart may raise, whatever it holds."""


class SigningIn:
    """Tells who a token belongs to."""

    def __init__(self, settings: OidcSettings, keys: IssuerKeys) -> None:
        """`keys`: of the issuer that the settings name."""
        self._settings = settings
        self._keys = keys

    async def check(self) -> str:
        """Ask the issuer for its keys; return how many there are. Raises IssuerUnreachable, saying what is wrong."""
        return await self._keys.check()

    async def caller_of(self, token: str) -> Caller:
        """Return who signed in. Raises Unauthenticated, NotAllowed, and IssuerUnreachable when nobody can tell."""
        if len(token) > LONGEST_TOKEN:
            raise Unauthenticated("the token is larger than is taken")
        algorithm, key_id = self._named(token)
        key = await self._keys.find(key_id, algorithm)
        if key is None:
            raise Unauthenticated("the token is signed with a key that the issuer does not publish for this")
        return self._caller(self._claims(token, key, algorithm))

    def _named(self, token: str) -> tuple[str, str]:
        """Return algorithm and key id of the token's header, which nobody has proven yet. Raises Unauthenticated."""
        try:
            header = jwt.get_unverified_header(token)
            kind = str(header.get("typ", "")).lower()
        except _UNFIT:
            raise Unauthenticated("the token cannot be taken apart: it is no signed JWT") from None
        algorithm, key_id = header.get("alg"), header.get("kid")
        if algorithm not in self._settings.algorithms:
            raise Unauthenticated("the token is not signed in a way that is taken here (`oidc.algorithms`)")
        if _BRINGS_ITS_OWN_KEY & header.keys() or "crit" in header:
            raise Unauthenticated("the token says where its own key is: keys come from the issuer only")
        if kind not in _TYPES:
            raise Unauthenticated("the token is no access token")
        if not isinstance(key_id, str) or not 0 < len(key_id) <= _LONGEST_ID:
            raise Unauthenticated("the token does not name its key (`kid`)")
        return algorithm, key_id

    def _claims(self, token: str, key: Any, algorithm: str) -> dict[str, Any]:
        """Return what the issuer says. Raises Unauthenticated with the first thing that is wrong."""
        settings = self._settings
        try:
            return jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=settings.audience,
                issuer=[settings.issuer],
                leeway=settings.leeway_seconds,
                options={"require": ["exp", "iss", "aud"], "verify_sub": False},
            )
        except jwt.ExpiredSignatureError:
            detail = "the token is over: sign in again"
        except jwt.ImmatureSignatureError:
            detail = "the token is not valid yet: do the clocks agree?"
        except jwt.InvalidAudienceError:
            detail = "the token is for another service (`aud`)"
        except jwt.InvalidIssuerError:
            detail = "the token comes from another issuer (`iss`)"
        except jwt.MissingRequiredClaimError:
            detail = "the token lacks `exp`, `iss` or `aud`"
        except jwt.InvalidSignatureError:
            detail = "the token's signature does not fit"
        except _UNFIT:
            detail = "the token cannot be taken apart: it is no signed JWT"
        raise Unauthenticated(detail)

    def _caller(self, claims: dict[str, Any]) -> Caller:
        settings = self._settings
        values = _values(_claim(claims, settings.role_claim)) or frozenset()
        role = self._role(values)
        levels = [settings.confidentiality[value] for value in values if value in settings.confidentiality]
        return Caller(
            name=SIGNED_IN + self._name(claims),
            role=role,
            departments=self._departments(claims, role),
            up_to=max(levels, default=settings.up_to),
        )

    def _role(self, values: frozenset[str]) -> Role:
        roles = {self._settings.roles[value] for value in values if value in self._settings.roles}
        if not roles:
            raise NotAllowed("whoever signed in has no role here: the identity provider gives it (`oidc.roles`)")
        if len(roles) > 1:
            raise NotAllowed(f"whoever signed in has several roles here, and may have one: {', '.join(sorted(roles))}")
        return roles.pop()

    def _departments(self, claims: dict[str, Any], role: Role) -> frozenset[str] | None:
        path = self._settings.departments_claim
        if role is not Role.department and (path is None or _is_absent(claims, path)):
            return None
        values = _values(_claim(claims, path)) if path is not None else None
        if values is None:
            # What cannot be understood limits; it never widens.
            raise NotAllowed("whoever signed in has no department (`oidc.departments_claim`)")
        return values

    def _name(self, claims: dict[str, Any]) -> str:
        name = _claim(claims, self._settings.name_claim)
        if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
            raise Unauthenticated(f"the token does not say in 1 to {_LONGEST_NAME} printable characters who it is for")
        return name


def _claim(claims: dict[str, Any], path: str) -> Any:
    """Return the claim of this name, else what the path with dots leads to; None when there is none."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for step in path.split("."):
        if not isinstance(found, dict):
            return None
        found = found.get(step)
    return found


def _is_absent(claims: dict[str, Any], path: str) -> bool:
    """Say whether nothing at all stands there: neither null, nor a step that leads nowhere, nor a pointer elsewhere.

    With too many values for a token, an issuer names the claim in `_claim_names` (OpenID Connect Core 1.0 section 5.6.2).
    """
    elsewhere = claims.get("_claim_names", {})
    if path in claims or not isinstance(elsewhere, dict) or {path, path.split(".", maxsplit=1)[0]} & elsewhere.keys():
        return False
    found: Any = claims
    for step in path.split("."):
        if not isinstance(found, dict):
            return False
        if step not in found:
            return True
        found = found[step]
    return False


def _values(claim: Any) -> frozenset[str] | None:
    """Return a claim's values, of one or of a list; None when it holds anything else."""
    if isinstance(claim, str):
        return frozenset({claim})
    if isinstance(claim, list) and all(isinstance(value, str) for value in claim):
        return frozenset(claim)
    return None


@asynccontextmanager
async def signing_in(settings: OidcSettings | None) -> AsyncIterator[SigningIn | None]:
    """Yield what tells who signed in; None when the settings name no issuer. The issuer need not answer yet.

    Raises SettingsInvalid when `ca_file` cannot be used.
    """
    if settings is None:
        yield None
        return
    async with httpx.AsyncClient(
        timeout=settings.timeout_seconds, follow_redirects=False, verify=_trusted(settings)
    ) as client:
        yield SigningIn(settings, IssuerKeys(client, settings))


def _trusted(settings: OidcSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
    except (OSError, ssl.SSLError) as error:
        raise SettingsInvalid(f"`oidc.ca_file` cannot be used ({type(error).__name__})") from None
