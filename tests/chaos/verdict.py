"""What is left after the trouble: every letter is looked for in the ledger and outside, and what is wrong is named."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from inbox.item import ForwardRole, ForwardState, NoticeState
from inbox.ports import ByteStore
from store.ledger import Ledger
from store.tables import assignments, forwards, items, notices
from tests.chaos.letters import Kind, Letter
from tests.chaos.outside import SENDER, Accepted, Outside

_AT_THE_TARGET = (ForwardState.delivered, ForwardState.withdrawing, ForwardState.withdrawn)
_MARGIN_SECONDS = 1.0
"""The relay's and the journal's moments are noted by different threads."""


@dataclass
class Verdict:
    """Each list holds sentences; all must be empty but `explained`."""

    letters: int = 0
    items: int = 0
    linked: int = 0
    forwards: int = 0
    lost: list[str] = field(default_factory=list)
    kept_twice: list[str] = field(default_factory=list)
    forwarded_twice: list[str] = field(default_factory=list)
    told_twice: list[str] = field(default_factory=list)
    not_told: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    """What `gateway reconcile` calls a loss."""
    explained: int = 0
    """Identical copies beyond the first, each with a cut between the two."""

    @property
    def faults(self) -> list[str]:
        """Everything that should not be."""
        lists = (
            self.lost, self.kept_twice, self.forwarded_twice, self.told_twice, self.not_told, self.stuck,
            self.unexplained, self.differences,
        )  # fmt: skip
        return [fault for found in lists for fault in found]


@dataclass
class Known:
    """The ledger's side, read once at the end."""

    items: list[Any]
    assignments: list[Any]
    forwards: list[Any]
    notices: list[Any]


async def known(ledger: Ledger) -> Known:
    """Read what the ledger holds."""
    async with ledger.read() as connection:
        return Known(
            *[list((await connection.execute(select(t))).all()) for t in (items, assignments, forwards, notices)]
        )


async def unread_senders(ledger_side: Known, kept: ByteStore) -> dict[str, str]:
    """Return by item who sent what was never read: somebody discarded it first."""
    unread = [row for row in ledger_side.items if row.reading is None]
    found = {row.item_id: SENDER.search((await kept.get(row.delivery_id)).decode("ascii", "replace")) for row in unread}
    return {item_id: match[0] for item_id, match in found.items() if match}


