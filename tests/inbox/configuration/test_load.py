"""Loading: each fault is named with file, line and rule; nothing written in YAML can harm or hang."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import yaml

from inbox.configuration.canonical import canonical
from inbox.configuration.load import configuration_of, document_of, load_configuration, load_published
from inbox.configuration.model import Configuration
from inbox.configuration.written import excess_of, read_json, read_yaml
from inbox.errors import ConfigurationInvalid
from tests.configuration import SMALL_TOWN

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 12)
)
MERGE_BOMB = "a0: &a0 {x: y}\n" + "".join(
    f"a{level}: &a{level} {{<<: [{', '.join([f'*a{level - 1}'] * 10)}]}}\n" for level in range(1, 12)
)


def faults(document: str) -> list[str]:
    with pytest.raises(ConfigurationInvalid) as invalid:
        load_configuration(document, "stad.yaml")
    return invalid.value.faults


def changed(old: str, new: str) -> str:
    """Return the small town with one piece of its text replaced."""
    assert SMALL_TOWN.count(old) >= 1, old
    return SMALL_TOWN.replace(old, new, 1)


def line_of(piece: str, document: str = SMALL_TOWN) -> int:
    """Return the number of the line on which the piece stands first."""
    return document[: document.index(piece)].count("\n") + 1


def test_the_small_town_is_loaded() -> None:
    assert isinstance(load_configuration(SMALL_TOWN), Configuration)


def test_json_is_yaml_too() -> None:
    assert load_configuration(json.dumps(yaml.safe_load(SMALL_TOWN))) == load_configuration(SMALL_TOWN)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("  phone: 14 099", "  fone: 14 099", "organisation.fone: is not a known key"),
        ("    name: Vergunningen", "    naam: Vergunningen", "departments.vergunningen.naam: is not a known key"),
        (
            "answer: dated",
            "answer: soms",
            "categories.triage.answer: Input should be 'dated', 'receipt_only' or 'none'",
        ),
        ("within: 8", "within: 0", "categories.vergunning.norm.within: Input should be greater than or equal to 1"),
        ("within: 8", "within: acht", "categories.vergunning.norm.within: Input should be a valid integer"),
        ("unit: weeks", "unit: months", "categories.vergunning.norm.unit: Input should be 'working_days'"),
        (
            "confidentiality: vertrouwelijk",
            "confidentiality: geheimpje",
            "categories.bezwaar.confidentiality: must be one of",
        ),
        (
            "address: kcc@afdeling.test",
            "address: kcc",
            "departments.kcc.acting.address: should be a mail address such as",
        ),
        (
            "kind: mailbox, address: kcc",
            "kind: fax, address: kcc",
            "departments.kcc.acting: has a `kind` that is not known; known are 'mailbox'",
        ),
        ("    file: nieuwsbrief", "    file: n", "rule `nieuwsbrief`, file: String should have at least 3 characters"),
        ('{words: ["lantaarn*"]}', "{woorden: lantaarn}", "rule `lantaarn`, when.woorden: is not a known key"),
        ('{sender: ["@intern.test"]}', "5", "rule `intern`, when: should hold keys with values"),
        (
            "  - id: vergunning",
            "  - id: Vergunning",
            "rule `Vergunning`, id: should begin with a letter and hold only `a-z`",
        ),
        ('{words: ["bezwaar*"]}', "{channel: fax}", "rule `bezwaar`, when.channel: Input should be 'email', 'post'"),
        (
            '{words: ["bezwaar*"]}',
            "{not: {words: '/(/'}}",
            "rule `bezwaar`, when.not.words: the pattern `/(/` cannot be used",
        ),
        ('{words: ["bezwaar*"]}', "{words: '...'}", "rule `bezwaar`, when.words: `...` holds no word to look for"),
    ],
)
def test_each_fault_names_file_line_place_and_what_to_mend(old: str, new: str, sentence: str) -> None:
    found = faults(changed(old, new))
    assert len(found) == 1 or "naam" in new
    assert any(fault.startswith(f"stad.yaml:{line_of(old)}: {sentence}") for fault in found)


def test_what_is_missing_is_named_where_it_belongs() -> None:
    assert faults(changed("    department: vergunningen\n", "")) == [
        f"stad.yaml:{line_of('  vergunning:')}: categories.vergunning.department: is missing"
    ]


def test_a_rule_without_an_id_is_named_by_its_number() -> None:
    [fault] = faults(changed("  - id: nieuwsbrief\n    when", "  - when"))
    assert "rule `2`, id: is missing" in fault


def test_all_faults_are_named_together_in_the_order_of_the_file() -> None:
    document = changed("within: 2", "within: 0").replace("unit: weeks", "unit: months").replace("phone:", "fone:")
    found = faults(document)
    lines = [int(fault.split(":")[1]) for fault in found]
    assert len(found) == 3
    assert lines == sorted(lines)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("  phone: 14 099\n", "  phone: 14 099\n  phone: 14 098\n", "phone"),
        ("rules:\n", "departments: {}\nrules:\n", "departments"),
        (
            "    answer: dated\n    norm: {within: 2",
            "    answer: dated\n    answer: none\n    norm: {within: 2",
            "answer",
        ),
        ("within: 8, unit", "within: 8, within: 9, unit", "within"),
    ],
)
def test_a_key_that_stands_twice_is_a_fault_at_its_second_line(old: str, new: str, key: str) -> None:
    document = changed(old, new)
    [fault] = faults(document)
    assert fault.endswith(f": `{key}` stands here twice")
    assert document.split("\n")[int(fault.split(":")[1]) - 1].count(key)


@pytest.mark.parametrize("bomb", [BOMB, MERGE_BOMB, f"{SMALL_TOWN}bomb:\n  " + BOMB.replace("\n", "\n  ").rstrip()])
def test_a_billion_laughs_are_refused_before_they_are_counted(bomb: str) -> None:
    begun = time.process_time()
    assert any("too large or too deep" in fault for fault in faults(bomb))
    assert time.process_time() - begun < 10


@pytest.mark.parametrize(
    "document",
    [
        "a: &x [*x]",
        "a: &x {b: *x}",
        "a: &x {<<: *x}",
        "&x [*x, *x]",
        "rules: &x\n  - when: &y {not: *y}",
        "[" * 1000,
        "a: {" * 1000,
    ],
    ids=lambda text: text[:30],
)
def test_a_document_inside_itself_is_refused(document: str) -> None:
    begun = time.process_time()
    assert faults(document)
    assert time.process_time() - begun < 10


def test_a_condition_two_hundred_levels_deep_is_refused_not_a_crash() -> None:
    deep = "{not: " * 200 + "{words: x}" + "}" * 200
    assert faults(changed('{words: ["bezwaar*"]}', deep))


def test_anchors_and_merges_of_an_ordinary_size_are_fine() -> None:
    document = changed("norm: {within: 2, unit: working_days}", "norm: &twee {within: 2, unit: working_days}")
    document = document.replace("norm: {within: 5, unit: working_days}", "norm: {<<: *twee, within: 5}")
    assert (
        load_configuration(document).categories["lantaarn"].norm
        == load_configuration(SMALL_TOWN).categories["lantaarn"].norm
    )


@pytest.mark.parametrize(
    "value",
    [
        "!!python/object/apply:os.system ['touch /tmp/x']",
        "!!python/name:os.system",
        "!!python/object/new:os.system [x]",
        "!Ref x",
        "!!map x",
        "!!set x",
        "!!omap x",
        "!!bool misschien",
        "!!int ''",
        "!!float x",
        "!!timestamp x",
        "!!binary é",
        "2026-02-30",
        "2026-13-01",
        "0000-01-01",
        "2026-01-01T25:00:00Z",
        "2026-01-01T00:00:00+99:99",
        "9" * 5000,
        "1" + ":59" * 400 + ".5",
        "0x" + "f" * 5000,
        ".nan",
        "=",
        '"\\0"',
        '"\\ud800"',
        '"\\e[2J"',
    ],
    ids=lambda text: text[:30],
)
def test_a_value_that_is_none_is_a_fault_on_its_line(value: str) -> None:
    document = changed("within: 8", f"within: {value}")
    found = faults(document)
    assert [fault for fault in found if fault.startswith(f"stad.yaml:{line_of('unit: weeks')}: ")] == found


@pytest.mark.parametrize("place", ["name: Vergunningen", "name: een vergunning", "name: Gemeente Proefstad"])
@pytest.mark.parametrize("escape", ["\\0", "\\ud800", "\\x1b", "\\udfff", "\\x7f"])
def test_characters_that_no_mail_can_hold_are_refused_wherever_they_stand(place: str, escape: str) -> None:
    document = changed(place, f'name: "a{escape}b"')
    [fault] = faults(document)
    assert fault.startswith(f"stad.yaml:{line_of(place)}: ")
    assert fault.endswith(".name: holds a control character")


@pytest.mark.parametrize(
    "document",
    ["", "~", "[]", "x", "5", "2026-01-01", "---\na: b\n---\nc: d", "\ta", "a: b: c", "'", "a\0", "? [a]\n: b", "? {a: b}\n: c",
     "1: 2", "true: {}", "null: null", "departments: {1: 2, true: 3, ~: 4, 2026-01-01: 5}", "rules: !!set {a, b}",
     "rules: {0: {id: x}}", "rules: [[[]]]", "rules: x", "%YAML 9.9\n---\na: b", "%TAG ! x\n---\na: b", "<<: 3", "a: *b"],
)  # fmt: skip
def test_what_is_no_configuration_at_all_is_refused_with_file_and_line(document: str) -> None:
    assert all(fault.startswith("stad.yaml:") and fault.split(":")[1].isdigit() for fault in faults(document))


def test_a_byte_order_mark_and_windows_line_ends_are_fine() -> None:
    assert load_configuration("\ufeff" + SMALL_TOWN.replace("\n", "\r\n")) == load_configuration(SMALL_TOWN)


def with_note(note: str) -> str:
    """Return the small town with a note at a rule, as it is written."""
    return changed("  - id: lantaarn\n", f"  - id: lantaarn\n    note: {note}\n")


@pytest.mark.parametrize(
    "note",
    [
        "2026-11-27",
        "2026-11-27 10:00:00",
        "2026-02-30",
        "!!timestamp 2026-11-27",
        "a\x85      b",
        '"a\\N b"',
        "a\u2028      b",
        "x # y",
    ],
)
def test_what_is_accepted_is_what_decides_once_it_is_published(note: str) -> None:
    document = with_note(note)
    accepted = load_configuration(document)
    assert load_published(document, 1) == accepted
    assert load_published(document_of(accepted), 1) == accepted


def test_a_date_is_the_words_that_were_written() -> None:
    [rule] = [rule for rule in load_configuration(with_note("2026-11-27 10:00")).rules if rule.id == "lantaarn"]
    assert rule.note == "2026-11-27 10:00"


@pytest.mark.parametrize("break_", ["\x85", "\u2028", "\u2029"])
def test_odd_line_ends_are_stored_as_they_were_written(break_: str) -> None:
    content = canonical(load_configuration(SMALL_TOWN))
    content["rules"][0]["note"] = f"a{break_}b"
    content["texts"]["dated"]["body"] += f"x{break_}y\n"
    configuration = configuration_of(content)
    assert load_published(document_of(configuration), 1) == configuration


def test_what_would_read_back_as_something_else_is_refused() -> None:
    # Only the strict reader passes over what it does not know.
    [fault] = faults(f"%FOO\n---\n{SMALL_TOWN}")
    assert fault.startswith("stad.yaml:1: is written in a way that reads back as something else")


@pytest.mark.parametrize("indent", ["\t", 2, None])
def test_json_is_read_as_json_and_names_the_lines_of_faults(indent: str | int | None) -> None:
    content = canonical(load_configuration(SMALL_TOWN))
    content["rules"][0]["note"] = "\N{GRINNING FACE}"
    document = json.dumps(content, indent=indent)
    assert load_configuration(document).rules[0].note == "\N{GRINNING FACE}"
    assert load_published(document, 1) == load_configuration(document)
    content["rules"][0]["nite"] = "x"
    document = json.dumps(content, indent=indent)
    [fault] = faults(document)
    line = line_of('"nite"', document)
    assert fault.startswith(f"stad.yaml:{line}: rule `bezwaar`, nite: is not a known key")
    [twice] = faults('{"rules": [],\n "rules": []}')
    assert twice == "stad.yaml:2: rules: `rules` stands here twice"


@pytest.mark.parametrize("document", ["a: {b: 1, b: 2}", '{"a": {"b": 1, "b": 2}}'])
def test_a_key_that_stands_twice_is_named_at_the_same_place_in_yaml_and_in_json(document: str) -> None:
    with pytest.raises(ConfigurationInvalid) as invalid:
        load_configuration(document)
    assert invalid.value.places == [(("a", "b"), "`b` stands here twice")]


def large(rules: int, words: Any) -> dict[str, Any]:
    """Return the small town with many rules."""
    content = canonical(load_configuration(SMALL_TOWN))
    content["rules"] = [
        {"id": f"r{number}", "when": {"words": words}, "category": "lantaarn", "note": "x"} for number in range(rules)
    ]
    return content


def test_a_document_counts_as_much_in_json_as_in_yaml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inbox.configuration.written._PARTS_ALLOWED", 100)
    for values, fits in ((99, True), (100, False)):
        for content in ({f"k{number}": 0 for number in range(values)}, {"k": [0] * (values - 1)}):
            for read in (read_json, read_yaml):
                if fits:
                    assert read(json.dumps(content)).content == content
                else:
                    with pytest.raises(ConfigurationInvalid, match="too large"):
                        read(json.dumps(content))


def test_what_could_not_be_read_once_it_is_written_is_refused_before() -> None:
    with pytest.raises(ConfigurationInvalid, match="too large"):
        configuration_of(large(20_000, ["x"]))
    # Written out, each word stands in a list.
    assert excess_of(large(16_000, "x")) is None
    with pytest.raises(ConfigurationInvalid, match="too large"):
        configuration_of(large(16_000, "x"))


def test_braces_that_are_no_json_are_yaml() -> None:
    assert any("rules: should be a list" in fault for fault in faults("{rules: x}"))
