"""Settings of the receiver of the audit trail, as they stand in the installation's settings file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class SyslogSettings(BaseModel):
    """Where a SIEM listens for syslog."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    host: Annotated[str, Field(pattern=r"^[!-.0-?A-~]+$", max_length=253)]
    port: Annotated[int, Field(ge=1, le=65535)] = 6514
    transport: Literal["tls", "tcp", "udp"] = "tls"
    """`udp` is never told that nothing arrived: what is sent while the SIEM is down is lost to it."""
    ca_file: Path | None = None
    """Authority behind the receiver's certificate; none: those that the system trusts."""
    enterprise_number: Annotated[int, Field(ge=1, le=(1 << 32) - 1)] = 32473
    """Private enterprise number (IANA) in the name of the structured data; 32473 is that of examples (RFC 5612)."""
    timeout_seconds: Annotated[float, Field(gt=0, le=20)] = 10
    """To connect, and to hear that what was sent arrived."""

    @model_validator(mode="after")
    def _authority_of_tls(self) -> Self:
        if self.ca_file is not None and self.transport != "tls":
            raise ValueError("`ca_file` is of no use without `transport: tls`")
        return self
