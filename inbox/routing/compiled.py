"""A configuration made ready for deciding, once per worker and version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from inbox.calls.phone_hours import PhoneHours
from inbox.configuration.conditions import topics_in
from inbox.configuration.model import Configuration
from inbox.configuration.overlay import Running, overlay_rules
from inbox.configuration.rule import Rule
from inbox.norms.calendar import WorkingDays
from inbox.routing.addressee import Addressees
from inbox.routing.index import RuleIndex
from inbox.routing.match import Test, compile_condition
from inbox.routing.moments import Clock
from inbox.routing.topics import Topics


class CompiledConfiguration:
    """The document, its version, what overlays change in it, and what is costly to make from it."""

    def __init__(self, configuration: Configuration, version: int, overlays: Sequence[Running] = ()) -> None:
        """Compile all patterns, and learn the topics if a rule asks for one. `version`: the number under which the document was published; 0 is a draft.

        `overlays`: those in force, the newest first.
        """
        self.document = configuration
        self.version = version
        self.overlays = tuple(overlays)
        first, self.misfits = overlay_rules(self.overlays, configuration)
        self.rules: tuple[tuple[Rule, Test], ...] = tuple(
            (rule, compile_condition(rule.when)) for rule in (*first, *configuration.rules)
        )
        self.index = RuleIndex((*first, *configuration.rules))
        self.addressees = Addressees(configuration.addressees)
        asks_for_topics = any(True for rule, _ in self.rules for _ in topics_in(rule.when))
        self.topics = Topics(configuration.topics) if asks_for_topics else None
        self.days = WorkingDays(configuration.calendar)
        self.zone = ZoneInfo(configuration.organisation.time_zone)
        self._hours = PhoneHours(configuration.calls.opening, self.days)

    def clock(self, received_at: datetime) -> Clock:
        """Return a moment as the organisation's clock and calendar tell it."""
        local = received_at.astimezone(self.zone)
        is_open = self.days.is_working_day(local.date()) and not self._hours.are_over(local)
        return Clock(local, is_open)
