"""The files of a folder on disk. Nothing outside the two folders is touched; symbolic links are not followed."""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress

from adapters.watched.disk_errors import DiskErrors
from adapters.watched.disk_file import DiskFile, entry_of
from adapters.watched.files import Entry, Moved, OpenFile, Pause, Place, Unreadable
from adapters.watched.settings import FolderSettings
from adapters.watched.watching import watching

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# O_NONBLOCK: a pipe would wait for its writer.
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER_MODE = 0o770
"""Before the umask. It is for nobody else to read."""
_GONE = frozenset({errno.ENOENT, errno.ELOOP, errno.ENXIO, errno.ENOTDIR, errno.EISDIR})
"""There is no such regular file, whatever else there is."""
_NO_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EBADF})
"""Some network file systems know no fsync of a folder."""


class DiskFiles:
    """The port's Files. Holds no folder open between calls: a share may be unmounted at any time.

    The processed folder is not looked for below a symbolic link in the folder: whoever may write there could lead
    them anywhere by it.
    """

    def __init__(self, source_id: str, settings: FolderSettings) -> None:
        """Nothing is opened yet; see `check`."""
        self.place = f"source {source_id}, folder {settings.folder} (setting `folder`)"
        self.moved_bytes = 0
        self._errors = DiskErrors(source_id, settings)
        self._incoming_path = settings.folder
        self._processed_path = settings.processed_folder

    def check(self, *, moves: bool) -> None:
        """See whether the folder can be read and, when `moves`, whether files can be renamed into the other one.

        Raises FolderMissing, SourceUnreachable, SettingsInvalid. Changes nothing.
        """
        with self._folder(Place.incoming) as incoming:
            with self._errors.translated(Place.incoming), os.scandir(incoming) as found:
                next(found, None)
            if moves and self._device_of_processed(incoming) not in {None, os.fstat(incoming).st_dev}:
                raise self._errors.two_file_systems()

    def listed(self, within: str = "", place: Place = Place.incoming) -> Iterator[Entry]:
        """Give every regular file."""
        for one in self._found(within, place):
            with suppress(FileNotFoundError):
                if (entry := entry_of(one.name, one.stat(follow_symlinks=False))) is not None:
                    yield entry

    def folders(self, within: str = "") -> Iterator[str]:
        """Give the name of every folder."""
        return (one.name for one in self._found(within, Place.incoming) if one.is_dir(follow_symlinks=False))

    def entry(self, name: str, place: Place) -> Entry | None:
        """Return the regular file of this name as it stands now."""
        return entry_of(name, self._state(name, place))

    def is_taken(self, name: str, place: Place) -> bool:
        """Say whether anything stands under this name."""
        return self._state(name, place) is not None

    def open(self, entry: Entry, within: str = "") -> OpenFile | None:
        """Open a file. Raises Unreadable."""
        with self._folder(Place.incoming) as incoming:
            try:
                with _within(within, incoming) as folder:
                    descriptor = os.open(entry.name, _READ, dir_fd=folder)
            except OSError as error:
                if error.errno in _GONE:
                    return None
                raise Unreadable from None
        file = DiskFile(descriptor, self._count)
        if file.is_still(entry):
            return file
        file.close()
        return None

    def rename(self, name: str, place: Place, new_name: str, new_place: Place) -> Moved:
        """Move it by one rename, over an empty file or folder of our own that holds the name; fsync both folders.

        A crash in between may leave that empty one behind, in the processed folder.
        """
        with self._folder(place) as origin, self._folder(new_place, makes=True) as target:
            try:
                held = _hold(new_name, target, is_folder=_is_folder(name, origin))
            except FileExistsError:
                return Moved.taken
            except OSError as error:
                raise self._errors.cannot_move(error) from None
            try:
                os.rename(name, new_name, src_dir_fd=origin, dst_dir_fd=target)
            except OSError as error:
                _let_go(new_name, target, held)
                if error.errno in _GONE:
                    return Moved.gone
                raise self._errors.cannot_move(error) from None
            with self._errors.translated(new_place):
                _sync(target)
                _sync(origin)
        return Moved.done

    def watching(self, ended: threading.Event) -> AbstractContextManager[Pause]:
        """Watch the folder itself from now on."""
        return watching(self._incoming_path, ended)

    def break_off(self) -> None:
        """Whoever reads sees by itself that the connection has ended; a disk that hangs cannot be left."""

    def close(self) -> None:
        """Nothing is held."""

    def _found(self, within: str, place: Place) -> Iterator[os.DirEntry[str]]:
        with self._folder(place) as top, self._errors.translated(place), ExitStack() as opened:
            try:
                folder = opened.enter_context(_within(within, top))
            except OSError as error:
                if within and error.errno in _GONE:
                    return
                raise
            for one in opened.enter_context(os.scandir(folder)):
                self.moved_bytes += 1
                yield one

    def _count(self, size_bytes: int) -> None:
        self.moved_bytes += size_bytes

    @contextmanager
    def _folder(self, place: Place, *, makes: bool = False) -> Iterator[int]:
        """Hold one of the folders open. `makes`: the processed one is made when it is missing."""
        with self._errors.translated(Place.incoming):
            descriptor = os.open(self._incoming_path, _FOLDER)
        try:
            if place is Place.incoming:
                yield descriptor
                return
            with self._errors.translated(Place.processed):
                processed = self._processed(descriptor, makes=makes)
        finally:
            os.close(descriptor)
        try:
            yield processed
        finally:
            os.close(processed)

    def _processed(self, incoming: int, *, makes: bool) -> int:
        flags = _FOLDER if self._processed_path.is_absolute() else _FOLDER | os.O_NOFOLLOW
        try:
            return os.open(self._processed_path, flags, dir_fd=incoming)
        except FileNotFoundError:
            if not makes:
                raise
        self._make_processed(incoming)
        return os.open(self._processed_path, flags, dir_fd=incoming)

    def _make_processed(self, incoming: int) -> None:
        """Make the folder itself, not those above it: a missing one is more likely an unmounted share."""
        try:
            with suppress(FileExistsError):
                os.mkdir(self._processed_path, _FOLDER_MODE, dir_fd=incoming)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise self._errors.cannot_move(error) from None
        above = os.open(self._processed_path.parent, _FOLDER, dir_fd=incoming)
        try:
            _sync(above)
        finally:
            os.close(above)

    def _device_of_processed(self, incoming: int) -> int | None:
        """Return the file system it is on, or will be; None when that is the folder's."""
        try:
            return os.stat(self._processed_path, dir_fd=incoming).st_dev
        except OSError:
            if not self._processed_path.is_absolute():
                return None
        with self._errors.translated(Place.processed):
            return self._processed_path.parent.stat().st_dev

    def _state(self, name: str, place: Place) -> os.stat_result | None:
        with self._folder(place, makes=True) as folder, self._errors.translated(place):
            try:
                return os.stat(name, dir_fd=folder, follow_symlinks=False)
            except FileNotFoundError:
                return None


