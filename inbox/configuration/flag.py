"""A flag: what cannot wait for a department's own pace, such as acute danger or a threat to staff."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from inbox.configuration.shapes import Address, Key, Strict, as_tuple


class Flag(Strict):
    """Raised by rules, beside the category. Never shown to the sender."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    """As those who are alerted read it: "acuut gevaar"."""
    alerts: Annotated[tuple[Address, ...], Field(min_length=1, max_length=20), BeforeValidator(as_tuple)]
    """Who is alerted, within a minute, and again until somebody accepts. An alert holds no word of the sender."""
    again_minutes: Annotated[int, Field(ge=1, le=1_440)] = 5
    """How long nobody may accept before all are alerted again."""
    text: Key | None = None
    """Name in `texts`: what acknowledges in place of the category's own text. None: the category's own."""
