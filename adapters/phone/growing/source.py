"""A folder of call logs that stay and grow, on disk or on a server, as a source of deliveries."""

from __future__ import annotations

from adapters.phone.growing.connection import GrowingConnection
from adapters.phone.growing.progress import Progress
from adapters.watched.opening import opened
from adapters.watched.settings import FolderSettings, SftpSettings
from inbox.ports import Connection


class GrowingSource:
    """One folder, in which nothing is ever moved. What it knows of the files outlives its connections."""

    def __init__(self, source_id: str, settings: FolderSettings | SftpSettings) -> None:
        """Nothing is opened yet."""
        self.source_id = source_id
        self._settings = settings
        self._progress = Progress(settings.stable_seconds)

    def open(self) -> Connection:
        """See whether the folder can be read. Raises as `opened`."""
        files = opened(self.source_id, self._settings, moves=False)
        return GrowingConnection(self.source_id, self._settings, files, self._progress)
