"""Settings of the virus scanner, as they stand in the installation's settings file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

TooLargeToScan = Literal["hold", "pass"]


class ClamdSettings(BaseModel):
    """How ClamAV's daemon is reached: over TCP, or over a socket on this machine."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    host: Annotated[str, Field(pattern=r"^[!-.0-?A-~]+$", max_length=253)] | None = None
    """clamd knows neither TLS nor sign-in: only over a network of your own."""
    port: Annotated[int, Field(ge=1, le=65535)] = 3310
    socket: Path | None = None
    """Instead of `host`: `LocalSocket` of clamd."""
    timeout_seconds: Annotated[float, Field(gt=0, le=300)] = 60
    """One whole scan."""
    max_stream_bytes: Annotated[int, Field(gt=0)] = 100 << 20
    """What is larger is not sent: `too_large`. Not above clamd's own `StreamMaxLength`."""
    too_large: TooLargeToScan = "hold"
    """What becomes of what clamd cannot scan whole: `hold`: quarantined, a person looks. `pass`: read on, marked."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.host is None) == (self.socket is None):
            raise ValueError("name either `host` or `socket`")
        return self
