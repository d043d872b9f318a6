"""From YAML (or JSON, which is YAML) to a Configuration whose faults name file and line."""

from __future__ import annotations

import re
from collections.abc import Hashable
from itertools import chain
from typing import Any

import yaml
from pydantic import ValidationError

from inbox.configuration.check import find_faults
from inbox.configuration.model import Configuration
from inbox.errors import ConfigurationInvalid

Path = tuple[str | int, ...]

_PARTS_ALLOWED = 100_000
"""Values in a document, each as often as `*` repeats it; a large municipality's has a few thousand."""

_LEVELS_ALLOWED = 60
"""Levels of lists and keys inside each other; rules with conditions inside conditions need about a dozen."""

_IMPOSSIBLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What the library raises for a value that is none, such as the date 2026-02-30."""

_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Control characters and halves of characters, which `\\0` and `\\ud800` make: no mail and no ledger holds them."""


def load_configuration(document: str, name: str = "configuration") -> Configuration:
    """Parse and check a document. `name` is the file's name, for the faults.

    Raises ConfigurationInvalid with one sentence per fault, each beginning `name:line:`.
    """
    try:
        root = yaml.compose(document, Loader=yaml.SafeLoader)
        _require_bounded(root)
        content = yaml.load(document, Loader=_StrictLoader)  # noqa: S506  a SafeLoader of ours
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigurationInvalid([f"{name}:{line}: {error.problem or 'is not YAML'}"]) from None
    except yaml.YAMLError:
        raise ConfigurationInvalid([f"{name}:1: is not YAML"]) from None
    except RecursionError:
        raise ConfigurationInvalid([f"{name}:1: has lists inside lists without end"]) from None
    lines = _Lines(root, name, content)
    try:
        configuration = Configuration.model_validate(content)
    except ValidationError as error:
        faults = [f"{lines.at(fault['loc'])}{_sentence(dict(fault))}" for fault in error.errors()]
        raise ConfigurationInvalid(sorted(set(faults), key=_by_line)) from None
    found = [f"{lines.at(path)}{sentence}" for path, sentence in find_faults(configuration)]
    if found:
        raise ConfigurationInvalid(sorted(set(found), key=_by_line))
    return configuration


def _require_bounded(root: yaml.Node | None) -> None:
    """Raise MarkedYAMLError when the document is too deep, or would grow without end through its `*` repetitions."""
    parts = 0
    left = [(root, 0)] if root is not None else []
    while left:
        node, level = left.pop()
        if isinstance(node, yaml.MappingNode):
            below = list(chain.from_iterable(node.value))
        else:
            below = node.value if isinstance(node, yaml.SequenceNode) else []
        parts += len(below)
        if parts > _PARTS_ALLOWED or level > _LEVELS_ALLOWED:
            raise yaml.MarkedYAMLError(problem="is too large or too deep from here on", problem_mark=node.start_mark)
        left += [(one, level + 1) for one in below]


class _StrictLoader(yaml.SafeLoader):
    """A SafeLoader that refuses a key written twice: the second would silently win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.MarkedYAMLError(problem=f"`{key.value}` stands here twice", problem_mark=key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            made = super().construct_object(node, deep)
        except _IMPOSSIBLE:
            problem = f"`{str(node.value)[:40]}` is not possible here (YAML's {node.tag.rpartition(':')[2]})"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark) from None
        if isinstance(made, str) and _UNWRITABLE.search(made):
            raise yaml.MarkedYAMLError(problem="holds a control character", problem_mark=node.start_mark)
        return made


class _Lines:
    """Where in the file each part of the document stands."""

    def __init__(self, root: yaml.Node | None, name: str, content: Any) -> None:
        self._name = name
        self._content = content
        self._line: dict[Path, int] = {(): 1}
        if root is not None:
            self._walk(root, ())

    def _walk(self, node: yaml.Node, path: Path) -> None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                below = (*path, str(key.value))
                self._line[below] = key.start_mark.line + 1
                self._walk(value, below)
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                self._line[(*path, index)] = value.start_mark.line + 1
                self._walk(value, (*path, index))

    def at(self, path: Path) -> str:
        """Return `file:line: ` of the nearest written part, followed by the rule's name or the path."""
        known = tuple(path)
        while known not in self._line:
            known = known[:-1]
        return f"{self._name}:{self._line[known]}: {self._place(path)}"

    def _place(self, path: Path) -> str:
        if len(path) > 1 and path[0] == "rules" and isinstance(path[1], int):
            rules = self._content["rules"]
            rule = rules[path[1]] if isinstance(rules, list) else None
            label = rule.get("id", path[1] + 1) if isinstance(rule, dict) else path[1] + 1
            rest = ".".join(str(step) for step in path[2:])
            return f"rule `{label}`{', ' + rest if rest else ''}: "
        return f"{'.'.join(str(step) for step in path)}: " if path else ""


def _sentence(fault: dict[str, Any]) -> str:
    """Turn pydantic's fault into words for an administrator."""
    if fault["type"] == "extra_forbidden":
        return "is not a known key"
    if fault["type"] == "missing":
        return "is missing"
    return str(fault["msg"]).removeprefix("Value error, ")


def _by_line(fault: str) -> tuple[int, str]:
    number = re.search(r":(\d+): ", fault)
    return (int(number[1]) if number else 0, fault)
