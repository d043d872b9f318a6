"""A source as the API takes it: the settings file's own shapes, with keys as they are written in JSON here."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from adapters.email.oauth_settings import OAuthSettings
from adapters.email.settings import ImapSettings
from adapters.phone.source_settings import CallFolderSettings, CallPushSettings, CallSftpSettings
from adapters.post.settings import ScanFolderSettings, ScanSftpSettings
from gateway.settings import IntakeSourceSettings, SourceSettings

_WIRE = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, hide_input_in_errors=True)


class OAuthBody(OAuthSettings):
    """How to sign in with an access token; secrets by the name of their place."""

    model_config = _WIRE


class ImapBody(ImapSettings):
    """A mailbox. Its password is named by the variable or the file that it stands in."""

    model_config = _WIRE

    oauth: OAuthBody | None = None


class ScanFolderBody(ScanFolderSettings):
    """A folder of scans, below a folder of the setting `source_roots`."""

    model_config = _WIRE


class ScanSftpBody(ScanSftpSettings):
    """A folder of scans on a server."""

    model_config = _WIRE


class IntakeBody(IntakeSourceSettings):
    """A website, desk, app or area table that hands in through this API."""

    model_config = _WIRE


class CallFolderBody(CallFolderSettings):
    """A folder of call logs, below a folder of the setting `source_roots`."""

    model_config = _WIRE


class CallSftpBody(CallSftpSettings):
    """A folder of call logs on a server."""

    model_config = _WIRE


class CallPushBody(CallPushSettings):
    """Call records that a telephone system sends to this API."""

    model_config = _WIRE


class SourceBody(SourceSettings):
    """A source: exactly one of `imap`, `scanFolder`, `sftp`, `intake`, `callFolder`, `callSftp` and `callPush` says where."""

    model_config = _WIRE

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$", alias="sourceId")]
    imap: ImapBody | None = None
    scan_folder: ScanFolderBody | None = None
    sftp: ScanSftpBody | None = None
    intake: IntakeBody | None = None
    call_folder: CallFolderBody | None = None
    call_sftp: CallSftpBody | None = None
    call_push: CallPushBody | None = None

    def settings(self) -> SourceSettings:
        """Return it as it would stand in a settings file, with only what was said."""
        return SourceSettings.model_validate(self.model_dump(mode="json", by_alias=False, exclude_unset=True))


def as_body(settings: SourceSettings) -> dict[str, Any]:
    """Return the source as the API shows it: only what was said, no secret, and nothing that a secret could be in."""
    said = settings.model_dump(mode="json", exclude_unset=True)
    body = SourceBody.model_validate(said, by_name=True, by_alias=False)
    return body.model_dump(mode="json", by_alias=True, exclude_unset=True)