async def settle(ledger: Ledger, expected_items: int, seconds: float) -> list[str]:
    """Wait until nothing is on its way any more; return what still is after so long."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while (left := unsettled(await known(ledger), expected_items)) and loop.time() < end:  # noqa: ASYNC110  it is other processes that settle
        await asyncio.sleep(0.5)
    return left


def unsettled(ledger_side: Known, expected_items: int) -> list[str]:
    """Return what is still on its way."""
    found = [f"{expected_items - len(ledger_side.items)} deliveries are not kept"] * (
        len(ledger_side.items) < expected_items
    )
    found += [f"item {row.item_id} waits for the drive" for row in ledger_side.items if row.drive_wanted]
    found += [
        f"item {row.item_id} is {row.status}" for row in ledger_side.items if row.status in ("received", "returned")
    ]
    found += [
        f"forward {row.forward_id} of item {row.item_id} is {row.state} ({row.trouble_code})"
        for row in ledger_side.forwards
        if ForwardState(row.state).is_open
    ]
    found += [
        f"{row.kind} {row.notice_id} of item {row.item_id} is {row.state} ({row.trouble_code})"
        for row in ledger_side.notices
        if NoticeState(row.state).is_open and row.settled_at is None
    ]
    return found + _without_forward(ledger_side)


def _without_forward(ledger_side: Known) -> list[str]:
    rounds = {(row.assignment_id, row.round) for row in ledger_side.forwards if row.role == ForwardRole.acting}
    return [
        f"assignment {row.assignment_id} of item {row.item_id} has no forward in round {row.round}"
        for row in ledger_side.assignments
        if row.status in ("forwarding", "triage") and (row.assignment_id, row.round) not in rounds
    ]


def judge(
    letters: Sequence[Letter],
    ledger_side: Known,
    outside: Outside,
    deaths: Sequence[float],
    acted_on: set[str],
    unread_senders: Mapping[str, str],
) -> Verdict:
    """Compare. `deaths`: every moment at which a worker died; `acted_on`: items that people
    changed, whose rounds only the ledger knows; `unread_senders`: by item, from the bytes.
    """
    verdict = Verdict(letters=len(letters), items=len(ledger_side.items), forwards=len(ledger_side.forwards))
    by_sender: dict[str, list[Any]] = defaultdict(list)
    for row in ledger_side.items:
        by_sender[row.sender_address or unread_senders.get(row.item_id, "")].append(row)
    for letter in letters:
        _judge_letter(verdict, letter, by_sender.pop(letter.sender, []), ledger_side, outside, acted_on)
    verdict.unexplained += [
        f"item {row.item_id} of the unknown sender `{sender}` is {row.status} after {row.readings_begun} beginnings:"
        f" {row.quarantine_code} {row.quarantine_detail}"
        for sender, rows in by_sender.items()
        for row in rows
    ]
    verdict.unexplained += [f"{identity} is about no letter" for identity in outside.unknown]
    verdict.linked = sum(row.status == "linked" for row in ledger_side.items)
    verdict.stuck += unsettled(ledger_side, 0)
    _judge_rounds(verdict, ledger_side, outside)
    _judge_copies(verdict, outside, deaths)
    return verdict


def _judge_letter(
    verdict: Verdict, letter: Letter, rows: list[Any], ledger_side: Known, outside: Outside, acted_on: set[str]
) -> None:
    stands = ", ".join(
        " ".join(filter(None, (row.status, row.quarantine_code, row.quarantine_detail, row.held_because)))
        for row in rows
    )
    name = f"letter {letter.number} ({letter.kind}: {stands})"
    if len(rows) < len(letter.mailboxes):
        verdict.lost.append(f"{name} came {len(letter.mailboxes)} times and has {len(rows)} items")
    if len(rows) > len(letter.mailboxes):
        verdict.kept_twice.append(f"{name} came {len(letter.mailboxes)} times and has {len(rows)} items")
    if any(row.item_id in acted_on for row in rows):
        return
    if len(rows) > 1 and sum(row.status != "linked" for row in rows) != 1:
        verdict.forwarded_twice.append(f"{name}: of its copies {[row.status for row in rows]} exactly one must live")
    own = {row.item_id for row in rows}
    acting = {row.forward_id for row in ledger_side.forwards if row.item_id in own and row.role == ForwardRole.acting}
    informed = {row.forward_id for row in ledger_side.forwards if row.item_id in own} - acting
    handed = set(outside.handed[letter.number]) - informed
    if letter.is_forwarded and not handed:
        verdict.lost.append(f"{name} reached no department")
    if len(handed) > int(letter.is_forwarded):
        verdict.forwarded_twice.append(f"{name} was handed over as {sorted(handed)}")
    if letter.kind is Kind.poison and any(row.status != "quarantined" for row in rows):
        verdict.unexplained.append(f"{name} is {[row.status for row in rows]}")
    told = outside.told[letter.number]
    if letter.is_answered and not told:
        notices = ", ".join(
            f"{row.kind} {row.state} after {row.attempts} attempts and {row.doubts} doubts ({row.trouble_code})"
            for row in ledger_side.notices
            if row.item_id in own
        )
        verdict.not_told.append(f"{name}: its sender heard nothing; {notices}")
    if len(told) > int(letter.is_answered):
        verdict.told_twice.append(f"{name}: its sender was told {[accepted.message_id for accepted in told]}")


def _judge_rounds(verdict: Verdict, ledger_side: Known, outside: Outside) -> None:
    """Hold every forward against its target, and every acknowledgement against its item."""
    handed = {identity: target for targets in outside.handed.values() for identity, target in targets.items()}
    rows = {row.forward_id: row for row in ledger_side.forwards}
    verdict.unexplained += [f"a {target} holds {identity}, which the ledger does not know" for identity, target in
                            handed.items() if identity not in rows]  # fmt: skip
    for identity, row in rows.items():
        if row.state in _AT_THE_TARGET and identity not in handed:
            verdict.lost.append(f"forward {identity} is {row.state} and its {row.destination_kind} does not hold it")
        if row.state == ForwardState.cancelled and identity in handed:
            verdict.forwarded_twice.append(f"forward {identity} was cancelled and its target holds it")
        if row.state == ForwardState.failed:
            verdict.stuck.append(f"forward {identity} failed: {row.trouble_code} {row.trouble_detail}")
    acknowledged = Counter(
        row.item_id
        for row in ledger_side.notices
        if row.kind == "acknowledgement" and row.message and row.state != "withheld"
    )
    verdict.told_twice += [
        f"item {item_id} has {times} acknowledgements" for item_id, times in acknowledged.items() if times > 1
    ]
    verdict.stuck += [
        f"{row.kind} of item {row.item_id} ended {row.state}" for row in ledger_side.notices if row.state == "failed"
    ]


def _judge_copies(verdict: Verdict, outside: Outside, deaths: Sequence[float]) -> None:
    """Each identical copy beyond the first needs a lost answer or a death between the two; and identical they must be."""
    mailed: list[Accepted] = [*outside.mailed, *outside.other_notices]
    for told in outside.told.values():
        mailed += told
    for accepted in mailed:
        if len(accepted.bodies) > 1:
            verdict.told_twice.append(f"{accepted.message_id} went out in {len(accepted.bodies)} forms")
        for earlier, later in zip(accepted.moments, accepted.moments[1:], strict=False):
            was_cut = any(earlier - _MARGIN_SECONDS <= death <= later for death in deaths)
            if earlier in accepted.unanswered or was_cut:
                verdict.explained += 1
            else:
                verdict.unexplained.append(f"{accepted.message_id} was taken twice, and nothing was cut between")
