"""Settings of an installation: where things stand. What an administrator decides is in the configuration instead."""

from __future__ import annotations

import os
import posixpath
import secrets
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from adapters.email.settings import ImapSettings, SmtpSettings
from adapters.notify_nl.settings import SmsSettings
from adapters.phone.settings import CallReadingSettings
from adapters.phone.source_settings import CallFolderSettings, CallPushSettings, CallSftpSettings, Records
from adapters.post.letters.settings import LetterSettings
from adapters.post.reading.settings import PostReadingSettings
from adapters.post.settings import ScanFolderSettings, ScanSftpSettings
from adapters.scanning.settings import ClamdSettings
from adapters.syslog.settings import SyslogSettings
from gateway.oidc_settings import BreakGlassSettings, OidcSettings
from inbox.channel import Channel
from inbox.confidentiality import Confidentiality, ConfidentialityName
from inbox.errors import SettingsInvalid
from inbox.submission import SubmissionLimits

SETTINGS_VARIABLE = "GATEWAY_SETTINGS"
"""Environment variable that names the settings file; else `gateway.yaml` in the present folder."""

_THREAD_KEY_BYTES = 32


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)


class LedgerSettings(_Strict):
    """Where the ledger stands."""

    url: str = ""
    """`postgresql+asyncpg://user@host/name` or `sqlite+aiosqlite:///path`; empty: SQLite below `var`."""
    url_env: str | None = None
    """Environment variable with the whole URL, when it holds a password."""


class TemporalSettings(_Strict):
    """Which Temporal cluster drives the work; without an address `gateway up` starts an embedded one."""

    address: str = ""
    namespace: str = "default"
    tls: bool = False
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None


class ApiSettings(_Strict):
    """Where the API listens."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8090


class MetricsSettings(_Strict):
    """Where figures are given without a key: for a worker, which has no API, or for a watcher on the same machine."""

    host: str = "127.0.0.1"
    """Another address gives figures (never of a person) to whoever reaches it: keep it inside your own network."""
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    """0: nowhere; the API's own `GET /v1/metrics` needs a key."""


class PublishingSettings(_Strict):
    """How a draft of the configuration goes into force."""

    second_person: bool = False
    """Whether another person, with another key, must approve."""


class AuditSettings(_Strict):
    """Where the audit trail goes."""

    syslog: SyslogSettings | None = None
    """A SIEM that hears of each entry; none: it stays in the ledger."""


class IntakeSourceSettings(_Strict):
    """A website, desk, app or area table that hands in through the API, or a file that `gateway intake` takes in."""

    channel: Literal[Channel.web, Channel.desk, Channel.app, Channel.area_table]
    """What is handed in there came by this channel."""


