"""Judge: what comes of the calls of a source once they are quiet. Bytes first: the original of an item is durable before the
ledger knows of it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from inbox.calls.judging import NewItem, QuietCall, Rules, facts_of, plan_of
from inbox.calls.named import named_by
from inbox.calls.phone_hours import PhoneHours
from inbox.calls.recording import bare_name, media_type_of
from inbox.calls.words import subject_of, text_of
from inbox.channel import Channel
from inbox.errors import BytesMissing, Conflict, NotFound, SettingsInvalid
from inbox.item import HeldBecause
from inbox.routing.compiled import CompiledConfiguration
from inbox.submission import Attached, Submission
from store.call_backs import CallBackDocument, call_position, call_space, document_id
from store.judging import Done, ItemKey, Look, judge, look_at_quiet
from store.keeping import NewDelivery
from store.shared_lines import learn_shared_lines
from store.sources import source_row
from workflows.parts import CallRegister, Parts
from workflows.same_day import naming_the_same_day
from workflows.sweeping import held_because, received

_AT_ONCE = 150
"""Calls of one transaction; with those of the same callers it is at most twice as many."""

_TRIES = 5
"""So often somebody may stand in the way, or a call change under our hands, before we come back later."""

_RECORDINGS = 5
"""Of one item; what is beyond is only named."""

_BYTES_AT_ONCE = 32 << 20
"""So many bytes of originals wait in memory: a recording may be long."""

_MEDIA_TYPE = "message/rfc822"


async def judge_quiet(parts: Parts, source_id: str, on_judged: Callable[[], None]) -> None:
    """Judge all calls of the source that are quiet, those that began first first; safe to repeat, and to do twice at once.

    `on_judged` is called after each step; it may end the work by raising. Raises NotFound, SettingsInvalid,
    StoreUnavailable, BytesMissing, and Conflict when others keep standing in the way.
    """
    if parts.calls is None or source_id not in parts.calls.sources:
        raise SettingsInvalid(f"source {source_id} gives no call records by the settings")
    source = await source_row(parts.ledger, source_id)
    if source is None:
        raise NotFound(f"there is no source {source_id}")
    judging = _Judging(parts, parts.calls, source, on_judged)
    fruitless = 0
    while fruitless < _TRIES:
        try:
            done = await judging.turn()
        except Conflict:
            fruitless += 1
            if fruitless == _TRIES:
                raise
            continue
        if done is None:
            return
        fruitless = 0 if done.verdicts else fruitless + 1


class _Judging:
    """The judging of one source's calls."""

    def __init__(self, parts: Parts, register: CallRegister, source: Any, on_judged: Callable[[], None]) -> None:
        self._parts = parts
        self._register = register
        self._source = source
        self._on_judged = on_judged

    async def turn(self) -> Done | None:
        """Judge the next ones; None when there are none."""
        compiled = await self._parts.configurations.current()
        look = await self._look(compiled)
        if not look.quiet:
            return None
        rules = self._rules(compiled)
        documents = await self._documents(plan_of(look.quiet, look.around, rules).new, compiled)
        done = await judge(
            self._parts.ledger,
            self._source.source_id,
            [call.call_id for call in look.quiet],
            compiled.document.calls.shared_lines,
            partial(plan_of, rules=rules),
            documents,
        )
        for verdict, count in done.verdicts.items():
            self._parts.measures.judged.labels(str(verdict)).inc(count)
        self._on_judged()
        return done

    async def _look(self, compiled: CompiledConfiguration) -> Look:
        """Return the next calls; before, learn what they show of the lines that they came over."""
        calls = compiled.document.calls
        look = partial(look_at_quiet, self._parts.ledger, self._source.source_id, calls.shared_lines, limit=_AT_ONCE)
        seen = await look()
        if not calls.learns_shared_lines:
            return seen
        callers = sorted({call.caller for call in seen.quiet if call.caller} - seen.around.shared)
        learned = await learn_shared_lines(self._parts.ledger, callers, compiled.zone)
        if not learned:
            return seen
        self._parts.measures.shared_lines.inc(learned)
        return await look()

    def _rules(self, compiled: CompiledConfiguration) -> Rules:
        is_named = named_by(compiled, self._source.source_id)
        hours = PhoneHours(compiled.document.calls.opening, compiled.days)
        return Rules(
            calls=compiled.document.calls,
            is_named=lambda call: is_named(facts_of([call])),
            held_because=self._held_because,
            is_closed=lambda at: hours.are_over(at.astimezone(compiled.zone)),
        )

    def _held_because(self, call: QuietCall) -> HeldBecause | None:
        is_observed = call.is_observed or self._source.mode != "live"
        return held_because(is_observed, received(call.started_at)[0], self._source.live_from)

    async def _documents(
        self, new: Sequence[NewItem], compiled: CompiledConfiguration
    ) -> dict[ItemKey, CallBackDocument]:
        """Make the original of each item durable; return what the ledger is to say of it."""
        documents: dict[ItemKey, CallBackDocument] = {}
        raws: dict[str, bytes] = {}
        named_in = await self._named_in(new, compiled)
        for item in new:
            raw = await self._original(item, compiled)
            delivery = self._delivery(item, raw)
            identity = document_id(self._source.source_id, item.calls[0].call_id, delivery.sha256)
            documents[item.key] = CallBackDocument(delivery, named_in.get(item.latest.caller, ()) if item.joins else ())
            raws[identity] = raw
            if sum(map(len, raws.values())) > _BYTES_AT_ONCE:
                await self._put(raws)
                raws = {}
        await self._put(raws)
        return documents

    async def _put(self, raws: dict[str, bytes]) -> None:
        if not raws:
            return
        for identity, stored in (await self._parts.bytes.put_all(raws)).items():
            if stored.sha256 != hashlib.sha256(raws[identity]).hexdigest():
                raise BytesMissing(f"other bytes stand under {identity} in the byte store: look at it")
        self._on_judged()

    async def _original(self, item: NewItem, compiled: CompiledConfiguration) -> bytes:
        facts = facts_of(item.calls)
        attached, lines = await self._recordings(item)
        submission = Submission(
            channel=Channel.phone,
            subject=subject_of(facts),
            phone=facts.caller,
            occurred_at=facts.first_at,
            call=facts,
            text=text_of(facts, [call.started_at for call in item.calls], compiled.zone, lines),
            attachments=tuple(attached),
        )
        return await asyncio.to_thread(self._register.write, submission)

    async def _recordings(self, item: NewItem) -> tuple[list[Attached], list[str]]:
        """Return those that are at hand, and a line about each."""
        attached: list[Attached] = []
        lines: list[str] = []
        named = [call.recording for call in reversed(item.calls) if bare_name(call.recording)]
        for recording in named[:_RECORDINGS]:
            name = bare_name(recording)
            content = None
            if self._register.recordings is not None:
                content = await self._register.recordings.fetch(self._source.source_id, recording)
            if content is not None:
                attached.append(Attached(name=name, media_type=media_type_of(name), content=content))
            lines.append(f"Opname: {name} ({'bijgevoegd' if content else 'staat in de telefooncentrale'})")
        return attached, lines

    def _delivery(self, item: NewItem, raw: bytes) -> NewDelivery:
        first = item.calls[0]
        received_at, basis = received(first.started_at)
        held = self._held_because(first)
        sha256 = hashlib.sha256(raw).hexdigest()
        return NewDelivery(
            source_id=self._source.source_id,
            channel=Channel.phone,
            key_space=call_space(self._source.source_id),
            position=call_position(first.call_id, sha256),
            sha256=sha256,
            size_bytes=len(raw),
            media_type=_MEDIA_TYPE,
            received_at=received_at,
            received_basis=basis,
            confidentiality=self._register.sources[self._source.source_id].confidentiality,
            held_because=held,
            is_observed=held is HeldBecause.observe,
        )

    async def _named_in(self, new: Sequence[NewItem], compiled: CompiledConfiguration) -> dict[str, tuple[str, ...]]:
        """Return caller → messages of the same day, on other channels, that name their number."""
        callers = {
            item.latest.caller: item.latest.started_at
            for item in new
            if item.joins and item.latest.caller.startswith("+")
        }
        known = self._register.named_numbers
        return await naming_the_same_day(self._parts.ledger, known, callers, compiled.zone, self._on_judged)
