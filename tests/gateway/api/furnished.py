"""A world with something of everything in it, a key of each role, and the ids of what is there: for tests that walk the
whole document and know no operation by name.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from store.keys import Role
from store.sources import register_source
from tests.call_logs import LegLines, call_parts, keep_log, leg, written
from tests.configuration import SMALL_TOWN
from tests.gateway.api.world import Headers, World
from workflows.importing import import_log
from workflows.parts import ConfiguredCalls

Keys = dict[Role, Headers]


async def furnish(world: World) -> None:
    """Fill the ledger, so that lists are not empty."""
    names = {
        "telefonie": ConfiguredCalls("live", Confidentiality.zaakvertrouwelijk, push_bytes=1 << 20),
        "phone": ConfiguredCalls("live", Confidentiality.zaakvertrouwelijk),
    }
    calls = call_parts(world.ledger, world.bytes_root, LegLines(), names).calls
    assert calls is not None
    world.parts.calls = replace(calls, sources=names)
    for source_id, channel in (("info", Channel.email), ("telefonie", Channel.phone), ("website", Channel.web)):
        await register_source(world.ledger, source_id, channel, "live", None)
    log_id = await keep_log(world.parts, written([leg("one"), leg("two", 2), b"no row\n"]), "phone")
    await import_log(world.parts, log_id)
    for n in range(3):
        await world.forwarded(f"Lantaarn {n}")
    await world.held("Vergunning voor een dakkapel")
    await world.decided("Iets anders", "Wat is dit?")
    await world.quarantined()
    await world.copy_of_same()
    editor = await world.key(Role.admin, name="Ends here")
    for title in ("Kerst", "Nieuwe norm"):
        await world.post("/drafts", editor, title=title)


async def keys_of_all_roles(world: World) -> Keys:
    """Make a key of each role."""
    return {role: await _key_of(world, role) for role in Role}


async def _key_of(world: World, role: Role) -> Headers:
    departments = ["kcc"] if role is Role.department else None
    sources = ["website", "telefonie", "phone"] if role is Role.intake else None
    return await world.key(role, departments, sources=sources, name=f"walks as {role}")


def key_for(operation: dict[str, Any], keys: Keys) -> Headers | None:
    """Return the key of the first role that may call it; none for what anybody may."""
    roles = [role for role in Role if role in operation["x-roles"]]
    return keys[roles[0]] if roles else None


async def existing_ids(world: World, document: dict[str, Any], keys: Keys) -> dict[str, list[str]]:
    """Return parameter of a path → values that exist, as lists and their like tell them.

    What no list tells, or not all of it, stands here by name.
    """
    found: dict[str, set[str]] = {name: set() for name in re.findall(r"\{(\w+)\}", " ".join(document["paths"]))}
    found["rule"] = set(re.findall(r"^  - id: (\S+)", SMALL_TOWN, re.MULTILINE))
    found["sourceId"] = {"telefonie", "phone", "info"}
    for path, methods in document["paths"].items():
        if "{" not in path and "get" in methods:
            answer = await world.get(path, key_for(methods["get"], keys))
            if answer.headers["content-type"] == "application/json":
                _collect(answer.json(), found)
    return {name: sorted(values) for name, values in found.items() if values}


def _collect(told: Any, found: dict[str, set[str]]) -> None:
    if isinstance(told, list):
        for below in told:
            _collect(below, found)
    elif isinstance(told, dict):
        for name, below in told.items():
            if name in found and isinstance(below, str | int) and below != "":
                found[name].add(str(below))
            _collect(below, found)
