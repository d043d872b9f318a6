"""Shapes of the settings file and of the configuration, as JSON takes them: with camelCase keys."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

_NAME = re.compile(r"`([a-z]+(?:_[a-z]+)+)`")


def _described(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Let descriptions name the shape's own keys as they are written here."""

    def here(name: re.Match[str]) -> str:
        return f"`{to_camel(name[1])}`" if name[1] in model.model_fields else name[0]

    for value in schema.get("properties", {}).values():
        if "description" in value:
            value["description"] = _NAME.sub(here, " ".join(value["description"].split()))


WIRE = ConfigDict(
    alias_generator=to_camel,
    extra="forbid",
    frozen=True,
    hide_input_in_errors=True,
    use_attribute_docstrings=True,
    json_schema_extra=_described,
)
