"""From text (YAML or JSON) to a document's content and back, with every fault of the writing by its place.

Content is what JSON can hold: dict, list, str, int, float, bool, None. A date is a word, as it is written.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from inbox.errors import ConfigurationInvalid, Path, place_of

_PARTS_ALLOWED = 100_000
"""Values in a document, each as often as `*` repeats it; a large municipality's has a few thousand."""

TOO_MUCH = "is too large or too deep from here on"

_LEVELS_ALLOWED = 60
"""Levels of lists and keys inside each other; rules with conditions inside conditions need about a dozen."""

_IMPOSSIBLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What the library raises for a value that is none, such as `!!bool misschien`."""

_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Control characters and halves of characters, which `\\0` and `\\ud800` make: no mail and no ledger holds them."""

_MOST_DIGITS = 4_000
"""Of a whole number: Python neither reads nor writes longer ones."""

_WIDTH = 120


@dataclass
class Written:
    """A document as it was read."""

    content: Any
    lines: dict[Path, int] = field(default_factory=lambda: {(): 1})
    """Path → number of the line where it begins; only the first where the others are not known."""

    def line(self, path: Path) -> int:
        """Return the line of the nearest part that was written."""
        known = tuple(path)
        while known not in self.lines:
            known = known[:-1]
        return self.lines[known]


def read_document(text: str) -> Written:
    """Return what the text holds: JSON where it is that, else YAML. Raises as `read_json` and `read_yaml`."""
    text = text.removeprefix("\ufeff")
    if not is_json(text):
        return read_yaml(text)
    try:
        written = read_json(text)
    except NotPlain as unsound:
        unsound.written.lines = _json_lines(text)
        raise
    written.lines = _json_lines(text)
    return written


def read_published(text: str) -> Any:
    """Return the content of a text that was read before: fast, and without the places of what is wrong in it.

    Raises YAMLError, ValueError, RecursionError for what `read_document` would have refused.
    """
    text = text.removeprefix("\ufeff")
    return json.loads(text) if is_json(text) else yaml.load(text, Loader=_FastLoader)  # noqa: S506  a SafeLoader in C


def is_json(text: str) -> bool:
    """Say whether it is JSON and no YAML: the two read escaped characters and tabs in other ways."""
    if not text.lstrip().startswith("{"):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def read_yaml(text: str) -> Written:
    """Return what the text holds. Raises ConfigurationInvalid, each place with `line N: ` where YAML itself stops."""
    try:
        root = yaml.compose(text, Loader=_Loader)
        _require_bounded(root)
        written = Written(yaml.load(text, Loader=_Loader))  # noqa: S506  a SafeLoader of ours
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise NotRead(line, error.problem or "is not YAML") from None
    except yaml.YAMLError:
        raise NotRead(1, "is not YAML") from None
    except RecursionError:
        raise NotRead(1, "has lists inside lists without end") from None
    doubled: list[tuple[Path, str]] = []
    if root is not None:
        _walk(root, (), written.lines, doubled)
    written.content, faults = _plain(written.content)
    if doubled or faults:
        raise NotPlain(written, [*doubled, *faults])
    return written


def read_json(text: str) -> Written:
    """Return what the text holds (RFC 8259). Raises ConfigurationInvalid with each place."""
    try:
        made = json.loads(text, object_pairs_hook=_Object, parse_constant=float)
    except json.JSONDecodeError as error:
        raise NotRead(error.lineno, "is not JSON") from None
    except (ValueError, RecursionError):
        raise NotRead(1, "is not JSON that anything can be made of") from None
    content, faults = _plain(made)
    if faults:
        raise NotPlain(Written(content), faults)
    return Written(content)


def as_yaml(content: Any) -> str:
    """Return the content as YAML, keys in their order; reading it gives the same content."""
    return yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=_WIDTH)


def as_json(content: Any) -> str:
    """Return the content as JSON, keys in their order; reading it gives the same content."""
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


class NotRead(ConfigurationInvalid):
    """The text is no document at all: reading stopped at a line."""

    code = "document_unreadable"

    def __init__(self, line: int, problem: str) -> None:
        """`line`: counted from 1."""
        super().__init__([f"line {line}: {problem}"], [((), f"line {line}: {problem}")])
        self.line = line
        self.problem = problem


class NotPlain(ConfigurationInvalid):
    """What was read is no document: keys that stand twice, or values that no document holds."""

    code = "document_unsound"

    def __init__(self, written: Written, places: list[tuple[Path, str]]) -> None:
        """`written`: what was read all the same, for its lines."""
        super().__init__([f"line {written.line(path)}: {place_of(path)}{words}" for path, words in places], places)
        self.written = written


def _require_bounded(root: yaml.Node | None) -> None:
    """Raise MarkedYAMLError when the document is too deep, or would grow without end through its `*` repetitions."""
    parts = 1
    left = [(root, 0)] if root is not None else []
    while left:
        node, level = left.pop()
        if isinstance(node, yaml.MappingNode):
            # A key is a word, and counts for nothing, as in JSON; one that is a list or the like has no end by itself.
            below = [one for key, value in node.value for one in (key, value) if one is value or not _is_word(key)]
        else:
            below = node.value if isinstance(node, yaml.SequenceNode) else []
        parts += len(below)
        if parts > _PARTS_ALLOWED or level > _LEVELS_ALLOWED:
            raise yaml.MarkedYAMLError(problem=TOO_MUCH, problem_mark=node.start_mark)
        left += [(one, level + 1) for one in below]


