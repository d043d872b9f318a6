"""How confidential an item is: ZGW's vertrouwelijkheidaanduiding, least strict first."""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema


class Confidentiality(IntEnum):
    """A greater value is stricter. Source: ZGW Catalogi API, `vertrouwelijkheidaanduiding`."""

    openbaar = 1
    beperkt_openbaar = 2
    intern = 3
    zaakvertrouwelijk = 4
    vertrouwelijk = 5
    confidentieel = 6
    geheim = 7
    zeer_geheim = 8


# From here on a text to the sender may not name the matter: anybody may read over the shoulder.
NAMES_NO_MATTER_FROM = Confidentiality.vertrouwelijk


def _from_name(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return Confidentiality[value]
        except KeyError:
            raise ValueError(f"must be one of {', '.join(level.name for level in Confidentiality)}") from None
    return value


ConfidentialityName = Annotated[
    Confidentiality,
    BeforeValidator(_from_name),
    PlainSerializer(lambda level: level.name, return_type=str),
    WithJsonSchema({"type": "string", "enum": [level.name for level in Confidentiality]}),
]
"""A Confidentiality that is written and read by its name, in YAML, JSON and the API."""


def strictest(*levels: Confidentiality) -> Confidentiality:
    """Return the strictest of the levels."""
    return max(levels)
