"""A topic: what a message can be about, told by examples. Rules ask for it; see inbox/routing/topics.py."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from inbox.configuration.shapes import Strict, as_tuple

EXAMPLE_CHARACTERS = 2_000
"""The longest example. A message is about one thing in far fewer."""


class Topic(Strict):
    """Learned from its examples and from those of the other topics, and from nothing else."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    """For administrators: "straatverlichting"."""
    examples: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=EXAMPLE_CHARACTERS)], ...],
        BeforeValidator(as_tuple),
    ]
    """Messages as people write them. Invented, or with everything taken out that says who wrote them."""
