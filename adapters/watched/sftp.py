"""The files of a folder on a server, over SFTP. Symbolic links are not followed."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from paramiko import SFTPAttributes, SSHClient

from adapters.watched.files import Entry, Moved, OpenFile, Pause, Place, Unreadable
from adapters.watched.settings import SftpSettings
from adapters.watched.sftp_errors import SftpErrors
from adapters.watched.sftp_session import SftpSession, entry_of, is_folder
from inbox.errors import GatewayError

_FOLDER_MODE = 0o770
"""Before the server's umask. It is for nobody else to read."""


class SftpFiles:
    """The place's Files. Files have no inode here, and moments are whole seconds; the server has no way to be asked
    for an fsync of a folder: a move that it loses in a power cut is made again.
    """

    def __init__(self, client: SSHClient, session: SftpSession, errors: SftpErrors, settings: SftpSettings) -> None:
        """Take over a signed-in client and its session."""
        self.place = f"{errors.server}, folder {settings.folder!r} (setting `folder`)"
        self._client = client
        self._session = session
        self._errors = errors
        incoming = _as_bytes(settings.folder).rstrip(b"/")
        processed = _as_bytes(settings.processed_folder).rstrip(b"/")
        self._paths = {
            Place.incoming: incoming,
            Place.processed: processed if processed.startswith(b"/") else incoming + b"/" + processed,
        }

    @property
    def moved_bytes(self) -> int:
        """Grows with every answer of the server."""
        return self._session.moved_bytes

    def check(self) -> None:
        """See whether the folder can be read. Raises FolderMissing, SourceUnreachable."""
        self.listed()

    def listed(self, within: str = "", place: Place = Place.incoming) -> list[Entry]:
        """Return every regular file."""
        with self._use() as session, self._errors.about(place):
            if within and not _is_folder(session, self._path(within, place)):
                return []
            return session.entries(self._folder(within, place))

    def folders(self, within: str = "") -> list[str]:
        """Return the name of every folder."""
        with self._use() as session, self._errors.about(Place.incoming):
            return session.folders(self._folder(within, Place.incoming))

    def entry(self, name: str, place: Place) -> Entry | None:
        """Return the regular file of this name as it stands now."""
        with self._use() as session:
            state = _state(session, self._path(name, place))
            return None if state is None else entry_of(name, state)

    def is_taken(self, name: str, place: Place) -> bool:
        """Say whether anything stands under this name."""
        with self._use() as session:
            return _state(session, self._path(name, place)) is not None

    def open(self, entry: Entry, within: str = "") -> OpenFile | None:
        """Open a file. Raises Unreadable."""
        path = f"{within}/{entry.name}" if within else entry.name
        if within and not self._holds_folder(within):
            return None
        now = self.entry(path, Place.incoming)
        if now is None or replace(now, name=entry.name) != entry:
            return None
        with self._use() as session:
            try:
                handle = session.open_for_reading(self._path(path, Place.incoming))
            except OSError as error:
                if error.errno == errno.ENOENT:
                    return None
                raise self._refusal(error) from None
        file = _SftpFile(self, handle)
        if file.is_still(entry):
            return file
        file.close()
        return None

    def rename(self, name: str, place: Place, new_name: str, new_place: Place) -> Moved:
        """Move by SSH_FXP_RENAME, which replaces nothing (section 6.5)."""
        origin, target = self._path(name, place), self._path(new_name, new_place)
        with self._use() as session:
            try:
                self._renamed(session, origin, target)
            except OSError as error:
                self._require_alive(error)
                if _state(session, target) is not None:
                    return Moved.taken
                if _state(session, origin) is None:
                    return Moved.gone
                raise self._errors.cannot_move(error) from None
        return Moved.done

    @contextmanager
    def watching(self, ended: threading.Event) -> Iterator[Pause]:
        """SFTP tells of nothing: a pause is as long as it is asked."""

        def pause(seconds: float) -> None:
            ended.wait(seconds)

        yield pause

    def break_off(self) -> None:
        """Cut the line, from any thread."""
        self._client.close()

    def close(self) -> None:
        """Cut the line."""
        with suppress(GatewayError), self._errors.translated():
            self._client.close()

    def read(self, handle: bytes, offset: int, size_bytes: int) -> bytes:
        """Return bytes of an open file. Raises Unreadable."""
        with self._use() as session:
            try:
                return session.piece(handle, offset, size_bytes)
            except OSError as error:
                raise self._refusal(error) from None

    def state(self, handle: bytes, name: str) -> Entry | None:
        """Return an open file's entry. Raises Unreadable."""
        with self._use() as session:
            try:
                return session.state(handle, name)
            except OSError as error:
                raise self._refusal(error) from None

    def close_handle(self, handle: bytes) -> None:
        """Let go of an open file."""
        with suppress(GatewayError, OSError), self._use() as session:
            session.close_handle(handle)

    def _renamed(self, session: SftpSession, origin: bytes, target: bytes) -> None:
        """Rename it; when the processed folder is missing, make it and do it again."""
        try:
            session.rename(origin, target)
        except OSError:
            folder = self._paths[Place.processed]
            if not target.startswith(folder + b"/") or _state(session, folder) is not None:
                raise
            session.mkdir(folder, _FOLDER_MODE)
            session.rename(origin, target)

    def _refusal(self, error: OSError) -> Exception:
        """Return what it means that the server does not give a file: the line is gone, or this file is no good."""
        self._require_alive(error)
        return Unreadable()

    def _require_alive(self, error: OSError) -> None:
        if isinstance(error, TimeoutError) or self._session.get_channel().closed:
            raise error

    def _holds_folder(self, name: str) -> bool:
        with self._use() as session:
            return _is_folder(session, self._path(name, Place.incoming))

    def _folder(self, within: str, place: Place) -> bytes:
        return self._path(within, place) if within else self._paths[place] or b"/"

    def _path(self, name: str, place: Place) -> bytes:
        return self._paths[place] + b"/" + _as_bytes(name)

    @contextmanager
    def _use(self) -> Iterator[SftpSession]:
        with self._errors.translated():
            yield self._session


class _SftpFile:
    """The place's OpenFile."""

    def __init__(self, files: SftpFiles, handle: bytes) -> None:
        self._files = files
        self._handle: bytes | None = handle
        self._offset = 0

    def read(self, size_bytes: int) -> bytes:
        if self._handle is None:
            raise Unreadable
        piece = self._files.read(self._handle, self._offset, size_bytes)
        self._offset += len(piece)
        return piece

    def skip(self, size_bytes: int) -> None:
        self._offset += size_bytes

    def is_still(self, entry: Entry) -> bool:
        return self._handle is not None and self._files.state(self._handle, entry.name) == entry

    def close(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            self._files.close_handle(handle)


def _state(session: SftpSession, path: bytes) -> object | None:
    """Return what stands there, itself a link when it is one."""
    try:
        return session.lstat(path)  # type: ignore[no-any-return]  # untyped
    except FileNotFoundError:
        return None


def _is_folder(session: SftpSession, path: bytes) -> bool:
    """Say whether a folder stands there, and no link to one."""
    return is_folder(_state(session, path) or SFTPAttributes(), b"-")


def _as_bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