class SourceSettings(_Strict):
    """One source of messages."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    mode: Literal["observe", "live"] = "observe"
    """`observe`: keep and decide, nothing outward, nothing touched. `live`: everything."""
    live_from: AwareDatetime | None = None
    """What was received earlier waits for a person. Default: since the source was made, went live, or is read at another
    place."""
    confidentiality: ConfidentialityName = Confidentiality.zaakvertrouwelijk
    """Of what comes in there, at least: a category may be stricter."""
    sweep_seconds: Annotated[float, Field(gt=0, le=300)] = 240
    """A full sweep at least this often."""
    imap: ImapSettings | None = None
    """A mailbox."""
    scan_folder: ScanFolderSettings | None = None
    """A folder into which a scanner writes."""
    sftp: ScanSftpSettings | None = None
    """The same folder on another machine."""
    intake: IntakeSourceSettings | None = None
    """Nothing is fetched: it is handed in."""
    call_folder: CallFolderSettings | None = None
    """A folder into which a telephone system writes its call records."""
    call_sftp: CallSftpSettings | None = None
    """The same folder on another machine."""
    call_push: CallPushSettings | None = None
    """Nothing is fetched: the telephone system sends its call records."""

    @property
    def calls(self) -> Records | None:
        """What is said of its call records; None when it gives none."""
        return self.call_folder or self.call_sftp or self.call_push

    @property
    def is_fetched(self) -> bool:
        """Whether we look there ourselves."""
        return self.intake is None and self.call_push is None

    @property
    def place(self) -> str:
        """Where it is read, the same for every source that reads there; empty where others hand in."""
        local = self.scan_folder or self.call_folder
        if local is not None:
            return f"folder:{os.path.abspath(local.folder)}"  # noqa: PTH100  no look at a disk that may hang
        if self.imap is not None:
            # INBOX is the one folder name without case (RFC 3501 section 5.1).
            name = "INBOX" if self.imap.folder.upper() == "INBOX" else self.imap.folder
            return f"imap://{self.imap.user.lower()}@{self.imap.host}:{self.imap.port}/{name}"
        remote = self.sftp or self.call_sftp
        if remote is None:
            return ""
        return f"sftp://{remote.user}@{remote.host}:{remote.port}/{posixpath.normpath(remote.folder)}"

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        places = (self.imap, self.scan_folder, self.sftp, self.intake, self.call_folder, self.call_sftp, self.call_push)
        if sum(place is not None for place in places) != 1:
            raise ValueError(
                "name one place: `imap`, `scan_folder`, `sftp`, `intake`, `call_folder`, `call_sftp` or `call_push`"
            )
        return self


class Settings(_Strict):
    """The whole settings file."""

    var: Path = Path("var")
    """Folder for what has no place of its own: the SQLite ledger, bytes, forwards, embedded Temporal."""
    ledger: LedgerSettings = LedgerSettings()
    bytes_folder: Path | None = None
    """Raw bytes; default `bytes` below `var`. With several hosts: the same shared folder on each."""
    bytes_url: str | None = None
    """Object store for raw bytes instead of a folder: `s3://bucket/prefix`, `az://…`, `gs://…`."""
    bytes_options: dict[str, str] = Field(default_factory=dict)
    """Options of the object store, such as `aws_endpoint`; secrets come from the environment, as its own tools expect."""
    forward_folder: Path | None = None
    """Where relative paths of folder destinations begin; default `forwarded` below `var`."""
    configuration: Path | None = None
    """Configuration document (YAML) that is published at start when it changed; no more once another one was published
    over the API or on the command line."""
    publishing: PublishingSettings = PublishingSettings()
    thread_key_env: str | None = None
    """Environment variable with the secret behind thread tokens, at least 32 characters; default: a file below
    `var`. The same on all hosts, and for ever: old tokens prove nothing under a new one."""
    event_source: str = "urn:inbox-gateway"
    """CloudEvents `source` of webhooks, such as `urn:nld:oin:00000001001234567000:systeem:inbox-gateway`."""
    trusted_authserv_ids: tuple[str, ...] = ()
    """Names under which our own border writes Authentication-Results (RFC 8601); none: nobody is authenticated."""
    temporal: TemporalSettings = TemporalSettings()
    api: ApiSettings = ApiSettings()
    oidc: OidcSettings | None = None
    """Whose tokens are taken beside API keys; none: nobody's."""
    break_glass: BreakGlassSettings = BreakGlassSettings()
    metrics: MetricsSettings = MetricsSettings()
    smtp: SmtpSettings | None = None
    letters: LetterSettings | None = None
    """How senders of post are told on paper; none: nobody is."""
    sms: SmsSettings | None = None
    """How text messages leave; none: nobody is told in one. Whether anybody is, the configuration decides."""
    post: PostReadingSettings = PostReadingSettings()
    """How scans are read and taken apart."""
    calls: CallReadingSettings = CallReadingSettings()
    """How call logs are read."""
    clamd: ClamdSettings | None = None
    """The virus scanner; none: nothing is scanned."""
    audit: AuditSettings = AuditSettings()
    intake: SubmissionLimits = SubmissionLimits()
    """How much may be handed in at the intake API at once."""
    sources: tuple[SourceSettings, ...] = ()
    source_roots: tuple[Path, ...] = ()
    """Folders below which a source that is made over the API may name folders; none: it may name none."""
    source_secret_roots: tuple[Path, ...] = (Path("/run/secrets/sources"),)
    """Folders below which such a source may name files with secrets, keys and certificates. Its maker chooses the server
    that a secret is sent to: nothing else stands there."""
    source_variables: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{2,39}$")] = "SOURCE_"
    """How the environment variables begin that such a source may name: any other one could be sent to a stranger's
    server as a password."""

    @model_validator(mode="after")
    def _one_place_for_bytes(self) -> Self:
        if self.bytes_folder is not None and self.bytes_url is not None:
            raise ValueError("bytes_folder and bytes_url are two places: name one")
        return self

    @model_validator(mode="after")
    def _distinct_sources(self) -> Self:
        ids = [source.id for source in self.sources]
        if len(ids) != len(set(ids)):
            raise ValueError("two sources have the same id")
        read_by: dict[str, str] = {}
        for source in self.sources:
            if source.place and (other := read_by.setdefault(source.place, source.id)) != source.id:
                raise ValueError(f"sources {other} and {source.id} are read at the same place: leave one of them out")
        return self

    @model_validator(mode="after")
    def _known_formats(self) -> Self:
        known = list(dict.fromkeys(one.name for one in self.calls.formats()))
        for source in self.sources:
            if source.calls is not None and source.calls.format not in {None, *known}:
                raise ValueError(f"source {source.id}: `format` is none that there is: {', '.join(known)}")
        return self

    def ledger_url(self) -> str:
        """Return the ledger's URL. Raises SettingsInvalid, naming the setting."""
        if self.ledger.url_env:
            url = os.environ.get(self.ledger.url_env, "")
            if not url:
                raise SettingsInvalid(f"`ledger.url_env`: the variable {self.ledger.url_env} is not set")
            return url
        return self.ledger.url or f"sqlite+aiosqlite:///{self.var.absolute() / 'ledger.sqlite'}"

    def bytes_root(self) -> Path:
        """Return where raw bytes stand."""
        return self.bytes_folder or self.var / "bytes"

    def forward_root(self) -> Path:
        """Return where folder destinations stand."""
        return self.forward_folder or self.var / "forwarded"

    def thread_key(self) -> bytes:
        """Return the secret behind thread tokens, made at first use. Raises SettingsInvalid."""
        if self.thread_key_env:
            key = os.environ.get(self.thread_key_env, "").encode()
            if len(key) < _THREAD_KEY_BYTES:
                raise SettingsInvalid(f"`thread_key_env`: {self.thread_key_env} holds fewer than 32 characters")
            return key
        return _key_from_file(self.var / "thread.key")

    def require_for_parts(self) -> None:
        """Raise SettingsInvalid when these settings cannot serve several hosts."""
        if self.ledger_url().startswith("sqlite"):
            raise SettingsInvalid(
                "`ledger`: SQLite serves one host, through `gateway up`; set a PostgreSQL URL for `gateway api` and"
                " `gateway worker`"
            )
        if self.bytes_folder is None and self.bytes_url is None:
            raise SettingsInvalid("`bytes_folder` or `bytes_url`: name the place that all hosts share")
        if self.thread_key_env is None:
            raise SettingsInvalid("`thread_key_env`: all hosts need the same secret; name its variable")
        if not self.temporal.address:
            raise SettingsInvalid("`temporal.address`: name the cluster; only `gateway up` brings its own")


def find_settings(path: Path | None) -> Settings:
    """Return the settings from the file given, else from GATEWAY_SETTINGS, else from `gateway.yaml`, else defaults.

    Relative paths in the file count from the present folder. Raises SettingsInvalid with file and setting.
    """
    named = path or (Path(os.environ[SETTINGS_VARIABLE]) if os.environ.get(SETTINGS_VARIABLE) else None)
    if named is None and not Path("gateway.yaml").exists():
        return Settings()
    return load_settings(named or Path("gateway.yaml"))


def load_settings(path: Path) -> Settings:
    """Read a settings file. Raises SettingsInvalid with file and setting."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise SettingsInvalid(f"{path}: cannot be read: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise SettingsInvalid(f"{path}: is not YAML: {error}") from None
    try:
        return Settings.model_validate(content)
    except ValidationError as error:
        faults = [f"{path}: {'.'.join(str(s) for s in fault['loc'])}: {fault['msg']}" for fault in error.errors()]
        raise SettingsInvalid("\n".join(faults)) from None


def _key_from_file(path: Path) -> bytes:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    except OSError as error:
        raise SettingsInvalid(f"`var`: {path} cannot be made: {error.strerror}") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(_THREAD_KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    return path.read_bytes()
