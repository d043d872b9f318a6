"""From YAML (or JSON, which is YAML) to a Configuration whose faults name file and line."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any

import yaml
from pydantic import ValidationError

from inbox.configuration.check import find_faults
from inbox.configuration.model import Configuration
from inbox.errors import ConfigurationInvalid

Path = tuple[str | int, ...]


def load_configuration(document: str, name: str = "configuration") -> Configuration:
    """Parse and check a document. `name` is the file's name, for the faults.

    Raises ConfigurationInvalid with one sentence per fault, each beginning `name:line:`.
    """
    try:
        root = yaml.compose(document, Loader=yaml.SafeLoader)
        content = yaml.load(document, Loader=_StrictLoader)  # noqa: S506  a SafeLoader of ours
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigurationInvalid([f"{name}:{line}: {error.problem or 'is not YAML'}"]) from None
    except yaml.YAMLError:
        raise ConfigurationInvalid([f"{name}:1: is not YAML"]) from None
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


class _StrictLoader(yaml.SafeLoader):
    """A SafeLoader that refuses a key written twice: the second would silently win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.MarkedYAMLError(problem=f"`{key.value}` stands here twice", problem_mark=key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep)


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
            rule = self._content["rules"][path[1]]
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
