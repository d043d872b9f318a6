"""The OpenAPI document tells the truth: schemathesis calls every operation in it, with what fits and what does not.

It walks the document that the running API gives, so that an operation is covered as soon as it exists. Each is called by
a role that may; ids come from the answers to earlier calls, from links between operations, and from nowhere.
`INBOX_TEST_EXAMPLES` sets how many random calls each operation gets.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.gateway.api.furnished import Keys, existing_ids, furnish, key_for, keys_of_all_roles
from tests.gateway.api.served import served
from tests.gateway.api.world import Headers, World

EXAMPLES = int(os.environ.get("INBOX_TEST_EXAMPLES", "10"))
SEED = 20261127
VERSIONS = ["*", '"1"', '"2"', '"3"']
IS_LONG = EXAMPLES > 10
LONGEST_SECONDS = 7200 if IS_LONG else 600
PHASES = {"sqlite": "examples,fuzzing,stateful", "postgresql": "coverage"}
"""Each once, on the engine that is the more particular about it: values at their limits go to PostgreSQL, which has
narrower types. All on both when it may take long."""


async def test_the_document_tells_the_truth(world: World, tmp_path: Path) -> None:
    await furnish(world)
    keys = await keys_of_all_roles(world)
    async with served(world.api) as address:
        document = (await world.get("/openapi.json")).json()
        # As a file: what is loaded from an address is not called any more.
        (tmp_path / "openapi.json").write_text(json.dumps(document))
        ids = await existing_ids(world, document, keys)
        (tmp_path / "schemathesis.toml").write_text(_settings(document, keys, ids))
        phases = "examples,coverage,fuzzing,stateful" if IS_LONG else PHASES[world.ledger.engine.url.get_backend_name()]
        code, said = await _run(f"{address}/v1", phases, keys.values(), tmp_path)
    assert code == 0, said
    assert f"Tested: {sum(len(methods) for methods in document['paths'].values())}\n" in said


def _settings(document: dict[str, Any], keys: Keys, ids: dict[str, list[str]]) -> str:
    """Return what `st run` is told: all checks, for each operation a key that may call it, and ids that exist."""
    lines = [
        f"seed = {SEED}",
        f"hooks = {json.dumps(str(Path(__file__).with_name('fuzzing_hooks.py')))}",
        "continue-on-failure = true",
        "request-timeout = 60",
        "warnings = false",
        "[cache]",
        "enabled = false",
        "[generation]",
        f"max-examples = {EXAMPLES}",
        "deterministic = true",
        'database = "none"',
        "no-shrink = true",
        "[checks]",
        "enabled = true",
        # What stands in the ledger decides these; a 400 is looked into by the hooks.
        "[checks.positive_data_acceptance]",
        'expected-statuses = ["2xx", "3xx", 403, 404, 409, 412, 422, 428]',
        # As its defaults are, and 412: what was changed meanwhile is not looked at further.
        "[checks.negative_data_rejection]",
        "expected-statuses = [400, 401, 403, 404, 405, 406, 409, 412, 415, 422, 428]",
    ]
    lines += ["[parameters]", '"header.If-Match" = { dictionary = "versions", probability = 0.5 }']
    lines += [f'"path.{name}" = {{ dictionary = "{name}", probability = 0.8 }}' for name in ids]
    lines += ["[dictionaries]", f"versions = {{ values = {json.dumps(VERSIONS)} }}"]
    lines += [f"{name} = {{ values = {json.dumps(values)} }}" for name, values in ids.items()]
    for operation in (operation for methods in document["paths"].values() for operation in methods.values()):
        headers = key_for(operation, keys)
        if headers is not None:
            lines += [
                "[[operations]]",
                f'include-operation-id = "{operation["operationId"]}"',
                f'headers = {{ Authorization = "{headers["Authorization"]}" }}',
            ]
    return "\n".join(lines)


async def _run(address: str, phases: str, keys: Iterable[Headers], folder: Path) -> tuple[int | None, str]:
    """Run schemathesis; return its exit code, None when it did not end in time, and what it said."""
    own = ",".join(key["Authorization"].split("_")[1] for key in keys)
    options = ("--url", address, "--phases", phases, "--no-color")
    with (folder / "said").open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "schemathesis.cli", "run", "openapi.json", *options),
            cwd=folder,
            env={**os.environ, "INBOX_TEST_OWN_KEYS": own},
            stdout=said,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            await asyncio.wait_for(process.wait(), LONGEST_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
    code = process.returncode if process.returncode != -signal.SIGKILL else None
    return code, (folder / "said").read_text()
