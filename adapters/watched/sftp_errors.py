"""The one place where what paramiko and the socket raise becomes an error of ours. No detail names a file, and none
holds words of the server.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from paramiko.sftp import SFTPError
from paramiko.ssh_exception import AuthenticationException, BadHostKeyException, SSHException

from adapters.watched.files import Place, Unreadable
from adapters.watched.settings import SftpSettings
from inbox.errors import (
    CredentialsRefused,
    FolderMissing,
    GatewayError,
    PermanentError,
    SettingsInvalid,
    SourceUnreachable,
)

# What paramiko raises while it parses an answer that makes no sense.
_NONSENSE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    SFTPError,
    TypeError,
    ValueError,
    struct.error,
)


class SftpErrors:
    """Makes the errors of one source. They name the server, the setting, the path and what to do."""

    def __init__(self, source_id: str, settings: SftpSettings) -> None:
        """Nothing is looked at."""
        self.server = f"source {source_id}, server {settings.host}:{settings.port}"
        self._settings = settings

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Let only our errors out."""
        try:
            yield
        except (GatewayError, Unreadable):
            raise
        except BadHostKeyException:
            raise SourceUnreachable(
                f"{self.server}: its key is not the one in `{self._settings.recognition}`: ask whoever keeps the server"
                " whether it was changed, before you change the setting"
            ) from None
        except AuthenticationException:
            raise self.credentials_refused() from None
        except TimeoutError:
            raise SourceUnreachable(
                f"{self.server}: no answer within {self._settings.timeout_seconds:g} s: check `host`, `port` and"
                " `timeout_seconds`"
            ) from None
        except _NONSENSE as error:
            raise SourceUnreachable(f"{self.server}: the answer makes no sense ({type(error).__name__})") from None
        except (EOFError, SSHException):
            raise SourceUnreachable(f"{self.server}: the connection broke off: check `host` and `port`") from None
        except OSError as error:
            raise SourceUnreachable(f"{self.server}: {_words(error)}: check `host` and `port`") from None

    @contextmanager
    def about(self, place: Place) -> Iterator[None]:
        """Say which folder it is when the server refuses something there. Goes inside `translated`."""
        try:
            yield
        except OSError as error:
            named = f"{self.server}: the folder {self._path(place)!r} (setting `{place.value}`)"
            if error.errno == errno.ENOENT:
                raise FolderMissing(f"{named} is not there: make it, or correct the setting") from None
            if error.errno == errno.EACCES:
                raise SourceUnreachable(
                    f"{named} may not be read by {self._settings.user!r}: give that user the right to"
                ) from None
            raise

    def credentials_refused(self) -> CredentialsRefused:
        """Return the error that names the settings of the user and of what proves it."""
        return CredentialsRefused(
            f"{self.server}: the sign-in of {self._settings.user!r} is refused: check `user` and"
            f" `{self._settings.proof}`"
        )

    def cannot_move(self, error: OSError) -> PermanentError:
        """Return why a kept file stays where it is. SFTP does not tell one reason from another."""
        paths = f"from {self._path(Place.incoming)!r} to {self._path(Place.processed)!r}"
        if error.errno == errno.EACCES:
            return FolderMissing(
                f"{self.server}: what is kept cannot be moved {paths}: give {self._settings.user!r} the right to change"
                " `folder` and `processed_folder`"
            )
        return SettingsInvalid(
            f"{self.server}: what is kept cannot be moved {paths}: `processed_folder` must be on the same file system"
            f" as `folder`, and {self._settings.user!r} may change both"
        )

    def _path(self, place: Place) -> str:
        return self._settings.folder if place is Place.incoming else self._settings.processed_folder


def _words(error: OSError) -> str:
    """Return the system's words; those of the server come without a number, and are left out."""
    return (error.strerror if error.errno is not None else None) or type(error).__name__
