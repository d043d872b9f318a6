"""What a source says about its own CSV: which column holds what."""

from __future__ import annotations

import codecs
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from adapters.phone.reading.csv_records import Dialect
from inbox.call import Direction, Outcome

Column = Annotated[str, Field(min_length=1)] | Annotated[int, Field(ge=1, le=1000)]
"""Name in the header, or position from 1."""


class Columns(BaseModel):
    """Which column holds what; what is not named is not read."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    started_at: Column
    started_on: Column | None = None
    """The day, where `started_at` is a time of day: they are joined by a space. Other moments then get the same day."""
    answered_at: Column | None = None
    ended_at: Column | None = None
    call: Column | None = None
    """What the system calls the whole call; without it each row is a call."""
    leg: Column | None = None
    """What distinguishes a row; without it, all its fields together."""
    duration: Column | None = None
    """From start to end: seconds, or `1:15`."""
    waited: Column | None = None
    """From start to answer, or to the end."""
    talked: Column | None = None
    """From answer to end."""
    direction: Column | None = None
    caller: Column | None = None
    dialled: Column | None = None
    queue: Column | None = None
    choice: Column | None = None
    agent: Column | None = None
    outcome: Column | None = None
    recording: Column | None = None


class ColumnMap(BaseModel):
    """One kind of CSV. Words of `directions` and `outcomes` are compared without case."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    columns: Columns
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ";"
    quote: Annotated[str, Field(max_length=1, pattern=r"^[\x21-\x7e]?$")] = '"'
    """Empty: nothing is quoted."""
    encoding: str = "utf-8"
    """A byte order mark wins."""
    has_header: bool = True
    time_formats: Annotated[tuple[str, ...], Field(min_length=1)] = (
        "%Y-%m-%d %H:%M:%S", "%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S",
    )  # fmt: skip
    """Of Python's strptime, or `epoch`, `epoch_ms`; tried in order."""
    directions: dict[str, Direction] = Field(
        default_factory=lambda: {"in": Direction.inbound, "out": Direction.outbound, "internal": Direction.internal}
    )
    outcomes: dict[str, Outcome] = Field(default_factory=lambda: {str(outcome): outcome for outcome in Outcome})
    """Of words that are not named, the row is reported (`row_value`)."""

    @model_validator(mode="after")
    def _is_usable(self) -> Self:
        try:
            is_text = codecs.lookup(self.encoding)._is_text_encoding
        except LookupError:
            raise ValueError(f"`encoding`: {self.encoding} is none that is known here") from None
        if not is_text:
            raise ValueError(f"`encoding`: {self.encoding} is none of text")
        if self.delimiter in ("\r", "\n", self.quote):
            raise ValueError("`delimiter`: may be no line end, and not the same as `quote`")
        named = [column for column in self.columns.model_dump().values() if column is not None]
        if not self.has_header and any(isinstance(column, str) for column in named):
            raise ValueError("`columns`: without a header columns have positions, from 1, and no names")
        return self

    def dialect(self) -> Dialect:
        """Return how the file is written."""
        return Dialect(self.delimiter, self.quote, self.encoding)
