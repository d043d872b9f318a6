"""Any document is a configuration or ConfigurationInvalid: nothing else ever leaves the loader."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import date
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from inbox.configuration.load import load_configuration
from inbox.configuration.model import Configuration
from inbox.errors import ConfigurationInvalid
from inbox.routing.compiled import CompiledConfiguration
from tests.configuration import SMALL_TOWN
from tests.inbox.samples import decided, document, reading

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.dates(),
    st.text(max_size=12),
    st.sampled_from(["", "*", "/(/", "/a/", "@", "{date}", "{", "triage", "env:X", "kcc", "geheim", "x" * 600, "\x00"]),
    st.binary(max_size=4),
    st.lists(st.sampled_from(["a", 1, None, {"when": {}}, []]), max_size=3),
    st.dictionaries(
        st.sampled_from(["id", "when", "not", "kind", "a", 1, None, True, date(2026, 1, 1)]), st.integers()
    ),
)
"""What may stand where something else belongs."""


def places(part: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of each value of the document."""
    yield path
    if isinstance(part, dict):
        for key, value in part.items():
            yield from places(value, (*path, key))
    elif isinstance(part, list):
        for index, value in enumerate(part):
            yield from places(value, (*path, index))


PLACES = list(places(document()))


def put(written: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    part = written
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    return written


def assert_loaded_or_refused(text: str) -> None:
    try:
        configuration = load_configuration(text, "stad.yaml")
    except ConfigurationInvalid as invalid:
        assert invalid.faults
        assert all(fault.startswith("stad.yaml:") for fault in invalid.faults)
        return
    assert isinstance(configuration, Configuration)
    decided(reading("Bezwaar"), CompiledConfiguration(configuration, 1))


@given(st.sampled_from(PLACES), VALUES)
@settings(max_examples=60, deadline=None)
def test_anything_at_any_place_is_taken_or_refused(path: tuple[Any, ...], value: Any) -> None:
    written = put(copy.deepcopy(document()), path, value)
    assert_loaded_or_refused(yaml.safe_dump(written, allow_unicode=True))


@given(st.sampled_from(PLACES), st.sampled_from([None, 5, "x", [], {}, [1], {"a": 1}]))
@settings(max_examples=40, deadline=None)
def test_the_wrong_type_at_any_place_is_taken_or_refused(path: tuple[Any, ...], value: Any) -> None:
    assert_loaded_or_refused(yaml.safe_dump(put(copy.deepcopy(document()), path, value)))


@given(
    st.integers(0, len(SMALL_TOWN)),
    st.integers(0, 40),
    st.sampled_from(
        [
            "",
            "\n",
            ":",
            "- ",
            "{",
            "]",
            "&a ",
            "*a",
            "!!set ",
            "? ",
            "|",
            ">",
            "'",
            '"',
            "#",
            "\t",
            "%",
            "@",
            "`",
            "<<: ",
        ]
    ),
)
@settings(max_examples=100, deadline=None)
def test_a_slip_of_the_keyboard_anywhere_is_taken_or_refused(at: int, removed: int, typed: str) -> None:
    assert_loaded_or_refused(SMALL_TOWN[:at] + typed + SMALL_TOWN[at + removed :])


@given(st.lists(st.sampled_from(["a: ", "- ", "[", "]", "{", "}", ", ", "\n", "  ", "&x ", "*x ", "!!int ", "!!map ", "!!binary ",
                                 "? ", "<<: ", "'", '"', "2026-02-30", "rules", "when", ": ", "=", "%", "---\n", "|\n"]), max_size=30))  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_any_mixture_of_yaml_is_refused_and_raises_nothing_else(pieces: list[str]) -> None:
    assert_loaded_or_refused("".join(pieces))
