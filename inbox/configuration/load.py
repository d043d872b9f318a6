"""From a document (YAML or JSON), or from its content, to a Configuration whose faults name their place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml
from pydantic import ValidationError

from inbox.configuration.canonical import canonical
from inbox.configuration.check import find_faults
from inbox.configuration.fault_place import fault_place
from inbox.configuration.model import Configuration
from inbox.configuration.shape_faults import shape_sentence
from inbox.configuration.sound_rest import SoundRest, sound_rest
from inbox.configuration.written import (
    TOO_MUCH,
    NotPlain,
    NotRead,
    Written,
    as_yaml,
    excess_of,
    read_document,
    read_published,
)
from inbox.errors import ConfigurationInvalid, Path, SettingsInvalid, place_of


def load_configuration(document: str, name: str = "configuration") -> Configuration:
    """Parse and check a document (YAML or JSON). `name` is the file's name, for the faults.

    What it returns is what `load_published` makes of the same words. Raises ConfigurationInvalid with one sentence per fault, each beginning `name:line:`, and the path of each.
    """
    try:
        written = read_document(document)
    except NotRead as stopped:
        raise ConfigurationInvalid([f"{name}:{stopped.line}: {stopped.problem}"], stopped.places) from None
    except NotPlain as unsound:
        raise _with_lines(unsound, unsound.written, name) from None
    try:
        configuration = configuration_of(written.content)
        _require_same(document, configuration)
    except ConfigurationInvalid as invalid:
        raise _with_lines(invalid, written, name) from None
    return configuration


def document_of(configuration: Configuration) -> str:
    """Return the words that are stored of a configuration. Raises ConfigurationInvalid where they would say another."""
    document = as_yaml(canonical(configuration))
    _require_same(document, configuration)
    return document


def _require_same(document: str, configuration: Configuration) -> None:
    """Refuse before it is stored what could not decide afterwards."""
    try:
        is_same = Configuration.model_validate(read_published(document)) == configuration
    except _UNUSABLE:
        is_same = False
    if not is_same:
        raise ConfigurationInvalid.at([((), "is written in a way that reads back as something else: write it plainly")])


def _with_lines(invalid: ConfigurationInvalid, written: Written, name: str) -> ConfigurationInvalid:
    faults = {f"{name}:{written.line(path)}: {_place(written.content, path)}{words}" for path, words in invalid.places}
    return ConfigurationInvalid(sorted(faults, key=_by_line), invalid.places)


def configuration_of(content: Any) -> Configuration:
    """Check a document's content. Raises ConfigurationInvalid with the path of each fault that there is."""
    _require_bounded(content)
    try:
        configuration = Configuration.model_validate(content)
    except ValidationError as error:
        places = _places(content, error)
        raise ConfigurationInvalid.at(list(dict.fromkeys([*places, *_of_the_rest(content, error)]))) from None
    found = [(fault_place(content, path), sentence) for path, sentence in find_faults(configuration)]
    if found:
        raise ConfigurationInvalid.at(list(dict.fromkeys(found)))
    # With its short forms written out, as it is shown, it must be readable too.
    _require_bounded(canonical(configuration))
    return configuration


def _places(content: Any, error: ValidationError) -> list[tuple[Path, str]]:
    """Return each fault of shape with its place; a list that is too short only for the faults in it is none."""
    found = [(fault_place(content, fault["loc"]), dict(fault)) for fault in error.errors()]
    above = {path[:end] for path, _ in found for end in range(len(path))}
    return [(path, shape_sentence(fault)) for path, fault in found if fault["type"] != "too_short" or path not in above]


def _of_the_rest(content: Any, error: ValidationError) -> list[tuple[Path, str]]:
    """Return what is wrong with all that has its shape: nobody mends one fault to be shown the next."""
    faulty: set[Path] = set()
    rest = SoundRest(content, frozenset())
    for _ in range(_TAKEN_OUT_TIMES):
        faulty |= {rest.place_of(path) for path in _without_shape(rest.content, error)}
        less = sound_rest(content, faulty)
        if less is None:
            return []
        rest = less
        try:
            configuration = Configuration.model_validate(rest.content)
        except ValidationError as again:
            error = again
            continue
        found = [(rest.place_of(fault_place(rest.content, path)), words) for path, words in find_faults(configuration)]
        return [(place, sentence) for place, sentence in found if not rest.misses(place, sentence)]
    return []


def _without_shape(content: Any, error: ValidationError) -> Iterator[Path]:
    """Yield what cannot stay: each value with a fault, and what lacks a value that it needs."""
    for fault in error.errors():
        path = fault_place(content, fault["loc"])
        yield path[:-1] if fault["type"] == "missing" else path


_TAKEN_OUT_TIMES = 10
"""What lacks a needed value is taken out in turn, and so is what then lacks it; shapes are about six levels deep."""


def _require_bounded(content: Any) -> None:
    much = excess_of(content)
    if much is not None:
        raise ConfigurationInvalid.at([(much, TOO_MUCH)])


def load_published(document: str, version: int) -> Configuration:
    """Return a version as it was checked when it was published; it is not checked again, and so loads fast.

    Raises SettingsInvalid when this program cannot use it.
    """
    try:
        return Configuration.model_validate(read_published(document))
    except _UNUSABLE:
        raise SettingsInvalid(
            f"configuration version {version} cannot be used by this program: publish another one"
        ) from None


def require_usable(document: str, version: int) -> None:
    """Check a version once more before its words go into force again: by what must hold, whatever its size.

    Raises ConfigurationInvalid with the path of each fault.
    """
    try:
        found = [
            (path, f"version {version}: {words}") for path, words in find_faults(load_published(document, version))
        ]
    except SettingsInvalid as unusable:
        raise ConfigurationInvalid.at([((), unusable.detail)]) from None
    if found:
        raise ConfigurationInvalid.at(list(dict.fromkeys(found)))


_UNUSABLE = (ValidationError, yaml.YAMLError, ValueError, RecursionError)


def _place(content: Any, path: Path) -> str:
    """Return the rule's name or the path, as people read it."""
    if len(path) > 1 and path[0] == "rules" and isinstance(path[1], int) and isinstance(content, dict):
        rules = content["rules"]
        rule = rules[path[1]] if isinstance(rules, list) else None
        label = rule.get("id", path[1] + 1) if isinstance(rule, dict) else path[1] + 1
        rest = ".".join(str(step) for step in path[2:])
        return f"rule `{label}`{', ' + rest if rest else ''}: "
    return place_of(path)


def _by_line(fault: str) -> tuple[int, str]:
    number = re.search(r":(\d+): ", fault)
    return (int(number[1]) if number else 0, fault)
