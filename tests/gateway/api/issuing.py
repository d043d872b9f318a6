"""A little identity provider on this machine: discovery, its keys, and the tokens that it signs."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from gateway.oidc_settings import OidcSettings
from inbox.confidentiality import Confidentiality
from store.keys import Role
from tests.gateway.api.world import Headers

AUDIENCE = "inbox-gateway"


@dataclass
class Issuer:
    """An issuer whose keys and answers a test may change."""

    port: int = 0
    keys: dict[str, tuple[str, Any]] = field(default_factory=dict)
    """Key id → algorithm and private key."""
    asked: list[str] = field(default_factory=list)
    """The paths that were asked for."""
    described: dict[str, Any] = field(default_factory=dict)
    """What discovery says otherwise."""
    published: list[dict[str, Any]] | None = None
    """What it publishes instead of its keys."""
    answers: bytes | None = None
    """What it says instead of any document."""
    _server: asyncio.Server | None = None

    @property
    def issuer(self) -> str:
        """Its name in tokens."""
        return f"http://127.0.0.1:{self.port}/realms/gemeente"

    async def start(self) -> None:
        """Listen, on the port of before when there was one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Answer no more."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    def settings(self, **changes: Any) -> OidcSettings:
        """Return settings that take its tokens."""
        return OidcSettings(
            **{
                "issuer": self.issuer,
                "audience": AUDIENCE,
                "role_claim": "realm_access.roles",
                "roles": {f"gateway-{role}": role for role in Role if role is not Role.intake},
                "departments_claim": "departments",
                "confidentiality": {"gateway-secrets": Confidentiality.vertrouwelijk},
                "leeway_seconds": 5,
                **changes,
            }
        )

    def add_key(self, key_id: str, algorithm: str = "RS256", bits: int = 2048) -> None:
        """Make a key and publish it."""
        if algorithm == "ES256":
            self.keys[key_id] = algorithm, ec.generate_private_key(ec.SECP256R1())
        else:
            self.keys[key_id] = algorithm, rsa.generate_private_key(public_exponent=65537, key_size=bits)

    def token(
        self,
        *,
        roles: Sequence[Any] | None = ("gateway-reader",),
        departments: Any = None,
        key_id: str = "one",
        header: dict[str, Any] | None = None,
        **claims: Any,
    ) -> str:
        """Return a token; a claim that is None is left out."""
        moment = int(time.time())
        payload = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": "3b1c-jan",
            "iat": moment,
            "exp": moment + 300,
            "realm_access": {"roles": roles} if roles is not None else None,
            "departments": departments,
            **claims,
        }
        algorithm, key = self.keys[key_id]
        return jwt.encode(
            {name: value for name, value in payload.items() if value is not None},
            key,
            algorithm,
            headers={"kid": key_id, **(header or {})},
        )

    def headers(self, **wanted: Any) -> Headers:
        """Return the headers that carry such a token."""
        return {"Authorization": f"Bearer {self.token(**wanted)}"}

    def jwks(self) -> list[dict[str, Any]]:
        """Return its public keys as JSON Web Keys."""
        found = []
        for key_id, (algorithm, key) in self.keys.items():
            kind = jwt.algorithms.ECAlgorithm if algorithm == "ES256" else jwt.algorithms.RSAAlgorithm
            public = json.loads(kind.to_jwk(key.public_key()))
            found.append({**public, "kid": key_id, "use": "sig", "alg": algorithm})
        return found

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).decode()
        path = request.split(" ")[1]
        self.asked.append(path)
        documents = {
            "/realms/gemeente/.well-known/openid-configuration": {
                "issuer": self.issuer,
                "jwks_uri": f"http://127.0.0.1:{self.port}/jwks",
                **self.described,
            },
            "/jwks": {"keys": self.jwks() if self.published is None else self.published},
        }
        found = self.answers if self.answers is not None else json.dumps(documents.get(path)).encode()
        status = "200 OK" if path in documents else "404 Not Found"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(found)}\r\nConnection: close\r\n\r\n".encode() + found)
        await writer.drain()
        writer.close()
