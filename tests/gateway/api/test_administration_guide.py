"""docs/administration.md, typed: every command in it, by bash and curl, with the answers that it shows."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gateway.api.app import api_document
from store.keys import Role
from tests.gateway.api.served import served
from tests.gateway.api.world import Headers, World

PATHS: dict[str, Any] = api_document()["paths"]
GUIDE = (Path(__file__).parents[3] / "docs" / "administration.md").read_text()
ANYTHING = "…"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TAKEN = re.compile(r"(\w+)=…\s+# (\w+)")
BEGINNING = re.search(r"^api\(\) \{.*?^\}$", GUIDE, re.MULTILINE | re.DOTALL)[0]  # type: ignore[index]
_SECONDS_UNTIL_DONE = 30
_GIVEN = "NEXT_MONTH OPEN TONIGHT"
"""Names that the reader gives with a command of the guide."""
_UNSET = " ".join(f"{name}=${{{name}:-}}" for name in _GIVEN.split())
_WHO = re.compile(r"\*\*Who may:\*\* (.*?)\.(?:\s|$)", re.DOTALL)
_NAMED_CALL = re.compile(r"`([A-Z]+) /v1(/[^`\s]*)`")
_ROLE = re.compile(rf"`({'|'.join(Role)})`")


@dataclass(frozen=True)
class Typed:
    """One command of the guide and what it shows below it."""

    heading: str
    command: str
    shown: str


@dataclass
class Shell:
    """What a reader has typed so far: the function of the beginning, and names."""

    beginning: str
    names: dict[str, str] = field(default_factory=dict)
    answer: Any = None

    async def type(self, command: str) -> str:
        """Return what the command says. A name that it gives is kept."""
        script = f'{self.beginning}\n{command}\nfor name in {_GIVEN}; do echo "NAME $name ${{!name}}"; done'
        process = await asyncio.create_subprocess_exec(
            *("bash", "-euc", f"{_UNSET}\n{script}"),
            env={**os.environ, **self.names},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said = (await process.communicate())[0].decode()
        assert process.returncode == 0, f"{command}\n{said}"
        self.names |= dict(re.findall(r"^NAME (\w+) (.+)$", said, re.MULTILINE))
        return re.sub(r"^NAME .*\n?", "", said, flags=re.MULTILINE).strip()


def commands() -> Iterator[Typed]:
    """Yield every command of the guide, in order."""
    for block in _BLOCK.finditer(GUIDE):
        if block[1] == "console":
            heading = re.findall(r"^## (.*)$", GUIDE[: block.start()], re.MULTILINE)[-1]
            yield from _commands_of(heading, block[2].splitlines())


def _commands_of(heading: str, lines: list[str]) -> Iterator[Typed]:
    while lines:
        command = lines.pop(0)
        assert command.startswith("$ "), command
        while command.endswith("\\") or _is_open(command):
            command += "\n" + lines.pop(0)
        shown: list[str] = []
        while lines and not lines[0].startswith("$ "):
            shown.append(lines.pop(0))
        yield Typed(heading, command.removeprefix("$ "), "\n".join(shown))


def _is_open(command: str) -> bool:
    try:
        shlex.split(command)
    except ValueError:
        return True
    return False


def differences(shown: Any, told: Any, path: str = "") -> Iterator[str]:
    """Yield where the answer is not as shown. What is not shown may be anything; so may `…`."""
    if isinstance(shown, dict) and isinstance(told, dict):
        for key, below in shown.items():
            if key not in told:
                yield f"{path}/{key}: missing"
            else:
                yield from differences(below, told[key], f"{path}/{key}")
    elif isinstance(shown, list) and isinstance(told, list) and len(shown) == len(told):
        for number, (one, other) in enumerate(zip(shown, told, strict=True)):
            yield from differences(one, other, f"{path}/{number}")
    elif isinstance(shown, str) and isinstance(told, str):
        if not re.fullmatch(".+".join(map(re.escape, shown.split(ANYTHING))), told, re.DOTALL):
            yield f"{path}: {told!r}, shown is {shown!r}"
    elif shown != told:
        yield f"{path}: {told!r}, shown is {shown!r}"


def sections() -> Iterator[tuple[str, str]]:
    """Yield the heading and the words of each part of the guide in which something is typed."""
    for part in re.split(r"^## ", GUIDE, flags=re.MULTILINE)[1:]:
        heading, _, words = part.partition("\n")
        yield heading, words


def roles_said(words: str) -> tuple[set[str], dict[tuple[str, str], set[str]]]:
    """Return who may do a part of the guide, and of which calls (method, path) others may."""
    line = _WHO.search(words)
    assert line is not None
    most, *others = line[1].split(";")
    told = {
        (call[0], _shape(call[1])): set(_ROLE.findall(other)) for other in others for call in _NAMED_CALL.findall(other)
    }
    return set(_ROLE.findall(most)), told


def calls_of(heading: str, words: str) -> set[tuple[str, str]]:
    """Return the calls (method, path) that a part types, and those that its sentences name."""
    found = set(_NAMED_CALL.findall(_WHO.sub("", words)))
    for typed in commands():
        call = re.match(r"(?:KEY=\S+ )?api ([A-Z]+) \"?(/[^\s?\"]+)", typed.command)
        if call is not None and typed.heading == heading:
            found.add((call[1], call[2]))
    return {(method, _shape(path)) for method, path in found}


def _shape(path: str) -> str:
    """Return the path as the description has it: the one with fewest parameters that fits."""
    fitting = [one for one in PATHS if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", one), path.partition("?")[0])]
    assert fitting, path
    return min(fitting, key=lambda one: one.count("{"))


def faults_of(typed: Typed, said: str) -> list[str]:
    """Return in what the answer is not as the guide shows it."""
    *body, status = said.splitlines() or [""]
    *shown_body, shown_status = typed.shown.splitlines() or [""]
    found = [] if status == shown_status else [f"{status}, shown is {shown_status}"]
    shown = "\n".join(shown_body).strip()
    if shown:
        found += differences(json.loads(shown), json.loads("\n".join(body)))
    return found


async def follow(typed: Typed, shell: Shell) -> None:
    """Type one command and compare. A simulation is asked for until it is done, as a reader would."""
    taken = _TAKEN.fullmatch(typed.command)
    if taken is not None:
        shell.names[taken[1]] = _value(shell.answer, taken[2])
        return
    until = asyncio.get_running_loop().time() + _SECONDS_UNTIL_DONE
    while True:
        said = await shell.type(typed.command)
        found = faults_of(typed, said)
        is_waiting = typed.command.startswith("api GET /simulations/") and asyncio.get_running_loop().time() < until
        if not found or not is_waiting:
            break
        await asyncio.sleep(0.2)
    assert not found, f"{typed.heading}: {typed.command}\n" + "\n".join(found) + f"\n{said}"
    body = said.rpartition("HTTP ")[0].strip()
    shell.answer = json.loads(body) if body else None


def _value(answer: Any, name: str) -> str:
    """Return the first value of this name in the answer."""
    if isinstance(answer, dict) and name in answer:
        return str(answer[name])
    for below in answer.values() if isinstance(answer, dict) else answer:
        if isinstance(below, dict | list) and below:
            return _value(below, name)
    raise AssertionError(f"the answer names no {name}")


async def test_everything_in_the_guide_works_as_it_is_shown(world: World, admin: Headers) -> None:
    await world.forwarded("Lantaarn kapot", "Sinds de vergunning voor de bouw doet de lantaarn het niet.")
    await world.forwarded("Vraag", "De lantaarn brandt overdag.")
    await world.forwarded("Bezwaar", "Ik maak bezwaar tegen de aanslag.")
    colleague = await world.key(Role.publisher, name="Collega")
    async with served(world.api) as address:
        shell = Shell(
            BEGINNING,
            {
                "GATEWAY": address,
                "KEY": admin["Authorization"].removeprefix("Bearer "),
                "KEY_OF_A_COLLEAGUE": colleague["Authorization"].removeprefix("Bearer "),
            },
        )
        for typed in commands():
            world.parts.second_person = "second person" in typed.heading
            await follow(typed, shell)


@pytest.mark.parametrize(("heading", "words"), list(sections()))
def test_each_task_says_which_role_may(heading: str, words: str) -> None:
    may, others = roles_said(words)
    calls = calls_of(heading, words)
    assert others.keys() <= calls, "of a call that the task does not name"
    for method, path in calls:
        assert others.get((method, path), may) == set(PATHS[path][method.lower()]["x-roles"]), f"{method} {path}"


def test_the_guide_has_ten_tasks_and_shows_the_status_of_each_call() -> None:
    assert re.findall(r"^## (\d+)\.", GUIDE, re.MULTILINE) == [str(n) for n in range(1, 11)]
    calls = [typed for typed in commands() if re.match(r"(KEY=\S+ )?api ", typed.command)]
    assert len(calls) > 40
    assert all(re.search(r"^HTTP \d{3}$", typed.shown, re.MULTILINE) for typed in calls)


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        ('{"a": 1}\nHTTP 200', '{"a": 2}\nHTTP 200'),
        ('{"a": 1}\nHTTP 200', '{"a": 1}\nHTTP 201'),
        ('{"a": []}\nHTTP 200', '{"a": [1]}\nHTTP 200'),
        ('{"a": "…"}\nHTTP 200', '{"a": null}\nHTTP 200'),
        ('{"a": "x…"}\nHTTP 200', '{"a": "yz"}\nHTTP 200'),
        ('{"a": 1}\nHTTP 200', '{"b": 1}\nHTTP 200'),
    ],
)
def test_an_answer_that_is_not_as_shown_is_noticed(shown: str, told: str) -> None:
    assert faults_of(Typed("", "", shown), told)
