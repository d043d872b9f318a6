"""A token endpoint that checks what it is asked (RFC 6749 section 4.4, RFC 7523), and vouches for its tokens."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.servers.ports import LOOPBACK

CLIENT_ID = "4b1e1a5e-gateway"
CLIENT_SECRET = "zeer geheim~&=%"  # with what a careless client forgets to encode
SCOPE = "https://mail.example/.default"
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_CLIENT_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class TokenEndpoint:
    """Gives tokens at `token_url` and says at `introspection_url` whose they are (RFC 7662). Use it with `with`."""

    def __init__(self) -> None:
        """Listen at once."""
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.given: list[str] = []
        """Every token, in order."""
        self.asked: list[dict[str, str]] = []
        """Every request, as form fields."""
        self.headers: list[dict[str, Any]] = []
        """The header of every assertion."""
        self.may_open: set[str] = set()
        """Mailboxes that the application may open."""
        self.seconds: object = 3600
        self.answers: Callable[[], tuple[int, bytes]] | None = None
        """What is answered instead."""
        self._good: dict[str, str | None] = {}
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
                form = {name: values[0] for name, values in parse_qs(raw, keep_blank_values=True).items()}
                kind = self.headers["Content-Type"]
                status, answer = endpoint._token(form, kind) if self.path == "/token" else endpoint._introspect(form)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        self._server.daemon_threads = True
        port = self._server.server_address[1]
        self.token_url = f"http://{LOOPBACK}:{port}/token"
        self.introspection_url = f"http://{LOOPBACK}:{port}/introspect"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self) -> TokenEndpoint:
        """Serve for the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def key_pem(self) -> str:
        """The private key that the application signs with."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    def revoke(self) -> None:
        """Let no token given so far count any more."""
        self._good.clear()

    def _token(self, form: dict[str, str], kind: str) -> tuple[int, bytes]:
        self.asked.append(form)
        if self.answers is not None:
            return self.answers()
        if kind != "application/x-www-form-urlencoded":
            return _refused("invalid_request")
        try:
            user = self._checked(form)
        except (ValueError, jwt.PyJWTError) as error:
            return _refused(str(error) if isinstance(error, ValueError) else "invalid_grant")
        token = f"token-{secrets.token_urlsafe(20)}"
        self.given.append(token)
        self._good[token] = user
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": self.seconds}
        return 200, json.dumps(answer).encode()

    def _checked(self, form: dict[str, str]) -> str | None:
        """Return the user whom the token is for, None for every mailbox that the application may open."""
        if form["grant_type"] == _JWT_BEARER:
            claims = self._claims(form.pop("assertion"))
            if set(form) != {"grant_type"} or claims["scope"] != SCOPE or claims["iss"] != CLIENT_ID:
                raise ValueError("invalid_grant")
            return str(claims["sub"])
        if form["grant_type"] != "client_credentials":
            raise ValueError("unsupported_grant_type")
        if form.get("scope") != SCOPE:
            raise ValueError("invalid_scope")
        if "client_assertion" in form:
            claims = self._claims(form["client_assertion"])
            right = claims["iss"] == claims["sub"] == form["client_id"] == CLIENT_ID
            if not right or form["client_assertion_type"] != _CLIENT_ASSERTION or "client_secret" in form:
                raise ValueError("invalid_client")
        elif (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            raise ValueError("invalid_client")
        return None

    def _claims(self, assertion: str) -> dict[str, Any]:
        """Return the claims of an assertion that is signed by the key, is meant for us, and ends within an hour."""
        self.headers.append(jwt.get_unverified_header(assertion))
        claims: dict[str, Any] = jwt.decode(
            assertion,
            self.key.public_key(),
            algorithms=["RS256", "PS256"],
            audience=self.token_url,
            options={"require": ["exp", "iat", "iss", "sub", "aud"]},
        )
        if claims["exp"] - claims["iat"] > 3600:
            raise ValueError("invalid_grant")
        return claims

    def _introspect(self, form: dict[str, str]) -> tuple[int, bytes]:
        token = form.get("token", "")
        if token not in self._good:
            return 200, b'{"active": false}'
        user = self._good[token]
        names = [user] if user is not None else sorted(self.may_open)
        return 200, json.dumps({"active": True, "username": names[0] if names else "nobody"}).encode()


def _refused(code: str) -> tuple[int, bytes]:
    return 400, json.dumps({"error": code, "error_description": "PERSOONSGEGEVEN"}).encode()
