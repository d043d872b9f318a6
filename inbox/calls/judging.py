"""Judge: what comes of calls that are quiet. Nothing, a count, an item, a place in one, or the end of one. Pure.

Calls come in any order, and judging may be cut off anywhere. Whatever the order, nobody who was not answered is left without
an item, a later conversation, or a reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from inbox.call import CallFacts, Direction, Outcome
from inbox.calls.register import CallVerdict
from inbox.configuration.model import Calls
from inbox.item import HeldBecause


@dataclass(frozen=True)
class QuietCall:
    """A call of which no more legs are awaited, as the register has it."""

    call_id: str
    version: int
    caller: str
    dialled: str
    queue: str
    choice: str
    direction: Direction
    outcome: Outcome
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    waited_s: float
    talked_s: float
    recording: str
    is_observed: bool
    verdict: CallVerdict | None = None
    """What it was judged before its legs changed; None: it never was."""
    because: str = ""
    item_id: str | None = None

    @property
    def spoken_at(self) -> datetime | None:
        """When a person was spoken to; None when nobody was, or the conversation lasted no second."""
        if self.outcome is not Outcome.answered or (self.ended_at is not None and self.talked_s <= 0):
            return None
        return self.answered_at or self.started_at

    @property
    def spoken_numbers(self) -> tuple[str, ...]:
        """Whose open call-backs a conversation ends: the other end's."""
        ends = {
            Direction.inbound: (self.caller,),
            Direction.outbound: (self.dialled,),
            Direction.internal: (self.caller, self.dialled),
        }.get(self.direction, ())
        return tuple(number for number in ends if number)


@dataclass(frozen=True)
class CallBack:
    """A call-back whose item has not ended, and that no conversation settled."""

    item_id: str
    number: str
    first_at: datetime
    latest_at: datetime
    calls_count: int
    is_held: bool
    """It waits for a person's release, so that nobody is called back yet."""


@dataclass(frozen=True)
class Around:
    """What the register holds beside the calls that are judged."""

    open: Sequence[CallBack] = ()
    """Of the numbers of these calls, and those that these calls themselves made."""
    spoken: Mapping[str, datetime] = field(default_factory=dict)
    """Number → when somebody was last spoken to at it."""
    shared: Set[str] = frozenset()
    """Lines behind which many people ring."""


@dataclass(frozen=True)
class Rules:
    """What the configuration and the source say."""

    calls: Calls
    is_named: Callable[[QuietCall], bool]
    """A rule names the call's outcome, and holds for it."""
    held_because: Callable[[QuietCall], HeldBecause | None]
    is_closed: Callable[[datetime], bool] = lambda _: False
    """Nobody answers the telephone at this moment (`calls.opening`)."""


@dataclass(frozen=True)
class Judged:
    """What a call comes to."""

    verdict: CallVerdict
    because: str
    """A sentence part for administrators, without a number."""
    item_id: str | None = None


@dataclass
class NewItem:
    """An item that is to be made of these calls."""

    calls: list[QuietCall]
    """By their start; all of one number, where there are several."""
    is_call_back: bool = True
    """Somebody is to be called back: else a rule wants to see it."""
    joins: bool = True
    """Further calls of the number join it."""

    @property
    def key(self) -> tuple[tuple[str, int], ...]:
        """Of which calls it is made, as they were: its document says no more than they do."""
        return tuple((call.call_id, call.version) for call in self.calls)

    @property
    def latest(self) -> QuietCall:
        """The call by which its department goes."""
        return self.calls[-1]


@dataclass
class Plan:
    """What is to be written, all at once."""

    judged: dict[str, Judged] = field(default_factory=dict)
    """By call. Those of new items have no item yet."""
    new: list[NewItem] = field(default_factory=list)
    joined: list[tuple[str, QuietCall]] = field(default_factory=list)
    """Item, and the call that joins it."""
    settled: list[tuple[str, QuietCall]] = field(default_factory=list)
    """Item, and the call in which its caller was spoken to."""
    left: list[tuple[str, QuietCall]] = field(default_factory=list)
    """Item that goes on for others, and its call that was answered after all."""


