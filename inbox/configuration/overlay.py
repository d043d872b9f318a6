"""An emergency overlay: what decides before all rules, and what acknowledgements say more or not yet, until a set end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic.alias_generators import to_camel

from inbox.configuration.condition_faults import condition_faults
from inbox.configuration.model import TRIAGE, Configuration
from inbox.configuration.rule import Condition, Priority, Rule
from inbox.configuration.shapes import Key, as_tuple

LASTS_AT_MOST = timedelta(days=14)
"""What is to last longer is no emergency: it belongs into the configuration."""

OVERLAY = "overlay"
"""What traces and assignments call a route of an overlay: `overlay:<id>`. No rule's id holds a colon."""

Fault = tuple[tuple[str | int, ...], str]


class _Part(BaseModel):
    """A part of an overlay: unknown keys are faults. Written in the API's camelCase."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, hide_input_in_errors=True
    )


class ExtraWords(_Part):
    """A paragraph that is added to acknowledgements."""

    text: Annotated[
        str, StringConstraints(min_length=3, max_length=1000, pattern=r"^[^{}\x00-\x08\x0b-\x1f\x7f]*$")
    ] = Field(description="As it stands: nothing is filled in.", examples=["Er is brand in de haven. Blijf binnen."])
    categories: Annotated[tuple[Key, ...], Field(max_length=200), BeforeValidator(as_tuple)] = Field(
        (), description="Only for these categories; none named: for all.", examples=[["lantaarn"]]
    )


class Route(_Part):
    """Words, or another condition, and who handles what meets it."""

    when: Annotated[Condition, WithJsonSchema({"type": "object"})] = Field(
        description="A condition, written as in a rule of the configuration.", examples=[{"words": ["haven*"]}]
    )
    category: Key | None = Field(None, description="Its category; none: only the flag is raised.")
    department: Key | None = Field(None, description="Who acts, in place of the category's own department.")
    priority: Priority | None = Field(None, description="None: the category's own.")
    flag: Key | None = Field(None, description="A flag to raise.")


class Overlay(_Part):
    """What changes for a while. It must change something."""

    extra_words: ExtraWords | None = Field(None, description="Added to acknowledgements.")
    routed: Annotated[tuple[Route, ...], Field(max_length=50)] = Field((), description="Asked before all rules.")
    paused_acknowledgements: Annotated[tuple[Key, ...], Field(max_length=200), BeforeValidator(as_tuple)] = Field(
        (), description="Categories whose senders are told once it is over, and not before.", examples=[["lantaarn"]]
    )


@dataclass(frozen=True)
class Running:
    """An overlay in force."""

    overlay_id: str
    ends_at: datetime
    overlay: Overlay

    def pauses(self, category: str) -> bool:
        """Say whether acknowledgements of this category wait for its end."""
        return category in self.overlay.paused_acknowledgements

    def words_for(self, category: str) -> str:
        """Return what it adds to acknowledgements of this category; empty: nothing."""
        extra = self.overlay.extra_words
        if extra is None or (extra.categories and category not in extra.categories):
            return ""
        return extra.text.strip()


def overlay_faults(overlay: Overlay, configuration: Configuration) -> Iterator[Fault]:
    """Yield each fault as (path in the overlay, in the API's words; sentence)."""
    if overlay.extra_words is None and not overlay.routed and not overlay.paused_acknowledgements:
        yield (), "changes nothing: name `extraWords`, `routed` or `pausedAcknowledgements`"
    for index, key in enumerate(overlay.extra_words.categories if overlay.extra_words else ()):
        if key not in configuration.categories:
            yield ("extraWords", "categories", index), f"there is no category `{key}`"
    for index, route in enumerate(overlay.routed):
        yield from _route_faults(("routed", index), route, configuration)
    for index, key in enumerate(overlay.paused_acknowledgements):
        path = ("pausedAcknowledgements", index)
        category = configuration.categories.get(key)
        if category is None:
            yield path, f"there is no category `{key}`"
        elif category.statutory:
            yield path, f"`{key}` is statutory: the law wants it confirmed, and it is never paused"


def _route_faults(path: tuple[str | int, ...], route: Route, configuration: Configuration) -> Iterator[Fault]:
    if route.category is None and route.flag is None:
        yield path, "needs a `category`, a `flag`, or both"
    if route.category is None and (route.department is not None or route.priority is not None):
        yield path, "names a `department` or a `priority` without a `category`"
    for name, key, known in (
        ("category", route.category, configuration.categories),
        ("department", route.department, configuration.departments),
        ("flag", route.flag, configuration.flags),
    ):
        if key is not None and key not in known:
            yield (*path, name), f"there is no {name} `{key}`"
    if route.category == TRIAGE and route.department is not None:
        yield (*path, "department"), "triage stays with its own department"
    for where, sentence in condition_faults(route.when, configuration):
        yield (*path, "when", *where), sentence


def overlay_rules(overlays: Sequence[Running], configuration: Configuration) -> tuple[tuple[Rule, ...], list[str]]:
    """Return the rules that the overlays put before all others, in the order in which they are given; and the ids of
    those of which something no longer fits the configuration. What fits of them stays in force.
    """
    rules: list[Rule] = []
    misfits: list[str] = []
    for running in overlays:
        faults = [path for path, _ in overlay_faults(running.overlay, configuration)]
        if faults:
            misfits.append(running.overlay_id)
        broken = {path[1] for path in faults if path[:1] == ("routed",)}
        rules += [
            _as_rule(running.overlay_id, route)
            for index, route in enumerate(running.overlay.routed)
            if index not in broken
        ]
    return tuple(rules), misfits


def _as_rule(overlay_id: str, route: Route) -> Rule:
    # Everything was checked when the overlay began; its id, with a colon, is one that no rule of a document may have.
    return Rule.model_construct(
        id=f"{OVERLAY}:{overlay_id}",
        when=route.when,
        category=route.category,
        department=route.department,
        priority=route.priority,
        flag=route.flag,
    )
