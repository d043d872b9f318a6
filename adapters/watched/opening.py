"""From settings to the files of a folder, on disk or on a server, after a look whether they can be had."""

from __future__ import annotations

from adapters.watched.disk import DiskFiles
from adapters.watched.files import Files
from adapters.watched.settings import FolderSettings, SftpSettings


def opened(source_id: str, settings: FolderSettings | SftpSettings, *, moves: bool) -> Files:
    """See whether the folder can be read and, on disk, when `moves`, files moved away. Over SFTP: connect, recognise
    the server and sign in first.

    Raises SourceUnreachable, CredentialsRefused, FolderMissing, SettingsInvalid; the detail names the setting.
    """
    if isinstance(settings, FolderSettings):
        on_disk = DiskFiles(source_id, settings)
        on_disk.check(moves=moves)
        return on_disk
    # Who watches no server needs none of it.
    from adapters.watched.sftp_connecting import connected

    files = connected(source_id, settings)
    try:
        files.check()
    except BaseException:
        files.close()
        raise
    return files
