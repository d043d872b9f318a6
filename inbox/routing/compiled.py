"""A configuration made ready for deciding, once per worker and version."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from inbox.configuration.model import Configuration
from inbox.configuration.overlay import Running, overlay_rules
from inbox.configuration.rule import Rule
from inbox.norms.calendar import WorkingDays
from inbox.routing.addressee import Addressees
from inbox.routing.match import Test, compile_condition


class CompiledConfiguration:
    """The document, its version, what overlays change in it, and what is costly to make from it."""

    def __init__(self, configuration: Configuration, version: int, overlays: Sequence[Running] = ()) -> None:
        """Compile all patterns. `version`: the number under which the document was published; 0 is a draft.

        `overlays`: those in force, the newest first.
        """
        self.document = configuration
        self.version = version
        self.overlays = tuple(overlays)
        first, self.misfits = overlay_rules(self.overlays, configuration)
        self.rules: tuple[tuple[Rule, Test], ...] = tuple(
            (rule, compile_condition(rule.when)) for rule in (*first, *configuration.rules)
        )
        self.addressees = Addressees(configuration.addressees)
        self.days = WorkingDays(configuration.calendar)
        self.zone = ZoneInfo(configuration.organisation.time_zone)
