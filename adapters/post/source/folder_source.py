"""A scan folder on disk as a source of deliveries."""

from __future__ import annotations

from adapters.post.settings import ScanFolderSettings
from adapters.post.source.connection import FolderConnection
from adapters.post.source.digests import Digests
from adapters.post.source.disk import DiskFiles
from adapters.post.source.stability import Stability
from inbox.ports import Connection


class FolderSource:
    """One folder into which a scanner writes. What it knows of the files outlives its connections."""

    def __init__(self, source_id: str, settings: ScanFolderSettings, observes: bool) -> None:
        """`observes`: nothing is moved or made."""
        self.source_id = source_id
        self._settings = settings
        self._observes = observes
        self._stability = Stability(settings.stable_seconds)
        self._digests = Digests()

    def open(self) -> Connection:
        """See whether the folder can be read, and files moved away.

        Raises FolderMissing, SourceUnreachable, SettingsInvalid; the detail names the setting.
        """
        files = DiskFiles(self.source_id, self._settings)
        files.check(moves=not self._observes)
        return FolderConnection(
            self.source_id, self._settings, files, self._stability, self._digests, observes=self._observes
        )
