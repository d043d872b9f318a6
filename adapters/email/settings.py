"""Settings of a mailbox and of the mail relay, as they stand in the installation's settings file.

They hold no secret: a password is named by the environment variable or the file that it stands in (`secret.py`).
"""

from __future__ import annotations

import ipaddress
import ssl
from pathlib import Path
from string import Formatter
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from adapters.email.oauth_settings import OAuthSettings
from adapters.secret import Word, from_environment, from_file, without_controls
from inbox.bounce_address import PLACEHOLDER, TOKEN_LIMIT
from inbox.configuration.shapes import Address
from inbox.errors import SettingsInvalid

Tls = Literal["implicit", "starttls", "none"]
AfterKeep = Literal["move", "flag", "leave"]


def _template(value: str) -> str:
    """Refuse an envelope sender that is neither the null path nor an address with at most `{token}` to fill in."""
    try:
        fields = {field for _, field, _, _ in Formatter().parse(value) if field is not None}
    except ValueError as error:
        raise ValueError("has a brace without its partner") from error
    if fields - {"token"}:
        raise ValueError("may hold {token} only")
    if value and "@" not in value:
        raise ValueError("is no address: leave it empty for the null path")
    local, _, domain = value.rpartition("@")
    if PLACEHOLDER in domain or local.count(PLACEHOLDER) > 1:
        raise ValueError("may hold {token} once, left of the @")
    if PLACEHOLDER in local and len(local) - len(PLACEHOLDER) > _BESIDE_TOKEN:
        raise ValueError(f"leaves no room for {{token}}: at most {_BESIDE_TOKEN} characters beside it, left of the @")
    return value


_BESIDE_TOKEN = 64 - TOKEN_LIMIT
"""Characters of a local part (RFC 5321 section 4.5.3.1.1) that a token leaves."""


Host = Annotated[str, Field(pattern=r"^[!-.0-?A-~]+$", max_length=253), AfterValidator(str.lower)]
Port = Annotated[int, Field(ge=1, le=65535)]


class _Server(BaseModel):
    """How a mail server is reached: what IMAP and SMTP have in common."""

    # Input is hidden: somebody may have written a password where it does not belong.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)

    host: Host
    """Name or address of the server."""
    tls: Tls
    """`implicit`: from the first byte on. `starttls`: turned on first. `none`: for a server on this machine."""
    ca_file: Path | None = None
    """Certificates of a private authority (PEM), trusted instead of the system's."""
    allow_insecure: bool = False
    """Allows `tls: none` to another machine: passwords and mail then cross the network readable."""
    password_env: Word | None = None
    """Name of the environment variable with the password."""
    password_file: Path | None = None
    """Or the file with the password, such as a mounted secret; line ends behind it do not belong to it."""
    oauth: OAuthSettings | None = None
    """Signing in with an access token (XOAUTH2) instead of a password."""

    @model_validator(mode="after")
    def _encrypted_or_here(self) -> Self:
        if self.tls == "none" and not (self.allow_insecure or _is_loopback(self.host)):
            raise ValueError("tls: none is for a server on this machine only; else set allow_insecure: true")
        return self

    def tls_context(self, owner: str) -> ssl.SSLContext | None:
        """Return what verifies the server, or None without TLS. Raises SettingsInvalid, naming `ca_file`."""
        if self.tls == "none":
            return None
        try:
            return ssl.create_default_context(cafile=str(self.ca_file) if self.ca_file else None)
        except OSError as error:  # includes ssl.SSLError: no certificate in it
            raise SettingsInvalid(f"{owner}: `ca_file` cannot be used ({type(error).__name__})") from None

    @property
    def _proofs(self) -> int:
        return sum(proof is not None for proof in (self.password_env, self.password_file, self.oauth))

    @property
    def proof(self) -> str:
        """Name of the setting that proves who signs in."""
        if self.oauth is not None:
            return "oauth"
        return "password_env" if self.password_env else "password_file"

    def _password(self, owner: str) -> str:
        if self.password_env:
            return from_environment(owner, "password_env", self.password_env)
        if self.password_file:
            return from_file(owner, "password_file", self.password_file)
        raise SettingsInvalid(f"{owner}: there is no password, `oauth` says how to sign in")


