"""How NotifyNL is reached, as it stands in the installation's settings file. It holds no secret."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _api_url(value: str) -> str:
    """Refuse an address over which somebody's words would cross the network readable."""
    parts = urlsplit(value)
    if not parts.hostname or parts.username is not None or parts.query or parts.fragment:
        raise ValueError("is no address of an API")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_this_host(parts.hostname)):
        raise ValueError("must begin with https://")
    return value.rstrip("/")


def _is_this_host(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class NotifyNlSettings(BaseModel):
    """How NotifyNL is reached, which prints and posts."""

    # Input is hidden: somebody may have written the key where it does not belong.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    api_key: Annotated[str, Field(pattern=r"^env:[A-Z][A-Z0-9_]*$")]
    """Where the API key stands: `env:NAME`. A live key; a test key prints nothing, a team key sends no letters."""
    url: Annotated[str, Field(max_length=500), AfterValidator(_api_url)] = "https://api.notifynl.nl"


class SmsSettings(NotifyNlSettings):
    """How text messages leave: through NotifyNL, in a template that holds nothing but one placeholder."""

    template_id: UUID
    """Of the template at NotifyNL."""
    placeholder: Annotated[str, Field(min_length=1, max_length=60)] = "body"
    """The one placeholder in it: the whole template is `((body))`."""
    sender_id: UUID | None = None
    """Which of the service's sender names is shown; none: its default one."""
