"""Topics over the API: the figure that decided is explained, and other examples are rehearsed like any other change."""

from __future__ import annotations

from typing import Any

import yaml

from store.configurations import publish
from store.listing import configuration_row
from tests.gateway.api.test_simulations import ended, items_of
from tests.gateway.api.world import Headers, World
from tests.inbox.topics import SMALL

WORDS = ("Kapot", "De lantaarnpaal naast ons huis is kapot, grofvuil is het niet.")


async def with_topics(world: World) -> dict[str, Any]:
    """Return the document in force with topics, and one rule before all others that asks for one."""
    document: dict[str, Any] = yaml.safe_load((await configuration_row(world.ledger, 1)).document)
    asks = {"id": "licht", "when": {"topic": "licht", "confidence": 0.3}, "category": "vergunning"}
    return {**document, "topics": SMALL, "rules": [asks, *document["rules"]]}


def written(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False)


async def test_the_figure_and_its_words_are_explained(world: World, admin: Headers) -> None:
    await publish(world.ledger, written(await with_topics(world)), "test")
    lamp = await world.decided("Lantaarn", "De lantaarn bij Janssen is kapot.")
    other = await world.decided("Zwembad", "Is het zwembad open?")
    told = (await world.get(f"/items/{lamp}/explanation", admin)).json()
    assert (told["rule"], told["agrees"]) == ("licht", True)
    [step] = [step for step in told["trace"] if step["rule"] == "licht"]
    assert step["holds"]
    assert step["because"].startswith("topic `licht` 0.")
    assert step["because"].endswith(" (lantaarn, kapot), at least 0.3 is asked")
    told = (await world.get(f"/items/{other}/explanation", admin)).json()
    [step] = [step for step in told["trace"] if step["rule"] == "licht"]
    assert (step["holds"], step["because"]) == (False, "topic is not known: it has no word of any example")


async def test_a_draft_with_other_examples_shows_what_changes_and_both_figures(world: World, admin: Headers) -> None:
    document = await with_topics(world)
    await publish(world.ledger, written(document), "test")
    lamp = await world.launched(*WORDS)
    topics = {key: {**one} for key, one in SMALL.items()}
    topics["licht"]["examples"] = [
        "Geen licht",
        "Het licht is uit",
        "Licht in de tunnel uit",
        "Licht stuk",
        "Fel licht",
    ]
    topics["afval"]["examples"] = [*SMALL["afval"]["examples"], "Kapot ding aan de straat", "Kapot meubel naast huis"]
    changed = written({**document, "topics": topics})

    shown = await ended(world, admin, await world.post("/simulations", admin, document=changed, last=10))

    assert (shown["counts"]["examined"], shown["counts"]["changed"]) == (1, 1)
    [item] = await items_of(world, admin, shown)
    assert item["itemId"] == lamp
    [line] = [line for line in item["trace"] if line["rule"] == "licht"]
    assert line["before"]["holds"]
    assert line["before"]["because"].startswith("topic `licht` 0.")
    assert not line["after"]["holds"]
    assert line["after"]["because"].startswith("topic `afval` 0.")


async def test_faults_and_warnings_are_told_with_their_pointers(world: World, admin: Headers) -> None:
    document = await with_topics(world)
    faulty = {**document, "topics": {"licht": {"name": "licht", "examples": ["Hallo", "Lantaarn"]}}}
    answer = await world.post("/simulations", admin, document=written(faulty), last=1)
    assert (answer.status_code, answer.json()["code"]) == (400, "configuration_invalid")
    pointers = {error["location"]["pointer"] for error in answer.json()["errors"]}
    assert pointers == {"/topics", "/topics/licht/examples/0"}
    weak = {**document, "topics": {**SMALL, "zwak": {"name": "zwak", "examples": ["Zwembad"]}}}
    draft = (await world.post("/drafts", admin, document=weak)).json()
    found = (await world.post(f"/drafts/{draft['draftId']}/validation", admin)).json()
    assert found["isValid"]
    assert {(one["code"], one["pointer"]) for one in found["warnings"] if "/topics" in one["pointer"]} >= {
        ("topic_examples_few", "/topics/zwak/examples"),
        ("unused", "/topics/zwak"),
    }
