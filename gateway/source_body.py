"""A source as the API takes it: the settings file's own shapes, with keys as they are written in JSON here."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from adapters.email.oauth_settings import OAuthSettings
from adapters.email.settings import ImapSettings
from adapters.phone.source_settings import CallFolderSettings, CallPushSettings, CallSftpSettings
from adapters.post.settings import ScanFolderSettings, ScanSftpSettings
from gateway.settings import IntakeSourceSettings, SourceSettings
from gateway.wire import WIRE


class OAuthBody(OAuthSettings):
    """How to sign in with an access token; secrets by the name of their place."""

    model_config = WIRE


class ImapBody(ImapSettings):
    """A mailbox. Its password is named by the variable or the file that it stands in."""

    model_config = WIRE

    oauth: OAuthBody | None = None
    """Signing in with an access token (XOAUTH2) instead of a password."""


class ScanFolderBody(ScanFolderSettings):
    """A folder of scans, below a folder of the setting `source_roots`."""

    model_config = WIRE


class ScanSftpBody(ScanSftpSettings):
    """A folder of scans on a server."""

    model_config = WIRE


class IntakeBody(IntakeSourceSettings):
    """A website, desk, app or area table that hands in through this API."""

    model_config = WIRE


class CallFolderBody(CallFolderSettings):
    """A folder of call logs, below a folder of the setting `source_roots`."""

    model_config = WIRE


class CallSftpBody(CallSftpSettings):
    """A folder of call logs on a server."""

    model_config = WIRE


class CallPushBody(CallPushSettings):
    """Call records that a telephone system sends to this API."""

    model_config = WIRE


class SourceBody(SourceSettings):
    """A source: exactly one of `imap`, `scanFolder`, `sftp`, `intake`, `callFolder`, `callSftp` and `callPush` says where."""

    model_config = WIRE

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$", alias="sourceId")]
    """Its key, for ever: items and rules name it."""
    imap: ImapBody | None = None
    """A mailbox."""
    scan_folder: ScanFolderBody | None = None
    """A folder into which a scanner writes."""
    sftp: ScanSftpBody | None = None
    """The same folder on another machine."""
    intake: IntakeBody | None = None
    """Nothing is fetched: it is handed in with `POST /v1/items`."""
    call_folder: CallFolderBody | None = None
    """A folder into which a telephone system writes its call records."""
    call_sftp: CallSftpBody | None = None
    """The same folder on another machine."""
    call_push: CallPushBody | None = None
    """Nothing is fetched: the telephone system sends its records with `POST /v1/call-records/{sourceId}`."""

    def settings(self) -> SourceSettings:
        """Return it as it would stand in a settings file, with only what was said."""
        return SourceSettings.model_validate(self.model_dump(mode="json", by_alias=False, exclude_unset=True))


def as_body(settings: SourceSettings) -> dict[str, Any]:
    """Return the source as the API shows it: only what was said, no secret, and nothing that a secret could be in."""
    said = settings.model_dump(mode="json", exclude_unset=True)
    body = SourceBody.model_validate(said, by_name=True, by_alias=False)
    return body.model_dump(mode="json", by_alias=True, exclude_unset=True)
