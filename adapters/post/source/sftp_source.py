"""A scan folder on an SFTP server as a source of deliveries."""

from __future__ import annotations

from adapters.post.settings import SftpSettings
from adapters.post.source.connection import FolderConnection
from adapters.post.source.digests import Digests
from adapters.post.source.stability import Stability
from inbox.ports import Connection


class SftpSource:
    """One folder on a server. What it knows of the files outlives its connections: each is read once to know it, and
    once to keep it.
    """

    def __init__(self, source_id: str, settings: SftpSettings, observes: bool) -> None:
        """`observes`: nothing is moved or made."""
        self.source_id = source_id
        self._settings = settings
        self._observes = observes
        self._stability = Stability(settings.stable_seconds)
        self._digests = Digests()

    def open(self) -> Connection:
        """Connect, recognise the server, sign in and see whether the folder can be read.

        Raises SourceUnreachable, CredentialsRefused, FolderMissing, SettingsInvalid; the detail names the setting.
        """
        from adapters.post.source.sftp_connecting import connected

        files = connected(self.source_id, self._settings)
        try:
            files.check()
        except BaseException:
            files.close()
            raise
        return FolderConnection(
            self.source_id, self._settings, files, self._stability, self._digests, observes=self._observes
        )
