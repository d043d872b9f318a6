"""Conditions on a topic: what is shown is what was compared, and nothing unread is told."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.channel import Channel
from inbox.reading import Reading
from inbox.routing.matter import Matter
from inbox.routing.simulate import prepared
from tests.inbox.routing.test_match import CALL
from tests.inbox.samples import RECEIVED_AT, compiled, decided, explained, reading
from tests.inbox.topics import SMALL

LIGHT = reading("Lantaarn", "Hallo, de lantaarn is kapot")


def by(**condition: Any) -> Any:
    return compiled(topics=SMALL, rules=[{"id": "licht", "when": condition, "category": "lantaarn"}])


def because(read: Reading, **condition: Any) -> str:
    return explained(read, by(**condition)).decision.trace[0].because


def figure(read: Reading) -> float:
    told = prepared(read, "info", RECEIVED_AT, by(topic="licht")).topic
    assert told is not None
    return told.confidence


def test_exactly_at_the_bar_it_holds_and_a_hair_above_it_does_not() -> None:
    bar = figure(LIGHT)
    assert 0.5 < bar < 1
    decision = decided(LIGHT, by(topic=["licht", "afval"], confidence=bar))
    assert decision.matters[0].rule == "licht"
    assert decision.trace[0].because == f"topic `licht` {bar:.2f} (lantaarn, kapot), at least {bar:g} is asked"
    assert decided(LIGHT, by(topic="licht", confidence=bar + 0.0001)).matters[0].rule is None


def test_below_the_bar_and_for_another_topic_the_figure_is_shown_all_the_same() -> None:
    said = f"topic `licht` {figure(LIGHT):.2f} (lantaarn, kapot)"
    assert because(LIGHT, topic="licht", confidence=1) == f"{said}, less than 1"
    assert because(LIGHT, topic=["afval", "paspoort"]) == f"{said}, which is another one"
    assert because(reading("Zwembad"), topic="licht") == "topic is not known: it has no word of any example"


def test_without_a_confidence_seven_tenths_are_asked() -> None:
    unsure = reading("Nieuwe lantaarn", " ".join(f"onbekend{n}" for n in range(12)))
    assert 0.3 < figure(unsure) < 0.7 <= figure(LIGHT)
    assert because(unsure, topic="licht").endswith(", less than 0.7")
    assert because(LIGHT, topic="licht").endswith(", at least 0.7 is asked")


def test_attached_words_tell_only_where_subject_and_text_do_not() -> None:
    letter = reading("Scan 12", "", channel=Channel.post, attached_text="Mijn paspoort is verlopen")
    assert "`paspoort`" in because(letter, topic="paspoort", confidence=0.1)
    both = reading("Lantaarn kapot", "zie bijlage", attached_text="Mijn paspoort is verlopen")
    assert "`licht`" in because(both, topic="paspoort", confidence=0.1)
    quoted = Reading(channel=Channel.email, text="Dank\n\n> lantaarn", new_text="Dank")
    assert because(quoted, topic="licht").startswith("topic is not known")


@pytest.mark.parametrize(
    "unread",
    [
        CALL.model_copy(update={"text": "lantaarn kapot", "attached_text": "lantaarn kapot"}),
        reading("Lantaarn kapot", "lantaarn", attached_text="lantaarn", is_envelope=True),
        reading(),
    ],
    ids=["call", "envelope", "empty"],
)
def test_calls_and_closed_envelopes_are_about_nothing_that_anybody_read(unread: Reading) -> None:
    matter = prepared(unread, "info", RECEIVED_AT, by(topic="licht"))
    assert matter.topic is None
    assert Matter(LIGHT, "info").topic is None


def test_a_megabyte_of_words_is_told_in_no_time() -> None:
    long = reading("Lantaarn", "de lantaarn is kapot " * 50_000, attached_text="kliko " * 100_000)
    assert decided(long, by(topic="licht", confidence=0.3)).matters[0].rule == "licht"
