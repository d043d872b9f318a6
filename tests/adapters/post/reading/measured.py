"""How right the fields of the test letters are: precision and recall per field, and what high confidence is worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from adapters.post.reading.fields.letter_fields import letter_fields
from adapters.post.reading.letter import HIGH
from adapters.post.reading.word import PageWords
from inbox.reading import LetterField
from tests.adapters.post.reading.letters import LETTERS, OURS, RECEIVED_ON, Letter
from tests.adapters.post.reading.typesetting import misread


@dataclass
class Measure:
    """Counts of values, over letters."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    high_right: int = 0
    high_wrong: int = 0
    mistakes: list[str] = field(default_factory=list)

    def count(self, letter: Letter, fields: Iterable[LetterField]) -> None:
        read: dict[str, set[str]] = {}
        for one in fields:
            if not one.value:
                continue
            is_right = one.value in letter.truth.get(one.name, set())
            read.setdefault(one.name, set()).add(one.value)
            (self.right if is_right else self.wrong)[one.name] += 1
            if one.confidence >= HIGH:
                self.high_right += is_right
                self.high_wrong += not is_right
                if not is_right:
                    self.mistakes.append(f"{letter.name}: {one.name} {one.value!r} {one.confidence}")
        for name, values in letter.truth.items():
            self.missed[name] += len(values - read.get(name, set()))

    @property
    def high_share(self) -> float:
        return self.high_right / max(1, self.high_right + self.high_wrong)

    def precision(self, name: str | None = None) -> float:
        right, wrong = (self._sum(counts, name) for counts in (self.right, self.wrong))
        return right / max(1, right + wrong)

    def recall(self, name: str | None = None) -> float:
        right, missed = (self._sum(counts, name) for counts in (self.right, self.missed))
        return right / max(1, right + missed)

    def table(self, title: str) -> str:
        names = sorted({*self.right, *self.wrong, *self.missed})
        rows = [f"{title}: {'field':<24}{'values':>7}{'precision':>11}{'recall':>8}"]
        for name in [*names, None]:
            values = self._sum(self.right, name) + self._sum(self.missed, name)
            rows.append(
                f"{' ' * len(title)}  {name or 'all':<24}{values:>7}{self.precision(name):>11.3f}{self.recall(name):>8.3f}"
            )
        high = self.high_right + self.high_wrong
        rows.append(f"{' ' * len(title)}  confidence {HIGH} or more: {high} values, {self.high_share:.4f} right")
        return "\n".join(rows)

    @staticmethod
    def _sum(counts: Counter[str], name: str | None) -> int:
        return counts[name] if name else counts.total()


def measure(rate: float, seeds: int) -> Measure:
    """Return the counts over all letters, each misread in so many ways at this share of damaged words."""
    measured = Measure()
    for seed in range(seeds):
        for letter in LETTERS:
            measured.count(letter, letter_fields(_read(letter, rate, seed), RECEIVED_ON, OURS))
    return measured


def _read(letter: Letter, rate: float, seed: int) -> list[PageWords]:
    return misread(letter.pages, rate, seed * 1_000 + len(letter.name)) if rate else letter.pages
