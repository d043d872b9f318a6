"""A folder of scans: what stands in it is seen as scans."""

from __future__ import annotations

from adapters.post.series import SeriesFiles
from adapters.post.settings import ScanFolderSettings, ScanSftpSettings
from adapters.watched.files import Files
from adapters.watched.source import FolderSource


def scan_source(source_id: str, settings: ScanFolderSettings | ScanSftpSettings, *, observes: bool) -> FolderSource:
    """Return the source. `observes`: nothing is moved or made."""

    def as_scans(files: Files) -> Files:
        if not settings.series:
            return files
        return SeriesFiles(files, ignored=settings.ignored_suffixes, processed_folder=settings.processed_name)

    return FolderSource(source_id, settings, observes, seen_as=as_scans)
