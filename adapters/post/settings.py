"""Settings of the sources of scanned post, as they stand in the installation's settings file."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from adapters.watched.settings import FolderSettings, SftpSettings


class ScansInIt(BaseModel):
    """What a folder of scans says besides, wherever it stands."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    series: bool = False
    """A folder in the folder holds the pages of one scan, a file for each: it is taken and moved as one. Else folders are
    left alone."""
    envelopes: bool = False
    """The scans show envelopes that nobody opened: each is registered, dated and routed by its outside."""


class ScanFolderSettings(ScansInIt, FolderSettings):
    """A folder on disk, or on a mounted share, into which a scanner or a post-room program writes."""


class ScanSftpSettings(ScansInIt, SftpSettings):
    """The same folder on a server."""
