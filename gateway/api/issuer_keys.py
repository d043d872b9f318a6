"""The public keys of the identity provider: found by discovery, remembered, and looked up again when they rotate.

OpenID Connect Discovery 1.0 section 4; JSON Web Key Set, RFC 7517.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import structlog
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from gateway.api.problems import IssuerUnreachable
from gateway.oidc_settings import OidcSettings, is_safe_address

log = structlog.get_logger()

PAUSE_SECONDS = 10.0
"""Between two questions to the issuer: whoever invents names of keys makes us ask no more often."""

LIFETIME_SECONDS = 900.0
"""So long a key that the issuer took back may still open something, while the issuer answers."""

_MOST_BYTES = 512 * 1024
_MOST_KEYS = 100
_LONGEST_ID = 200
_LEAST_RSA_BITS = 2048
_PUBLIC_PARTS = frozenset({"kty", "n", "e", "crv", "x", "y"})
_FAMILY = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC"}


class IssuerKeys:
    """Gives the key that a token names. Keys that were found stay while the issuer is away."""

    def __init__(
        self, client: httpx.AsyncClient, settings: OidcSettings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`client`: with a time-out, following no redirect. `clock`: seconds that only grow."""
        self._client = client
        self._settings = settings
        self._clock = clock
        self._keys: dict[tuple[str, str], dict[str, Any]] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._is_in_trouble = False
        self._turn = asyncio.Lock()

    async def find(self, key_id: str, algorithm: str) -> Any | None:
        """Return the public key for this algorithm, or None when the issuer publishes none of this name.

        Raises IssuerUnreachable when it is not known here and the issuer could not be asked.
        """
        name = (key_id, _FAMILY[algorithm])
        # Who holds a known key does not wait for a slow issuer behind somebody else.
        if self._is_due(name) and not (name in self._keys and self._turn.locked()):
            async with self._turn:
                if self._is_due(name):
                    await self._refresh()
        found = self._keys.get(name)
        if found is None and self._is_in_trouble:
            raise IssuerUnreachable("the identity provider does not tell its keys")
        if found is None or found.get("alg", algorithm) != algorithm:
            return None
        return _loaded(found, algorithm)

    async def check(self) -> str:
        """Ask the issuer now; return how many keys it tells. Raises IssuerUnreachable, saying what is wrong."""
        try:
            published = await self._published()
        except (httpx.HTTPError, httpx.InvalidURL, RecursionError) as error:
            raise IssuerUnreachable(f"`oidc.issuer`: it does not answer ({type(error).__name__})") from None
        except json.JSONDecodeError:
            raise IssuerUnreachable("`oidc.issuer`: its answer is no JSON") from None
        except ValueError as error:
            raise IssuerUnreachable(f"`oidc.issuer`: {error}") from None
        if not published:
            raise IssuerUnreachable("`oidc.issuer`: none of its keys can be used for signatures")
        return f"{len(published)} keys"

    def _is_due(self, name: tuple[str, str]) -> bool:
        moment = self._clock()
        if moment - self._tried_at < PAUSE_SECONDS:
            return False
        return name not in self._keys or moment - self._fetched_at >= LIFETIME_SECONDS

    async def _refresh(self) -> None:
        try:
            published = await self._published()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as error:
            if not self._is_in_trouble:
                log.warning("issuer_in_trouble", type=type(error).__name__, setting="oidc.issuer")
            self._is_in_trouble = True
        else:
            self._keys = published
            self._fetched_at = self._clock()
            self._is_in_trouble = False
        finally:
            # From the end: an issuer that takes long is not asked again at once.
            self._tried_at = self._clock()

    async def _published(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Return (`kid`, `kty`) → the key as it is published. Raises httpx.HTTPError, ValueError."""
        described = await self._document(f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration")
        if described.get("issuer") != self._settings.issuer:
            raise ValueError("it describes another issuer")
        address = described.get("jwks_uri")
        if not isinstance(address, str) or not is_safe_address(address):
            raise ValueError("its keys are at no safe address")
        keys = (await self._document(address)).get("keys")
        if not isinstance(keys, list):
            raise ValueError("it publishes no list of keys")  # noqa: TRY004  foreign data, not our own type
        return {(key["kid"], key["kty"]): key for key in keys[:_MOST_KEYS] if _is_for_signatures(key)}

    async def _document(self, address: str) -> dict[str, Any]:
        content = b""
        async with self._client.stream("GET", address, headers={"Accept": "application/json"}) as answer:
            if answer.status_code != httpx.codes.OK:
                raise ValueError("it answers with another status")
            async for chunk in answer.aiter_bytes():
                content += chunk
                if len(content) > _MOST_BYTES:
                    raise ValueError("its answer is too large")
        document = json.loads(content)
        if not isinstance(document, dict):
            raise ValueError("its answer is no object")  # noqa: TRY004  foreign data, not our own type
        return document


def _is_for_signatures(key: Any) -> bool:
    """Whether it is a public key that we can use: no shared secret, no key for encryption, none that is too short."""
    if not isinstance(key, dict) or not isinstance(key.get("kid"), str) or not 0 < len(key["kid"]) <= _LONGEST_ID:
        return False
    operations = key.get("key_ops", ["verify"])
    if key.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations:
        return False
    if key.get("kty") == "EC":
        return key.get("crv") == "P-256" and _loaded(key, "ES256") is not None
    if key.get("kty") == "RSA":
        loaded = _loaded(key, "RS256")
        return loaded is not None and loaded.key_size >= _LEAST_RSA_BITS
    return False


def _loaded(key: dict[str, Any], algorithm: str) -> Any | None:
    # Only what makes a public key: whatever else stands there, a private part for one, is not ours to use.
    public = {name: part for name, part in key.items() if name in _PUBLIC_PARTS}
    try:
        return PyJWK(public, algorithm).key
    except (PyJWTError, ValueError, TypeError, KeyError):
        return None
