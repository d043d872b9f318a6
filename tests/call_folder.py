"""A folder of call logs from both sides: as the gateway opens it, and as the telephone system writes in it."""

from __future__ import annotations

from typing import Any

from adapters.phone.growing.connection import GrowingConnection
from adapters.phone.source import call_source
from adapters.phone.source_settings import CallFolderSettings, CallSftpSettings
from inbox.ports import Source
from tests.scan_folder import ScanFolder, whole


class GrowingLogs:
    """A folder in which files stay and grow, on disk or over SFTP, and what was taken from it so far."""

    def __init__(self, place: ScanFolder) -> None:
        """Take over an empty folder."""
        self.place = place
        self.kept: list[str] = []
        self.seen: list[str] = []
        self.taken: list[bytes] = []
        self._source = self.source()

    def source(self, **changes: Any) -> Source:
        """Return it as a source, with changed settings."""
        model = CallFolderSettings if self.place.server is None else CallSftpSettings
        said = self.place.said(**{"after_keep": "leave", **changes})
        return call_source("calls", model.model_validate(said), observes=False)

    def restarts(self, **changes: Any) -> None:
        """Forget everything but what the ledger holds."""
        self._source = self.source(**changes)

    def opened(self) -> GrowingConnection:
        """Return an open connection that heard what is kept."""
        connection = self._source.open()
        assert isinstance(connection, GrowingConnection)
        connection.goes_on(self.kept, self.seen)
        return connection

    def sweep(self) -> list[bytes]:
        """Keep what is new, as a sweep does; return it."""
        connection = self.opened()
        try:
            new = []
            shown = connection.look().positions
            self.seen += shown
            for where in shown:
                new.append(whole(connection, where))
                self.kept.append(where)
                connection.confirm(where)
        finally:
            connection.close()
        self.taken += new
        return new

    def append(self, name: str, content: bytes) -> None:
        """Write at the end of a file, as the telephone system does."""
        with (self.place.folder / name).open("ab") as file:
            file.write(content)
