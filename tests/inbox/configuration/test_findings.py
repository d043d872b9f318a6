"""Findings: what is odd about a configuration is told where it stands, and nothing else is."""

from __future__ import annotations

import time
from typing import Any

import pytest

from inbox.channel import Channel
from inbox.configuration.finding import Finding, FindingCode, Severity
from inbox.configuration.findings import findings
from inbox.configuration.model import Configuration
from inbox.configuration.watched_words import WordWatch
from tests.inbox.samples import document, reading, town

FLAGS = {"gevaar": {"name": "acuut gevaar", "alerts": "wacht@gemeente.test"}}


def told(rules: list[dict[str, Any]], **parts: Any) -> list[tuple[str, str]]:
    """Return code and pointer of what is found about rules."""
    made = [{"id": f"r{at}", "category": "lantaarn", **rule} for at, rule in enumerate(rules)]
    made = [{key: value for key, value in rule.items() if value is not None} for rule in made]
    found = findings(town(rules=made, **parts))
    return [(one.code.value, one.pointer) for one in found if one.path[0] == "rules"]


def when(**condition: Any) -> dict[str, Any]:
    return {"when": condition}


def test_the_small_town_has_only_what_is_unused() -> None:
    assert findings(town()) == ()


def test_faults_are_errors_and_come_alone_and_each_once() -> None:
    written = document(departments={"kcc": document()["departments"]["kcc"]})
    found = findings(Configuration.model_validate(written))
    assert found
    assert {one.severity for one in found} == {Severity.error}
    assert "/categories/vergunning/department" in {one.pointer for one in found}


def test_a_pointer_escapes_what_it_must() -> None:
    finding = Finding(code=FindingCode.unused, severity=Severity.warning, path=("calls", "a/b~c", 0), sentence="")
    assert finding.pointer == "/calls/a~1b~0c/0"


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([when(words="lantaarn*"), when(words="lantaarnpaal")], [("rule_unreachable", "/rules/1")]),
        ([when(words="a"), when(words="b"), when(words=["a", "b"])], [("rule_unreachable", "/rules/2")]),
        ([when(words="a"), when(words=["a", "b"])], [("value_unreachable", "/rules/1/when/words/0")]),
        ([when(words="a"), when(words="A")], [("rule_repeats", "/rules/1")]),
        ([when(words="a"), when(words="a") | {"priority": "high"}], [("rules_contradict", "/rules/1")]),
        ([when(words="a"), when(words="a") | {"category": "vergunning"}], [("rules_contradict", "/rules/1")]),
        ([when(words="a"), when(words="a") | {"category": None, "flag": "gevaar"}], []),
        ([when(words="a") | {"category": None, "flag": "gevaar"}, when(words="a")], []),
        ([when(channel="email"), when(channel="email", words="a")], [("rule_unreachable", "/rules/1")]),
        ([when(sender="@b.test"), when(sender="jan@a.b.test")], [("rule_unreachable", "/rules/1")]),
        ([when(words="a", **{"not": {"words": ["a", "b"]}})], [("rule_never_holds", "/rules/0/when")]),
        ([when(words="a", **{"not": {"words": "b"}})], []),
        ([when(words="/./")], [("pattern_matches_anything", "/rules/0/when/words/0")]),
        ([when(words="a", language="nl"), when(words="a")], []),
        ([when(words="lantaarnpaal"), when(words="lantaarn*")], []),
    ],
    ids=str,
)
def test_rules_that_stand_in_each_others_way(rules: list[dict[str, Any]], expected: list[tuple[str, str]]) -> None:
    assert told(rules, flags=FLAGS) == expected


BEFORE = 80
"""More rules than a rule is compared with when nothing tells them apart."""


@pytest.mark.parametrize(
    "condition",
    [
        lambda at: {"postcode": f"{1000 + at}"},
        lambda at: {"queue": f"Rij {at}", "call_direction": "in"},
        lambda at: {"caller": f"+3116530{1000 + at}"},
        lambda at: {"dialled": f"{200 + at}"},
        lambda at: {"source": f"bron-{at}"},
        lambda at: {"words": "melding", "postcode": f"{1000 + at}"},
        lambda at: {"words": ["melding", "klacht"], "sender": f"@a{at}.test"},
        lambda at: {"header": {f"X-Team-{at}": "*"}},
        lambda at: {"header": {"X-Team": f"team{at}", "X-Spam": "*"}},
        lambda at: {"letter_field": {"our_reference": f"Z{at}"}, "channel": "post"},
        lambda at: {"any": [{"words": f"woord{at}"}, {"subject": f"kop{at}"}]},
        lambda at: {"received": {"from": f"{at // 60:02}:{at % 60:02}", "until": "23:59"}},
    ],
)
@pytest.mark.parametrize("which", [0, 70])
def test_among_many_rules_that_are_alike_one_that_contradicts_is_found(condition: Any, which: int) -> None:
    rules = [when(**condition(at)) for at in range(BEFORE)]
    again = when(**condition(which)) | {"category": "vergunning"}
    assert told([*rules, again]) == [("rules_contradict", f"/rules/{BEFORE}")]


