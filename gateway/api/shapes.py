"""What the API's JSON bodies have in common: camelCase keys, moments in UTC, words that every engine can hold."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel


class Shape(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class Asked(BaseModel):
    """A part of a request. An unknown key is a fault: a misspelt one would be ignored without a word."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, hide_input_in_errors=True)


_BEGINS_WITH_DAY = re.compile(r"\d{4}-\d\d-\d\d(?:[Tt]|$)")


def _to_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies outside the calendar") from None


def _as_written(asked: Any) -> Any:
    # The library also takes numbers, as seconds since 1970: a year without its dashes would be a moment in January.
    if isinstance(asked, int | float) or (isinstance(asked, str) and not _BEGINS_WITH_DAY.match(asked)):
        raise ValueError("should be written as in RFC 3339, such as 2026-11-16 or 2026-11-16T09:00:00Z")
    return asked


Moment = Annotated[
    AwareDatetime, BeforeValidator(_as_written), AfterValidator(_to_utc), Field(examples=["2026-11-16T09:00:00Z"])
]
"""An aware moment, written in UTC with `Z` (RFC 3339)."""

Day = Annotated[date, BeforeValidator(_as_written), Field(examples=["2026-11-16"])]
"""A day in the organisation's time zone (RFC 3339, full-date)."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,59}$")]
"""Key of a department, category or source, or a code."""

# PostgreSQL holds no NUL; other control characters have no place in a reason.
Words = Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")]
"""Free words of a person."""


class Pause(Asked):
    """Why a source or a destination is paused."""

    reason: Words = Field(
        min_length=1, description="Why, for whoever looks at it later.", examples=["de server wordt verhuisd"]
    )


class Resumption(Asked):
    """Why it goes on."""

    reason: Words = Field("", description="Why, for whoever looks at it later.", examples=["de verhuizing is klaar"])
