"""The one place where what the file system raises becomes an error of ours. No detail names a file."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.watched.files import Place
from adapters.watched.settings import FolderSettings
from inbox.errors import FolderMissing, GatewayError, SettingsInvalid, SourceUnreachable

_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


class DiskErrors:
    """Makes the errors of one source. They name the setting, the path and what to do."""

    def __init__(self, source_id: str, settings: FolderSettings) -> None:
        """Nothing is looked at."""
        self._owner = f"source {source_id}"
        self._paths = {
            Place.incoming: settings.folder,
            Place.processed: settings.folder / settings.processed_folder,
        }

    @contextmanager
    def translated(self, place: Place) -> Iterator[None]:
        """Let only our errors out: FolderMissing, SourceUnreachable."""
        named = f"{self._owner}: the folder {self._paths[place]} (setting `{place.value}`)"
        try:
            yield
        except (FileNotFoundError, NotADirectoryError):
            raise FolderMissing(f"{named} is not there: make it, or mount what it stands on") from None
        except PermissionError:
            raise SourceUnreachable(f"{named} may not be read: give the gateway's user the right to") from None
        except OSError as error:
            raise SourceUnreachable(
                f"{named} cannot be read ({_words(error)}): check the disk or share it stands on"
            ) from None

    def cannot_move(self, error: OSError) -> GatewayError:
        """Return why a kept file stays where it is: permanent when somebody has to change something."""
        if error.errno == errno.EXDEV:
            return self.two_file_systems()
        named = f"{self._owner}: what is kept cannot be moved from {self._from} to {self._to} ({_words(error)})"
        if error.errno in _FORBIDDEN:
            return FolderMissing(
                f"{named}: give the gateway's user the right to change `folder` and `processed_folder`"
            )
        return SourceUnreachable(f"{named}: check `processed_folder`")

    def two_file_systems(self) -> SettingsInvalid:
        """Return the error for folders between which nothing can be renamed."""
        return SettingsInvalid(
            f"{self._owner}: `processed_folder` {self._to} is on another file system than `folder` {self._from}: a file"
            " cannot be moved there in one step; name a folder on the same one"
        )

    @property
    def _from(self) -> Path:
        return self._paths[Place.incoming]

    @property
    def _to(self) -> Path:
        return self._paths[Place.processed]


def _words(error: OSError) -> str:
    return error.strerror or type(error).__name__
