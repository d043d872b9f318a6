"""A folder of call logs as a source of deliveries: files that are finished, or files that grow."""

from __future__ import annotations

from adapters.phone.growing.source import GrowingSource
from adapters.phone.source_settings import CallFolderSettings, CallSftpSettings
from adapters.watched.source import FolderSource


def call_source(
    source_id: str, settings: CallFolderSettings | CallSftpSettings, *, observes: bool
) -> FolderSource | GrowingSource:
    """Return the source. `observes`: nothing is moved or made."""
    if settings.after_keep == "leave":
        return GrowingSource(source_id, settings)
    return FolderSource(source_id, settings, observes)
