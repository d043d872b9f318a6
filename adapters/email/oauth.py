"""Access tokens for a mailbox or a relay (OAuth 2.0, RFC 6749), fetched when needed and used until they end."""

from __future__ import annotations

import base64
import json
import ssl
import threading
import time
import uuid
from typing import Any, TypeGuard

import httpx
import jwt

from adapters.email.oauth_settings import OAuthSettings
from inbox.errors import CredentialsRefused, SettingsInvalid, TransientError

_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"  # RFC 7523 section 2.1
_CLIENT_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"  # RFC 7523 section 2.2
_ASSERTION_SECONDS = 600
_ENDS_EARLY_SECONDS = 120.0
"""A token is not used in its last minutes: a sign-in begun with it must reach its end."""
_UNSAID_SECONDS = 300.0
"""So long a token is taken to live when nothing is said of it (RFC 6749 section 5.1: expires_in is optional)."""
_LONGEST_TOKEN = 16 * 1024
# A refusal that somebody must mend (RFC 6749 section 5.2). Other words in its place may be anybody's.
_REFUSALS = frozenset(
    {
        *("invalid_request", "invalid_client", "invalid_grant"),
        *("unauthorized_client", "unsupported_grant_type", "invalid_scope"),
    }
)


def xoauth2(user: str, token: str) -> bytes:
    r"""Return the first and only answer of SASL XOAUTH2: user and bearer token, parted by \1."""
    return f"user={user}\1auth=Bearer {token}\1\1".encode()


class Tokens:
    """The access token of one user. Thread-safe and blocking: from async code, call it in a thread."""

    def __init__(
        self,
        settings: OAuthSettings,
        *,
        user: str,
        owner: str,
        unavailable: type[TransientError],
        timeout_seconds: float = 30,
    ) -> None:
        """`owner`: whose settings these are, for the errors, such as `source post`.

        `unavailable`: what is raised while the token endpoint does not answer.
        """
        self._settings = settings
        self._user = user
        self._owner = owner
        self._unavailable = unavailable
        self._timeout_seconds = timeout_seconds
        self._lock = threading.Lock()
        self._token = ""
        self._good_until = 0.0

    def token(self) -> str:
        """Return a token that is good for a while yet.

        Raises CredentialsRefused when the endpoint refuses us, SettingsInvalid, and what `unavailable` names; each
        detail names the setting.
        """
        with self._lock:
            if not self._token or time.monotonic() >= self._good_until:
                asked_at = time.monotonic()
                self._token, seconds = self._fetch()
                # A token that lives very short is used for half of its life.
                self._good_until = asked_at + max(seconds - _ENDS_EARLY_SECONDS, seconds / 2)
            return self._token

    def forget(self, token: str) -> None:
        """Fetch another one next time: the mail server refused this one."""
        with self._lock:
            if self._token == token:
                self._token = ""

    def _fetch(self) -> tuple[str, float]:
        form = self._form()
        try:
            with httpx.Client(verify=self._tls_context(), timeout=self._timeout_seconds) as client:
                answer = client.post(self._settings.token_url, data=form, headers={"Accept": "application/json"})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._unavailable(f"{self._place} does not answer ({type(error).__name__})") from None
        fields = _object(answer)
        if answer.status_code != httpx.codes.OK:
            self._refuse(answer.status_code, fields)
        token, kind = fields.get("access_token"), fields.get("token_type")
        if not _is_token(token) or not isinstance(kind, str) or kind.lower() != "bearer":
            raise self._unavailable(f"{self._place} answers without a bearer token")
        return token, _seconds(fields.get("expires_in"))

    def _refuse(self, status: int, fields: dict[str, Any]) -> None:
        code = fields.get("error")
        if not isinstance(code, str) or code not in _REFUSALS:
            raise self._unavailable(f"{self._place} answers with status {status}")
        settings = f"`oauth.client_id`, `oauth.{self._settings.proof}`, `oauth.scope`"
        if self._settings.grant == "jwt_bearer":
            settings += ", and whether the service account may act for `user`"
        raise CredentialsRefused(f"{self._place} gives no token for {self._user!r} ({code}): check {settings}")

    def _form(self) -> dict[str, str]:
        settings = self._settings
        secret = settings.secret(self._owner)
        if settings.grant == "jwt_bearer":
            assertion = self._assertion(secret, {"sub": self._user, "scope": settings.scope})
            return {"grant_type": _JWT_BEARER, "assertion": assertion}
        form = {"grant_type": "client_credentials", "client_id": settings.client_id, "scope": settings.scope}
        if settings.private_key_file is None:
            return {**form, "client_secret": secret}
        assertion = self._assertion(secret, {"sub": settings.client_id})
        return {**form, "client_assertion_type": _CLIENT_ASSERTION, "client_assertion": assertion}

    def _assertion(self, key: str, claims: dict[str, str]) -> str:
        """Sign the claims (RFC 7523 section 3)."""
        settings, present = self._settings, int(time.time())
        moments = {"iat": present, "nbf": present, "exp": present + _ASSERTION_SECONDS}
        whole = {"iss": settings.client_id, "aud": settings.token_url, "jti": str(uuid.uuid4()), **claims, **moments}
        headers = {"kid": settings.key_id} if settings.key_id else {}
        algorithm = "RS256"
        if settings.certificate_thumbprint:
            digest = bytes.fromhex(settings.certificate_thumbprint)
            # SHA-256 goes with PSS, the older SHA-1 with PKCS #1: so Microsoft's endpoint wants it.
            algorithm, name = ("PS256", "x5t#S256") if len(digest) == 32 else ("RS256", "x5t")
            headers[name] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        try:
            return jwt.encode(whole, key, algorithm=algorithm, headers=headers)
        except (jwt.PyJWTError, TypeError, ValueError) as error:
            name = type(error).__name__
            raise SettingsInvalid(f"{self._owner}: `oauth.private_key_file` is no RSA key in PEM ({name})") from None

    def _tls_context(self) -> ssl.SSLContext:
        ca_file = self._settings.ca_file
        try:
            return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
        except OSError as error:  # includes ssl.SSLError: no certificate in it
            raise SettingsInvalid(f"{self._owner}: `oauth.ca_file` cannot be used ({type(error).__name__})") from None

    @property
    def _place(self) -> str:
        return f"{self._owner}: the token endpoint {self._settings.token_url} (`oauth.token_url`)"


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        fields = json.loads(answer.content)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _is_token(token: object) -> TypeGuard[str]:
    """RFC 6749 appendix A.12: visible ASCII. Anything else could end the mail server's command."""
    return isinstance(token, str) and 0 < len(token) <= _LONGEST_TOKEN and token.isascii() and token.isprintable()


def _seconds(said: object) -> float:
    """Read expires_in; some endpoints write the number as a string."""
    try:
        seconds = float(said) if isinstance(said, int | float | str) and not isinstance(said, bool) else 0.0
    except ValueError:
        seconds = 0.0
    return seconds if 0 < seconds < 10 * 86400 else _UNSAID_SECONDS
