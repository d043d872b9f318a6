"""Of what every part of the configuration document is made."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

KEY = r"^[a-z][a-z0-9_-]{0,59}$"
Key = Annotated[str, Field(pattern=KEY)]
"""Name of a department, category, text or rule inside the document."""
_ATOM = r"[^@.\s<>\"(),:;\[\]\\\x00-\x1f\x7f-\x9f]+"
_DOTTED = rf"{_ATOM}(\.{_ATOM})*"
ADDRESS = rf"^{_DOTTED}@{_DOTTED}$"
Address = Annotated[str, Field(pattern=ADDRESS, max_length=254)]
"""A dot-atom on both sides (RFC 5322 section 3.4.1, RFC 6531): whatever else a header or an envelope could not hold as it
stands."""


def as_tuple(value: object) -> object:
    """Return a list of one for a word that was written without list brackets."""
    return (value,) if isinstance(value, str) else value


Words = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=500)], ...], BeforeValidator(as_tuple)]


class Strict(BaseModel):
    """A part of the document: unknown keys are faults, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


HOUR = r"^([01]\d|2[0-3]):[0-5]\d$"
Hour = Annotated[str, Field(pattern=HOUR)]
"""Local time. In quotes: to YAML, 20:00 is a number."""


class Weekday(StrEnum):
    """Days as ISO 8601 counts them, Monday first."""

    mon = "mon"
    tue = "tue"
    wed = "wed"
    thu = "thu"
    fri = "fri"
    sat = "sat"
    sun = "sun"
