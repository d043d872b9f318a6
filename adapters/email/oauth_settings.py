"""Settings of a sign-in by OAuth2, for a mailbox and for the relay alike. They hold no secret."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from adapters.secret import Word, from_environment, from_file, text_of

_HERE = frozenset({"127.0.0.1", "::1", "localhost"})


def _token_url(value: str) -> str:
    """Refuse an address over which the secret would cross the network readable (RFC 6749 section 3.2)."""
    parts = urlsplit(value)
    if not parts.hostname or parts.username is not None or parts.fragment:
        raise ValueError("is no address of a token endpoint")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _HERE):
        raise ValueError("must begin with https://")
    return value


class OAuthSettings(BaseModel):
    """Where an access token comes from, and what proves that it is us who ask."""

    # Input is hidden: somebody may have written a secret where it does not belong.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)

    token_url: Annotated[str, Field(max_length=500), AfterValidator(_token_url)]
    """The token endpoint, an https address."""
    client_id: Word
    """The application's id; with `jwt_bearer` the e-mail address of the service account."""
    scope: Word
    """What the token is for, such as `https://outlook.office365.com/.default`."""
    grant: Literal["client_credentials", "jwt_bearer"] = "client_credentials"
    """`client_credentials` (RFC 6749 section 4.4): the application itself, as Exchange Online wants it.
    `jwt_bearer` (RFC 7523 section 2.1): in the name of `user`, as a Google service account does it."""
    client_secret_env: Word | None = None
    """Name of the environment variable with the application's secret."""
    client_secret_file: Path | None = None
    """Or the file with it, such as a mounted secret."""
    private_key_file: Path | None = None
    """RSA key (PEM) that signs an assertion, instead of a secret (RFC 7523)."""
    certificate_thumbprint: Annotated[str, Field(pattern=r"^([0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})$")] | None = None
    """Of the certificate that belongs to the key, SHA-1 or SHA-256 in hexadecimal: Exchange Online knows the key by
    it."""
    key_id: Word | None = None
    """`kid` of the key, where the token endpoint knows several."""
    ca_file: Path | None = None
    """Certificates of a private authority (PEM) for `token_url`, trusted instead of the system's."""

    @model_validator(mode="after")
    def _one_proof(self) -> Self:
        proofs = (self.client_secret_env, self.client_secret_file, self.private_key_file)
        if sum(proof is not None for proof in proofs) != 1:
            raise ValueError(
                "exactly one of client_secret_env, client_secret_file and private_key_file proves who asks"
            )
        if self.private_key_file is None and (self.grant == "jwt_bearer" or self.certificate_thumbprint or self.key_id):
            raise ValueError("jwt_bearer, certificate_thumbprint and key_id go with private_key_file")
        return self

    @property
    def proof(self) -> str:
        """Name of the setting that leads to the secret or the key."""
        if self.private_key_file is not None:
            return "private_key_file"
        return "client_secret_env" if self.client_secret_env is not None else "client_secret_file"

    def secret(self, owner: str) -> str:
        """Return the client secret, or the private key in PEM. Raises SettingsInvalid, naming the setting."""
        if self.client_secret_env is not None:
            return from_environment(owner, "oauth.client_secret_env", self.client_secret_env)
        if self.private_key_file is not None:
            return text_of(owner, "oauth.private_key_file", self.private_key_file)
        return from_file(owner, "oauth.client_secret_file", self.client_secret_file or Path())