class Asked(StrEnum):
    """What a call asks for by itself."""

    nothing = "nothing"
    counted = "counted"
    call_back = "call_back"
    item = "item"
    """An item of its own, because a rule wants it."""


def asked(call: QuietCall, rules: Rules) -> tuple[Asked, str]:
    """Return what the call asks for, and why."""
    settings = rules.calls
    is_unanswered = call.outcome in settings.call_back_on and call.outcome is not Outcome.answered
    if call.direction not in (Direction.inbound, Direction.internal) or not is_unanswered:
        if rules.is_named(call):
            return Asked.item, f"a rule names calls that are `{call.outcome}`"
        return Asked.nothing, _why_nothing(call)
    if _gave_up_at_once(call, settings):
        return Asked.counted, f"the caller gave up within {settings.abandoned_from_seconds} s"
    if not call.caller and call.outcome is not Outcome.voicemail:
        return Asked.counted, f"`{call.outcome}`, and the number was withheld"
    return Asked.call_back, f"`{call.outcome}`"


def _gave_up_at_once(call: QuietCall, settings: Calls) -> bool:
    return call.outcome is Outcome.abandoned and call.waited_s < settings.abandoned_from_seconds


def _by_hours(call: QuietCall, rules: Rules) -> QuietCall:
    """Return the call as it is by the hours in which the telephone is answered: most telephone systems do not know them."""
    may_be_after_hours = call.outcome in (Outcome.missed, Outcome.abandoned) and call.direction is Direction.inbound
    if not may_be_after_hours or _gave_up_at_once(call, rules.calls) or not rules.is_closed(call.started_at):
        return call
    return replace(call, outcome=Outcome.after_hours)


def _why_nothing(call: QuietCall) -> str:
    if call.direction is Direction.outbound:
        return "an outgoing call"
    if call.direction is Direction.unknown:
        return "nobody knows who began it"
    return "a person answered" if call.outcome is Outcome.answered else f"nobody is called back on `{call.outcome}`"


def plan_of(quiet: Sequence[QuietCall], around: Around, rules: Rules) -> Plan:
    """Return what comes of these calls, those that began first first."""
    planning = _Planning(around, rules)
    for call in sorted(quiet, key=lambda call: (call.started_at, call.call_id)):
        planning.take(_by_hours(call, rules))
    return planning.plan