class ImapSettings(_Server):
    """One mailbox to take mail from."""

    port: Port = 993
    """Of the server; with `starttls` often 143."""
    user: Word
    """Who signs in."""
    tls: Tls = "implicit"
    """`implicit`: from the first byte on. `starttls`: turned on first. `none`: for a server on this machine."""
    folder: Word = "INBOX"
    """Where new mail comes in."""
    addresses: tuple[Annotated[Address, AfterValidator(str.lower)], ...] = ()
    """Our own addresses of this mailbox, lower case."""
    after_keep: AfterKeep = "move"
    """What happens to a mail that is kept: moved to `processed_folder`, flagged, or left as it is."""
    processed_folder: Word = "Verwerkt"
    """Where kept mail goes when `after_keep` is `move`; made when it is missing."""
    sent_folder: Word | None = None
    """Folder in which colleagues' own answers stand, `auto` for the one that the server calls so (RFC 6154): whoever
    was answered there is sent no acknowledgement. None: it is not looked at."""
    idle_seconds: Annotated[float, Field(gt=0, le=300)] = 290
    """IDLE is renewed this often: servers and firewalls drop silent connections, from 5 minutes on."""
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 60
    """So long one answer of the server may take."""

    @model_validator(mode="after")
    def _one_password_and_two_folders(self) -> Self:
        if self._proofs != 1:
            raise ValueError("exactly one of password_env, password_file and oauth says how to sign in")
        if self.after_keep == "move" and _folder_name(self.folder) == _folder_name(self.processed_folder):
            raise ValueError("processed_folder is the folder itself: kept mail would never leave it")
        return self

    def password(self, source_id: str) -> str:
        """Return the password. Raises SettingsInvalid, naming the setting and the source."""
        return self._password(f"source {source_id}")


class SmtpSettings(_Server):
    """The relay that takes our outward mail."""

    port: Port = 587
    user: Word | None = None
    """None: the relay knows us by our network address."""
    tls: Tls = "starttls"
    from_address: Address
    from_name: Annotated[str, Field(max_length=200), AfterValidator(without_controls)] = ""
    envelope_sender: Annotated[str, AfterValidator(without_controls), AfterValidator(_template)] = ""
    """Where bounces go. Empty: the null path. May hold `{token}` (VERP), which is filled in per message."""
    timeout_seconds: Annotated[float, Field(gt=0, le=80)] = 45
    """The whole attempt, from connecting to the answer to the last dot. A claim on a notice lasts 90 s: no attempt may
    speak longer, or another would take it for dead and speak too."""
    messages_per_minute: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """So many attempts begin in a minute, in each worker process; None: no limit. What waits is sent later."""
    connections: Annotated[int, Field(ge=1, le=100)] = 10
    """So many conversations at once, in each worker process."""
    message_id_domain: Annotated[str, Field(pattern=r"^([A-Za-z0-9-]+\.)*[A-Za-z0-9-]+$", max_length=253)] = ""
    """The right side of our Message-IDs, and our name in EHLO. Default: the domain of `from_address`."""

    @model_validator(mode="before")
    @classmethod
    def _domain_from_address(cls, values: object) -> object:
        if isinstance(values, dict) and not values.get("message_id_domain"):
            return {**values, "message_id_domain": _ascii_domain(str(values.get("from_address", "")))}
        return values

    @model_validator(mode="after")
    def _password_belongs_to_user(self) -> Self:
        if self._proofs != (0 if self.user is None else 1):
            raise ValueError("user goes with exactly one of password_env, password_file and oauth; without user none")
        return self

    def password(self, owner: str = "smtp") -> str | None:
        """Return the password, None when none is needed. Raises SettingsInvalid, naming the setting."""
        return None if self.user is None or self.oauth else self._password(owner)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _folder_name(name: str) -> str:
    """INBOX is the one folder name without case (RFC 3501 section 5.1)."""
    return "INBOX" if name.upper() == "INBOX" else name


def _ascii_domain(address: str) -> str:
    domain = address.rpartition("@")[2].lower()
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain  # refused by the pattern, in our words
