"""Why a row cannot be used, and the row that says so."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from inbox.call import BadRow

RAW_BYTES = 65_536
"""Kept of a bad row."""


class Fault(NamedTuple):
    """A row's code and what to do about it, as in `BadRow`."""

    code: str
    detail: str

    def of(self, line: int, raw: bytes) -> BadRow:
        """Give the bad row at that line."""
        return BadRow(line, self.code, self.detail, raw[:RAW_BYTES])


HEADER = Fault("row_header", "The line with the names of the columns is missing: export the file anew, with it.")
JSON = Fault("row_json", "This is no JSON object: check how the file was written.")
KEY = Fault("row_key", "The row does not say which call it belongs to: let the telephone system write the call's id.")
ORDER = Fault(
    "row_order",
    "It ends or is answered before it starts, or a duration is negative: check the telephone system's clock.",
)
SHAPE = Fault("row_shape", "The object is no row of this format: check which format the source has.")
TIME = Fault("row_time", "A moment or duration of the row is none: check the form of the source's times.")
TRUNCATED = Fault(
    "row_truncated", "The file ends within a row or page: fetch it anew, rows read already change nothing."
)
VALUE = Fault("row_value", "A word that says what came of the call is none of this format: check which format it is.")


def is_ordered(started_at: datetime, answered_at: datetime | None, ended_at: datetime | None) -> bool:
    """Say whether the moments that are known come in this order."""
    last = started_at
    for moment in (answered_at, ended_at):
        if moment is not None:
            if moment < last:
                return False
            last = moment
    return True