def test_among_many_rules_of_areas_one_inside_another_is_found() -> None:
    rules = [when(postcode=f"{1000 + at}*") for at in range(BEFORE)]
    assert told([*rules, when(postcode="1070AB")]) == [("rule_unreachable", f"/rules/{BEFORE}")]
    rules = [when(queue="rij", menu_choice=f"{at}") for at in range(BEFORE)]
    assert told([*rules, when(queue="*"), when(queue="balie")])[-1] == ("rule_unreachable", f"/rules/{BEFORE + 1}")


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([when(words="a"), when(subject="b"), when(any=[{"words": "a"}, {"subject": "b"}])], [("rule_unreachable", 2)]),
        ([when(words="a"), when(any=[{"words": "a"}, {"subject": "b"}])], [("value_unreachable", 1)]),
        ([when(words="a", language="nl"), when(any=[{"words": "a"}, {"subject": "b"}])], []),
        ([when(channel=[one.value for one in Channel]), when(words="a")], [("rule_unreachable", 1)]),
        ([when(channel=[one.value for one in Channel][1:]), when(words="a")], []),
        (
            [
                when(is_automatic=False, **{"not": {"words": "boomkap"}}),
                when(is_automatic=False, **{"not": {"words": "boom*"}}),
            ],
            [("rule_unreachable", 1)],
        ),
        ([when(any=[{"words": "a"}, {"language": "nl"}]), when(language="nl")], [("rule_unreachable", 1)]),
        ([when(all=[{"words": "a"}]), when(words="a", subject="b")], [("rule_unreachable", 1)]),
        ([when(sender="/@/")], [("pattern_matches_anything", 0)]),
        ([when(**{"not": {"recipient": ["jan@a.test", "/.+@.+/"]}})], [("pattern_matches_anything", 0)]),
        ([when(sender=[r"/@.*\.nl$/", "/^jan/", "/[a-z]@/"])], []),
        ([when(words="/@/")], []),
    ],
    ids=str,
)
def test_what_covers_everything_in_another_way(rules: list[dict[str, Any]], expected: list[tuple[str, int]]) -> None:
    assert [(code, int(pointer.split("/")[2])) for code, pointer in told(rules)] == expected


def test_a_rule_that_never_decides_may_still_raise_its_flag_and_that_is_said() -> None:
    rules = [
        {"id": "een", "category": "lantaarn", "when": {"words": "a"}},
        {"id": "twee", "category": "vergunning", "when": {"words": "a b"}, "flag": "gevaar"},
    ]
    [found] = [one for one in findings(town(rules=rules, flags=FLAGS)) if one.path[0] == "rules"]
    assert found.sentence == "never decides: wherever it holds, `een` decides before; only its flag counts"


def test_what_nothing_uses_is_named() -> None:
    parts = document(flags=FLAGS)
    parts["departments"]["groen"] = parts["departments"]["kcc"]
    parts["categories"]["boom"] = parts["categories"]["lantaarn"]
    parts["texts"]["oud"] = parts["texts"]["dated"]
    found = findings(Configuration.model_validate(parts))
    assert {(one.code.value, one.pointer) for one in found} == {
        ("unused", "/departments/groen"),
        ("unused", "/categories/boom"),
        ("unused", "/texts/oud"),
        ("unused", "/flags/gevaar"),
    }


def test_advice_on_a_channel_that_no_text_tells_is_named() -> None:
    parts = document()
    parts["categories"]["lantaarn"]["channel_advice"] = "Bel {phone}."
    text = parts["categories"]["lantaarn"].get("text", "dated")
    [found] = findings(Configuration.model_validate(parts))
    assert (found.code, found.pointer) == (FindingCode.unused, "/categories/lantaarn/channel_advice")
    assert found.sentence == f"is not told: `{text}` does not hold {{channel_advice}}"
    parts["texts"][text]["body"] += "\n{channel_advice}\n"
    assert findings(Configuration.model_validate(parts)) == ()


def test_words_that_no_reading_has_are_named_where_they_stand() -> None:
    rules = [
        {
            "id": "een",
            "category": "lantaarn",
            "when": {
                "words": ["lantaarn*", "olielamp", "~kabel", "/z-[0-9]/", "/y-[0-9]/"],
                "any": [{"header": {"X-Spam": ["yes", "no"]}}, {"not": {"subject": ["reclame", "lantaarns"]}}],
            },
        }
    ]
    seen = [reading("Lantaarns kapot", "de kabels, zie Z-1"), reading("Boom", headers={"x-spam": ("YES",)})]
    watch = WordWatch(town(rules=rules))
    for one in seen:
        watch.see(one)
    found = watch.findings()
    assert [one.pointer for one in found] == [
        "/rules/0/when/words/1",
        "/rules/0/when/words/4",
        "/rules/0/when/any/0/header/X-Spam/1",
        "/rules/0/when/any/1/not/subject/0",
    ]
    assert found[0].sentence == "`olielamp` matches none of the 2 items that were looked at"
    assert {one.severity for one in found} == {Severity.warning}


def test_two_thousand_rules_are_compared_in_seconds() -> None:
    rules = [
        {"id": f"r{n}", "category": "lantaarn", "when": {"words": [f"woord{n}*", f"gemeente plan{n}"]}}
        for n in range(2_000)
    ]
    by = Configuration.model_validate(document(rules=rules))
    begun = time.process_time()
    # `woord1*` stands before `woord10*`.
    assert {one.code for one in findings(by)} <= {
        FindingCode.rule_unreachable,
        FindingCode.value_unreachable,
        FindingCode.unused,
    }
    assert time.process_time() - begun < 60
