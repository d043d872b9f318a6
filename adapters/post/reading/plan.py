"""How a scan is to be taken apart: everything that the reading process must know, and nothing that it need not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

from adapters.post.reading.bar import DEFAULT_BAR, QualityBar
from adapters.post.reading.fields.ours import NOBODY, Ours
from adapters.post.reading.marks import NO_MARKS, SeparatorMarks
from adapters.post.reading.settings import PageReaderSettings, PostReadingSettings
from adapters.post.splitting import SplitAt


@dataclass(frozen=True)
class ScanPlan:
    """How scans are taken apart, and what is known of the house that they come to."""

    pages: PageReaderSettings = field(default_factory=PageReaderSettings)
    marks: SeparatorMarks = field(default_factory=SeparatorMarks)
    split_at: SplitAt = SplitAt.separators
    is_duplex: bool = False
    ours: Ours = NOBODY
    bar: QualityBar = DEFAULT_BAR
    holds_envelopes: bool = False
    """Whatever comes from there is an envelope that nobody opened."""

    def as_one(self) -> Self:
        """Return the plan for a file that is known to hold one letter: nothing separates, and no mark is looked for."""
        return replace(self, marks=NO_MARKS, split_at=SplitAt.nothing)


def plan_of(settings: PostReadingSettings, ours: Ours = NOBODY) -> ScanPlan:
    """Return the plan that the settings describe, for this house."""
    return ScanPlan(
        pages=settings.pages,
        marks=settings.separators.marks,
        split_at=settings.split_at,
        is_duplex=settings.is_duplex,
        ours=ours,
        bar=settings.bar,
    )