def _is_word(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode)


def _walk(node: yaml.Node, path: Path, lines: dict[Path, int], doubled: list[tuple[Path, str]]) -> None:
    """Write down on which line each part begins, and which keys stand twice: the second would silently win."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            below = (*path, str(key.value))
            lines[below] = key.start_mark.line + 1
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    doubled.append((below, f"`{key.value}` stands here twice"))
                seen.add(key.value)
            _walk(value, below, lines, doubled)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines[(*path, index)] = value.start_mark.line + 1
            _walk(value, (*path, index), lines, doubled)


def _json_lines(text: str) -> dict[Path, int]:
    """Return on which line each part of a JSON text begins, as far as YAML makes it out."""
    lines: dict[Path, int] = {(): 1}
    try:
        # Inside its words JSON has no tab.
        root = yaml.compose(text.replace("\t", " "), Loader=_Loader)
        if root is not None:
            _walk(root, (), lines, [])
    except (yaml.YAMLError, RecursionError):
        return lines
    return lines


_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_KINDS = {
    first: [(tag, pattern) for tag, pattern in kinds if tag != _TIMESTAMP]
    for first, kinds in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
"""By its first character, what a plain word may be to YAML: never a date, which no JSON and no field of ours holds."""


class _Loader(yaml.SafeLoader):
    """A SafeLoader that says where a value is none."""

    yaml_implicit_resolvers = _KINDS

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except _IMPOSSIBLE:
            problem = f"`{str(node.value)[:40]}` is not possible here (YAML's {node.tag.rpartition(':')[2]})"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark) from None


class _FastLoader(yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader):  # type: ignore[misc]
    """Reads the same values."""

    yaml_implicit_resolvers = _KINDS


def _as_written(loader: Any, node: yaml.Node) -> Any:
    return loader.construct_scalar(node)


_Loader.add_constructor(_TIMESTAMP, _as_written)
_FastLoader.add_constructor(_TIMESTAMP, _as_written)


class _Object(dict[str, Any]):
    """A JSON object that remembers which of its names came twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        counted = Counter(name for name, _ in pairs) if len(self) < len(pairs) else {}
        self.doubled = sorted(name for name, times in counted.items() if times > 1)


def excess_of(content: Any) -> Path | None:
    """Return from where on a content is too large or too deep for a document, or None. Keys count for nothing."""
    counted = 0
    left: list[tuple[Any, Path]] = [(content, ())]
    while left:
        value, path = left.pop()
        counted += 1
        if len(path) > _LEVELS_ALLOWED or counted > _PARTS_ALLOWED:
            return path
        if isinstance(value, dict):
            left += [(below, (*path, str(key))) for key, below in value.items()]
        elif isinstance(value, list | tuple):
            left += [(below, (*path, index)) for index, below in enumerate(value)]
    return None


def _plain(made: Any) -> tuple[Any, list[tuple[Path, str]]]:
    """Return the content, and what JSON cannot hold of it."""
    much = excess_of(made)
    if much is not None:
        return None, [(much, TOO_MUCH)]
    faults: list[tuple[Path, str]] = []

    def plain(value: Any, path: Path) -> Any:
        if isinstance(value, dict):
            faults.extend(((*path, name), f"`{name}` stands here twice") for name in getattr(value, "doubled", ()))
            return {_name(key, path, faults): plain(below, (*path, str(key))) for key, below in value.items()}
        if isinstance(value, list | tuple):
            return [plain(below, (*path, index)) for index, below in enumerate(value)]
        faults.extend((path, sentence) for sentence in _not_plain(value))
        return value

    return plain(made, ()), faults


def _name(key: Any, path: Path, faults: list[tuple[Path, str]]) -> str:
    if not isinstance(key, str):
        faults.append(((*path, str(key)), f"`{str(key)[:40]}` is no name to YAML: write it in quotes"))
    elif _UNWRITABLE.search(key):
        faults.append((path, "has a key with a control character"))
    return str(key)


def _not_plain(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if _UNWRITABLE.search(value):
            yield "holds a control character"
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int):
        if value.bit_length() > _MOST_DIGITS:
            yield "is too large a number"
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield "is no number that a document can hold"
    else:
        yield "is of a kind that a document cannot hold; write words, numbers, lists and keys"


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as people write them, and repeats instead of referring with `*`."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_BREAKS_TOO = re.compile("[\x85\u2028\u2029]")
"""Line ends to YAML, which reads them back as others unless they are escaped."""


def _words(dumper: yaml.SafeDumper, words: str) -> yaml.ScalarNode:
    style = '"' if _BREAKS_TOO.search(words) else "|" if "\n" in words else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", words, style=style)


_Dumper.add_representer(str, _words)
