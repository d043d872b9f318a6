"""A folder as a source of deliveries, on disk or on a server: each file is one, and is moved away once it is kept."""

from __future__ import annotations

from collections.abc import Callable

from adapters.watched.connection import FolderConnection
from adapters.watched.digests import Digests
from adapters.watched.files import Files
from adapters.watched.opening import opened
from adapters.watched.settings import FolderSettings, SftpSettings
from adapters.watched.stability import Stability
from inbox.ports import Connection

SeenAs = Callable[[Files], Files]
"""Makes other files of those that are there, such as one of all pages of a scan."""


def as_they_are(files: Files) -> Files:
    """Return the files themselves."""
    return files


class FolderSource:
    """One folder. What it knows of the files outlives its connections: each is read once to know it, and once to keep it."""

    def __init__(
        self,
        source_id: str,
        settings: FolderSettings | SftpSettings,
        observes: bool,
        *,
        seen_as: SeenAs = as_they_are,
    ) -> None:
        """`observes`: nothing is moved or made."""
        self.source_id = source_id
        self._settings = settings
        self._observes = observes
        self._seen_as = seen_as
        self._stability = Stability(settings.stable_seconds)
        self._digests = Digests()

    def open(self) -> Connection:
        """See whether the folder can be read, and files moved away.

        Raises SourceUnreachable, CredentialsRefused, FolderMissing, SettingsInvalid; the detail names the setting.
        """
        files = self._seen_as(opened(self.source_id, self._settings, moves=not self._observes))
        return FolderConnection(
            self.source_id, self._settings, files, self._stability, self._digests, observes=self._observes
        )
