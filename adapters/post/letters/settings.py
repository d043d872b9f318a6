"""Settings of letters on paper, as they stand in the installation's settings file. They hold no secret."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from adapters.notify_nl.settings import NotifyNlSettings

_RETURN_ADDRESS_LENGTH = 60
"""Characters that can still be read when they stand side by side on one small line of a window."""


# Without control characters: they print as nothing, and a line end would be a second line.
_Line = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1F\x7F-\x9F]+$")]


class HouseSettings(BaseModel):
    """Who writes: what stands on each letter, in Dutch."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: _Line
    """At the top: `Gemeente Proefstad`."""
    return_address: Annotated[tuple[_Line, ...], Field(min_length=1, max_length=3)]
    """Where a letter goes that cannot be delivered: `Postbus 12`, `1234 AB Proefstad`; at most 60 characters together.
    In small print above the address."""
    place: _Line
    """Where letters are dated: `Proefstad`."""
    contact_lines: Annotated[tuple[_Line, ...], Field(max_length=3)] = ()
    """At the foot of the first page: visiting address, telephone, website."""
    font_folder: Path = Path("/usr/share/fonts/truetype/dejavu")
    """Where `DejaVuSans.ttf` and `DejaVuSans-Bold.ttf` lie; the default is where Debian's `fonts-dejavu-core` puts
    them."""

    @model_validator(mode="after")
    def _fits_above_the_address(self) -> Self:
        if len(", ".join(self.return_address)) > _RETURN_ADDRESS_LENGTH:
            raise ValueError(f"return_address is longer than {_RETURN_ADDRESS_LENGTH} characters together")
        return self


class LetterSettings(BaseModel):
    """Letters on paper: who writes them, and who prints and posts them."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    house: HouseSettings
    print_folder: Path | None = None
    """A folder that a printing program empties. It must be there; a missing one is more likely an unmounted share."""
    notify_nl: NotifyNlSettings | None = None
    """Instead of `print_folder`."""

    @model_validator(mode="after")
    def _one_printer(self) -> Self:
        if (self.print_folder is None) == (self.notify_nl is None):
            raise ValueError("name either `print_folder` or `notify_nl`")
        return self