class _Planning:
    """A plan that grows call by call."""

    def __init__(self, around: Around, rules: Rules) -> None:
        self.plan = Plan()
        self._around = around
        self._rules = rules
        self._window = timedelta(minutes=rules.calls.window_minutes)
        self._open = {back.item_id: back for back in around.open}

    def take(self, call: QuietCall) -> None:
        """Judge one more."""
        settled = list(self._settle(call))
        if call.item_id is not None:
            self._again(call, settled)
            return
        wish, because = asked(call, self._rules)
        if wish is Asked.item:
            self._make(call, because, is_call_back=False, joins=False)
        elif wish is Asked.call_back:
            self._call_back(call, because)
        elif settled:
            self._judge(call, CallVerdict.settled, "the caller was spoken to", settled[0])
        else:
            self._judge(call, CallVerdict.counted if wish is Asked.counted else CallVerdict.registered, because)

    def _judge(self, call: QuietCall, verdict: CallVerdict, because: str, item_id: str | None = None) -> None:
        self.plan.judged[call.call_id] = Judged(verdict, because, item_id)

    def _settle(self, call: QuietCall) -> Iterator[str]:
        """End the open call-backs of whoever was spoken to, unless they rang once more since; yield their items."""
        spoken_at = call.spoken_at
        if spoken_at is None:
            return
        numbers = set(call.spoken_numbers) - self._around.shared
        for back in list(self._open.values()):
            is_own_alone = back.item_id == call.item_id and back.calls_count == 1
            if is_own_alone or (back.number in numbers and back.latest_at <= spoken_at):
                del self._open[back.item_id]
                self.plan.settled.append((back.item_id, call))
                yield back.item_id

    def _again(self, call: QuietCall, settled: list[str]) -> None:
        """Judge a call that has its item once more: never two items of one call."""
        assert call.item_id is not None
        own = self._open.get(call.item_id)
        was_unanswered = call.verdict is CallVerdict.call_back
        if settled:
            item_id = call.item_id if call.item_id in settled else settled[0]
            self._judge(call, CallVerdict.settled, "the caller was spoken to", item_id)
        elif was_unanswered and own is not None and call.outcome is Outcome.answered:
            self._open[own.item_id] = replace(own, calls_count=own.calls_count - 1)
            self.plan.left.append((own.item_id, call))
            self._judge(call, CallVerdict.registered, "a person answered after all; others of the number wait")
        else:
            self._judge(call, call.verdict or CallVerdict.registered, call.because, call.item_id)

    def _call_back(self, call: QuietCall, because: str) -> None:
        if not call.caller:
            self._make(call, because, joins=False)
        elif call.caller in self._around.shared:
            self._make(call, f"{because}, on a line that many share", joins=False)
        elif self._was_spoken_since(call):
            self._judge(call, CallVerdict.settled, f"{because}, and the caller was spoken to later")
        elif (back := self._open_near(call)) is not None:
            self._join(call, back)
        elif (group := self._new_near(call)) is not None:
            group.calls.append(call)
            self._judge(call, CallVerdict.call_back, f"{because}, once more")
        else:
            self._make(call, because)

    def _make(self, call: QuietCall, because: str, *, is_call_back: bool = True, joins: bool = True) -> None:
        self.plan.new.append(NewItem([call], is_call_back=is_call_back, joins=joins))
        self._judge(call, CallVerdict.call_back, because)

    def _was_spoken_since(self, call: QuietCall) -> bool:
        spoken_at = self._around.spoken.get(call.caller)
        return spoken_at is not None and spoken_at > call.started_at

    def _open_near(self, call: QuietCall) -> CallBack | None:
        """Return the open call-back that this call belongs to. One that is held would hold up who may be helped now."""
        is_held = self._rules.held_because(call) is not None
        return next(
            (
                back
                for back in self._open.values()
                if back.number == call.caller
                and (is_held or not back.is_held)
                and back.first_at - self._window <= call.started_at <= back.latest_at + self._window
            ),
            None,
        )

    def _join(self, call: QuietCall, back: CallBack) -> None:
        self._open[back.item_id] = replace(
            back,
            first_at=min(back.first_at, call.started_at),
            latest_at=max(back.latest_at, call.started_at),
            calls_count=back.calls_count + 1,
        )
        self.plan.joined.append((back.item_id, call))
        self._judge(call, CallVerdict.call_back, f"`{call.outcome}`, once more", back.item_id)

    def _new_near(self, call: QuietCall) -> NewItem | None:
        is_held = self._rules.held_because(call) is not None
        for item in self.plan.new:
            latest = item.latest
            if (
                item.joins
                and latest.caller == call.caller
                and call.started_at <= latest.started_at + self._window
                and (self._rules.held_because(item.calls[0]) is not None) is is_held
            ):
                return item
        return None


def facts_of(calls: Sequence[QuietCall]) -> CallFacts:
    """Return what an item says of the calls that it is made of, by their start."""
    latest = calls[-1]
    return CallFacts(
        caller=latest.caller,
        dialled=latest.dialled,
        queue=latest.queue,
        choice=latest.choice,
        direction=latest.direction,
        outcome=latest.outcome,
        started_at=latest.started_at,
        waited_s=latest.waited_s,
        calls=len(calls),
        first_at=calls[0].started_at,
    )


def counts_of(plan: Plan) -> Counter[CallVerdict]:
    """Return how many calls came to which verdict."""
    return Counter(judged.verdict for judged in plan.judged.values())
