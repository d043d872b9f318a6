"""Settings of the sources of call records, as they stand in the installation's settings file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from adapters.watched.settings import Ending, FolderSettings, SftpSettings, WatchedFolder

_PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip")
"""What rotation makes of logs that were read before."""
_ON_THEIR_WAY: tuple[Ending, ...] = WatchedFolder.model_fields["ignored_suffixes"].default


class Records(BaseModel):
    """What every source of call records says of them."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)

    format: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    """Name of their format; none: each log is recognised by its content."""
    recordings_folder: Path | None = None
    """Where recordings stand that the records name, such as of voicemail; none: they are not attached."""


class LogsInIt(Records):
    """What a folder of call logs says besides, wherever it stands."""

    after_keep: Literal["move", "leave"] = "move"
    """`move`: each file is finished when it is there, and goes to the processed folder. `leave`: the telephone system
    goes on writing in it; it stays where it is, and only new lines are taken."""
    ignored_suffixes: Annotated[tuple[Ending, ...], Field(max_length=50)] = (*_ON_THEIR_WAY, *_PACKED)
    """Names with these endings, in any case, are left alone: files on their way, and logs packed after rotation."""


class CallFolderSettings(LogsInIt, FolderSettings):
    """A folder on disk, or on a mounted share, into which a telephone system writes."""


class CallSftpSettings(LogsInIt, SftpSettings):
    """The same folder on a server."""


class CallPushSettings(Records):
    """Records that a telephone system sends over HTTP."""

    bytes_at_most: Annotated[int, Field(ge=1024, le=1 << 30)] = 16 << 20
    """Of one request."""