@contextmanager
def _within(name: str, folder: int) -> Iterator[int]:
    """Hold a folder within the folder open; the folder itself when there is no name. Raises OSError."""
    if not name:
        yield folder
        return
    descriptor = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _is_folder(name: str, folder: int) -> bool:
    try:
        return stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except OSError:
        return False


def _hold(name: str, folder: int, *, is_folder: bool) -> int:
    """Make an empty file or folder that holds the name; return its inode. Raises FileExistsError."""
    if is_folder:
        os.mkdir(name, 0o700, dir_fd=folder)
        return os.stat(name, dir_fd=folder, follow_symlinks=False).st_ino
    descriptor = os.open(name, _NEW, 0o600, dir_fd=folder)
    try:
        return os.fstat(descriptor).st_ino
    finally:
        os.close(descriptor)


def _let_go(name: str, folder: int, held: int) -> None:
    """Remove the empty file or folder that held a name, unless something else stands there by now."""
    with suppress(OSError):
        state = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if state.st_ino == held and stat.S_ISDIR(state.st_mode):
            os.rmdir(name, dir_fd=folder)  # which an empty one only lets happen
        elif (state.st_ino, state.st_size) == (held, 0):
            os.unlink(name, dir_fd=folder)


def _sync(folder: int) -> None:
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
