"""How each operation that needs more than ids is called so that it succeeds: what it asks, and what must be there first.

An operation that stands not in `WAYS` is called with ids that exist and no body: see tests/gateway/api/test_good_answers.py.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, cast

from sqlalchemy import update

from adapters.departments.folder import FolderSystem
from inbox.confidentiality import Confidentiality
from inbox.ports import DepartmentSystem
from inbox.task import TaskKind
from store.configurations import publish
from store.keys import Role
from store.simulation_tables import simulations
from store.tasks import raise_task
from tests.call_logs import keep_log
from tests.configuration import SMALL_TOWN, with_flags
from tests.gateway.api.test_drafts import Drafting, begin
from tests.gateway.api.test_scan import scanned
from tests.gateway.api.test_simulations import changed_document, ended
from tests.gateway.api.world import Headers, World
from workflows.importing import import_log

Body = dict[str, Any] | list[dict[str, Any]] | None


@dataclass(frozen=True)
class Call:
    """One call of an operation; `headers` stand above those of the key that calls."""

    ids: dict[str, str] = field(default_factory=dict)
    body: Body = None
    headers: Headers = field(default_factory=dict)


Way = Callable[[World, Headers], Awaitable[Call]]
"""(world, the headers of an administrator) → the call, once what it needs is there."""

_REASON = {"reason": "omdat het moet"}
_numbers = count(1)


async def furnish_more(world: World, admin: Headers) -> None:
    """Add what only the lists and accounts show: flags, originals of each kind, a rehearsal that changes something."""
    town = with_flags(SMALL_TOWN).replace("FOLDER", str(world.bytes_root.parent / "forwarded"))
    await publish(world.ledger, town, "test")
    world.parts.systems = {"folder": cast("DepartmentSystem", FolderSystem(world.bytes_root.parent))}
    await _flag(world, admin)
    for media_type in ("application/pdf", "image/png", "text/html"):
        await world.kept(b"bytes", media_type=media_type)
    await ended(world, admin, await world.post("/simulations", admin, document=await changed_document(world)))


async def _flag(world: World, admin: Headers) -> str:
    item_id = await world.launched("Lantaarn", "Ik ben in gevaar.")
    [flag] = (await world.get("/flags", admin, itemId=item_id)).json()["flags"]
    return str(flag["flagId"])


async def _with_etag(world: World, admin: Headers, source_id: str) -> Headers:
    return {"If-Match": (await world.get(f"/sources/{source_id}", admin)).headers["etag"]}


def _new(**body: Any) -> Way:
    async def way(world: World, admin: Headers) -> Call:
        return Call(body=body)

    return way


# Items


def _on(*before: str, **body: Any) -> Way:
    """Act on a forwarded item on which `before` was done."""

    async def way(world: World, admin: Headers) -> Call:
        item_id = await world.forwarded(f"Lantaarn {next(_numbers)}")
        for action in before:
            other = {"otherItemId": await world.forwarded(f"Lantaarn {next(_numbers)}")} if action == "link" else {}
            assert (await world.do(action, item_id, admin, **other)).is_success
            await world.deliver(item_id)
        return Call({"itemId": item_id}, _REASON | body)

    return way


async def _link(world: World, admin: Headers) -> Call:
    item_id, other = [await world.forwarded(f"Lantaarn {next(_numbers)}") for _ in range(2)]
    return Call({"itemId": item_id}, {**_REASON, "otherItemId": other})


def _on_quarantined(**body: Any) -> Way:
    async def way(world: World, admin: Headers) -> Call:
        item_id = await world.quarantined()
        await world.drive(item_id)
        return Call({"itemId": item_id}, _REASON | body)

    return way


async def _release(world: World, admin: Headers) -> Call:
    return Call({"itemId": await world.held(f"Lantaarn {next(_numbers)}")}, _REASON)


async def _release_many(world: World, admin: Headers) -> Call:
    gone = await world.forwarded(f"Lantaarn {next(_numbers)}")
    return Call(body={"itemIds": [await world.held(f"Lantaarn {next(_numbers)}"), gone]})


async def _glass(world: World, admin: Headers) -> Call:
    item_id = await world.forwarded("Bezwaar", "Ik maak bezwaar.")
    low = await world.key(Role.operator, up_to=Confidentiality.zaakvertrouwelijk)
    return Call({"itemId": item_id}, {"reason": "melding van acuut gevaar", "minutes": 5}, low)


async def _scan(world: World, admin: Headers) -> Call:
    [letter] = await scanned(world, "Lantaarn kapot")
    return Call({"itemId": letter})


async def _submit(world: World, admin: Headers) -> Call:
    body = {"channel": "web", "text": "De lantaarn is kapot.", "sender": {"email": "anna@inwoner.test"}}
    website = await world.key(Role.intake, sources=["website"])
    return Call(body=body, headers={**website, "Idempotency-Key": f"k-{next(_numbers)}"})


async def _call_record(world: World, admin: Headers) -> Call:
    return Call({"sourceId": "telefonie"}, {"variables": {"uuid": f"a-{next(_numbers)}"}})


async def _unread_log(world: World, admin: Headers) -> Call:
    log_id = await keep_log(world.parts, f"nothing known {next(_numbers)}".encode(), "phone")
    await import_log(world.parts, log_id)
    return Call({"callLogId": log_id})


async def _task(world: World, admin: Headers) -> Call:
    item_id = await world.forwarded(f"Lantaarn {next(_numbers)}")
    async with world.ledger.begin() as connection:
        await raise_task(connection, item_id, TaskKind.undelivered, "the mailbox is full (5.2.2)")
    tasks = (await world.get(f"/items/{item_id}", admin)).json()["tasks"]
    return Call({"taskId": tasks[0]["taskId"]}, {"outcome": "gebeld"})


async def _flag_to_accept(world: World, admin: Headers) -> Call:
    return Call({"flagId": await _flag(world, admin)}, _REASON)


# The house


def _overlay() -> dict[str, Any]:
    routed = [{"when": {"words": ["brand"]}, "category": "vergunning", "flag": "acuut", "priority": "high"}]
    ends_at = (datetime.now(UTC) + timedelta(hours=6)).isoformat()
    return {"reason": "brand in de haven", "endsAt": ends_at, "routed": routed}


async def _new_overlay(world: World, admin: Headers) -> Call:
    return Call(body=_overlay())


async def _begun_overlay(world: World, admin: Headers) -> Call:
    begun = await world.post("/overlays", admin, **_overlay())
    return Call({"overlayId": begun.json()["overlayId"]})


def _source(world: World, source_id: str) -> dict[str, Any]:
    folder = world.bytes_root.parent / "scans" / source_id
    return {"sourceId": source_id, "callFolder": {"folder": str(folder), "afterKeep": "leave"}}


async def _new_source(world: World, admin: Headers) -> Call:
    return Call(body=_source(world, f"bellen-{next(_numbers)}"))


def _on_source(body: Body = None, *, with_all: bool = False, is_paused: bool = False) -> Way:
    """Act on a source that was made here. `with_all`: send the whole of it."""

    async def way(world: World, admin: Headers) -> Call:
        whole = _source(world, f"bellen-{next(_numbers)}")
        assert (await world.post("/sources", admin, **whole)).status_code == 201
        ids = {"sourceId": whole["sourceId"]}
        if is_paused:
            assert (await world.post(f"/sources/{whole['sourceId']}/pause", admin, **_REASON)).is_success
        sent = {**whole, "mode": "live"} if with_all else body
        return Call(ids, sent, await _with_etag(world, admin, whole["sourceId"]))

    return way


def _on_destination(department: str, body: Body = None, *, is_paused: bool = False) -> Way:
    async def way(world: World, admin: Headers) -> Call:
        if is_paused:
            assert (await world.post(f"/destinations/{department}/0/pause", admin, **_REASON)).is_success
        return Call({"department": department, "ordinal": "0"}, body)

    return way


async def _key(world: World, admin: Headers) -> Call:
    made = await world.key(Role.reader)
    return Call({"keyId": made["Authorization"].split("_")[1]})


# Configuration


async def _draft(world: World, admin: Headers) -> Drafting:
    """Begin a draft that differs from what is in force, so that it can be published at once."""
    world.parts.second_person = False
    draft = await begin(world, admin, title="Proef")
    changed = await draft.ask("PUT", "/threads", json={"reopen_within_days": next(_numbers)})
    assert changed.is_success, changed.text
    return draft


def _on_draft(body: Body = None, **ids: str) -> Way:
    async def way(world: World, admin: Headers) -> Call:
        draft = await _draft(world, admin)
        return Call({"draftId": draft.draft_id, **ids}, body, {"If-Match": draft.tag})

    return way


async def _overtaken(world: World, admin: Headers) -> Call:
    draft = await begin(world, admin)
    assert (await (await _draft(world, admin)).publish()).is_success
    return Call({"draftId": draft.draft_id}, {}, {"If-Match": draft.tag})


def _on_publication(**body: Any) -> Way:
    async def way(world: World, admin: Headers) -> Call:
        draft = await _draft(world, admin)
        assert (await draft.publish(**body)).is_success
        return Call({"draftId": draft.draft_id})

    return way


async def _withdraw(world: World, admin: Headers) -> Call:
    return await _on_publication(at=(datetime.now(UTC) + timedelta(days=1)).isoformat())(world, admin)


async def _approve(world: World, admin: Headers) -> Call:
    draft = await _draft(world, admin)
    world.parts.second_person = True
    assert (await draft.publish()).json()["state"] == "requested"
    second = await world.key(Role.publisher, name="Tweede")
    return Call({"draftId": draft.draft_id}, {"reason": "gezien"}, {**second, "If-Match": draft.tag})


async def _roll_back(world: World, admin: Headers) -> Call:
    published = (await (await _draft(world, admin)).publish()).json()
    return Call({"version": str(published["version"] - 1)}, {"reason": "te snel"})


async def _simulation(world: World, admin: Headers) -> Call:
    shown = await ended(world, admin, await world.post("/simulations", admin, version=1))
    return Call({"simulationId": shown["simulationId"]})


async def _interrupted(world: World, admin: Headers) -> Call:
    call = await _simulation(world, admin)
    gone = datetime.now(UTC) - timedelta(minutes=1)
    async with world.ledger.begin() as connection:
        one = simulations.c.simulation_id == call.ids["simulationId"]
        await connection.execute(update(simulations).where(one).values(state="running", beat_at=gone))
    return call


_ENTRY = {"subject": "Over uw bericht", "body": "Uw kenmerk is {reference}."}
_RULE = {"when": {"words": ["boom"]}, "category": "lantaarn"}

WAYS: dict[str, Way] = {
    "submitItem": _submit,
    "receiveCallRecords": _call_record,
    "acceptItem": _on(),
    "returnItem": _on(),
    "completeItem": _on("accept"),
    "rerouteItem": _on(category="vergunning"),
    "splitItem": _on(category="vergunning"),
    "linkItem": _link,
    "unlinkItem": _on("link"),
    "discardItem": _on(),
    "reopenItem": _on("discard"),
    "retryItem": _on_quarantined(),
    "releaseItem": _release,
    "releaseItems": _release_many,
    "vouchItem": _on_quarantined(address="jan@inwoner.test"),
    "breakGlass": _glass,
    "getScan": _scan,
    "finishTask": _task,
    "acceptFlag": _flag_to_accept,
    "retryCallLog": _unread_log,
    "beginOverlay": _new_overlay,
    "getOverlay": _begun_overlay,
    "endOverlay": _begun_overlay,
    "makeSource": _new_source,
    "tryNewSource": _new_source,
    "replaceSource": _on_source(with_all=True),
    "changeSource": _on_source({"mode": "live"}),
    "endSource": _on_source(),
    "trySource": _on_source(),
    "pauseSource": _on_source(_REASON),
    "resumeSource": _on_source(_REASON, is_paused=True),
    "tryNewDestination": _new(destination={"kind": "folder", "path": "kcc"}),
    "tryDestination": _on_destination("juridisch"),
    "pauseDestination": _on_destination("kcc", _REASON),
    "resumeDestination": _on_destination("vergunningen", _REASON, is_paused=True),
    "makeKey": _new(name="Lezer", role="reader"),
    "revokeKey": _key,
    "makeDraft": _new(title="Proef"),
    "putDraft": _on_draft({"rules": []}),
    "deleteDraft": _on_draft(),
    "putDraftPart": _on_draft([{"addresses": ["formulier@gemeente.test"]}], part="web-forms"),
    "deleteDraftPart": _on_draft(part="threads"),
    "getDraftEntry": _on_draft(collection="texts", key="dated"),
    "putDraftEntry": _on_draft(_ENTRY, collection="texts", key="dated"),
    "deleteDraftEntry": _on_draft(collection="texts", key="dated"),
    "putDraftRule": _on_draft(_RULE, rule="boom"),
    "deleteDraftRule": _on_draft(rule="lantaarn"),
    "getDraftNorm": _on_draft(key="lantaarn"),
    "putDraftNorm": _on_draft({"within": 3, "unit": "weeks"}, key="lantaarn"),
    "deleteDraftNorm": _on_draft(key="lantaarn"),
    "rebaseDraft": _overtaken,
    "publishDraft": _on_draft(_REASON),
    "getPublication": _on_publication(),
    "withdrawPublication": _withdraw,
    "approvePublication": _approve,
    "rollBack": _roll_back,
    "simulateDocument": _new(version=1),
    "simulateDraft": _on_draft({"days": 1}),
    "retrySimulation": _interrupted,
    "removeSimulation": _simulation,
}
"""Operation → how it is reached. Each makes anew what it uses up, so that their order is of no matter."""
