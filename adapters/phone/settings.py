"""What an installation says about its call logs."""

from __future__ import annotations

from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from adapters.phone.reading.asterisk import Asterisk
from adapters.phone.reading.column_map import ColumnMap
from adapters.phone.reading.csv_map import CsvMap
from adapters.phone.reading.cucm import Cucm
from adapters.phone.reading.format import CallFormat, RowSettings
from adapters.phone.reading.registry import FORMATS
from adapters.phone.reading.three_cx import ThreeCx

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


class CallReadingSettings(BaseModel):
    """How call logs are read."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    zone: str = "Europe/Amsterdam"
    """Of local times without an offset; `UTC` where the telephone system writes that."""
    region: Annotated[str, Field(pattern="^[A-Z]{2}$")] = "NL"
    """Of numbers that name no country (ISO 3166-1)."""
    asterisk_template: str = ""
    """The mapping of cdr_custom.conf, where Asterisk writes columns of your own."""
    cucm_voicemail_pilots: frozenset[str] = frozenset()
    """Numbers of Cisco's voice mailbox, as its records write them."""
    three_cx_fields: tuple[str, ...] = ()
    """3CX's fields in the order in which it was told to write them; none: its own list."""
    quiet_seconds: Annotated[float, Field(ge=0, le=86_400)] = 900
    """So long after its last row a call is complete: then it is seen what is to be done about it."""
    csv: dict[Name, ColumnMap] = Field(default_factory=dict)
    """Other kinds of CSV, by a name of your own."""

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{zone} is no time zone, such as Europe/Amsterdam") from None
        return zone

    @field_validator("asterisk_template")
    @classmethod
    def _is_template(cls, template: str) -> str:
        Asterisk(template)
        return template

    @model_validator(mode="after")
    def _names_are_free(self) -> Self:
        if taken := sorted({known.name for known in FORMATS} & set(self.csv)):
            raise ValueError(f"`csv`: {', '.join(taken)} is the name of a format that is there already")
        return self

    def formats(self) -> tuple[CallFormat, ...]:
        """Return every format, those of the settings first: somebody said what they are."""
        own: list[CallFormat] = [CsvMap(name, column_map) for name, column_map in self.csv.items()]
        if self.asterisk_template:
            own.append(Asterisk(self.asterisk_template))
        if self.cucm_voicemail_pilots:
            own.append(Cucm(self.cucm_voicemail_pilots))
        if self.three_cx_fields:
            own.append(ThreeCx(self.three_cx_fields))
        return (*own, *FORMATS)

    def rows(self) -> RowSettings:
        """Return what every format is told."""
        return RowSettings(ZoneInfo(self.zone), self.region)
