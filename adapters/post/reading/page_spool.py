"""Pages that were read and wait for their letter: few in memory, many on disk."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from adapters.post.reading.page_reading import PageReading

_IN_MEMORY_BYTES = 8 << 20
"""About 100 dense pages with the text of their PDFs. What is more goes to a file without a name."""


class PageSpool:
    """Keeps page readings in their order, so that memory is the same for 10 and for 500 pages."""

    def __init__(self) -> None:
        """Keep none yet."""
        # The file has no name, so that nothing of it is left when this process is killed.
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115 - closed by `__exit__`
        self._starts: list[int] = []

    def __enter__(self) -> Self:
        """Keep pages until the end of the block."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Let go of all."""
        self._file.close()

    def __len__(self) -> int:
        """Return how many pages were added."""
        return len(self._starts)

    def add(self, reading: PageReading) -> None:
        """Keep the next page."""
        self._file.seek(0, 2)
        self._starts.append(self._file.tell())
        pickle.dump(reading, self._file, pickle.HIGHEST_PROTOCOL)

    def pages(self, numbers: Sequence[int]) -> list[PageReading]:
        """Return these pages, by their numbers from 1."""
        return [self._page(number) for number in numbers]

    def _page(self, number: int) -> PageReading:
        self._file.seek(self._starts[number - 1])
        reading: PageReading = pickle.load(self._file)  # noqa: S301 - only we write there, and it has no name
        return reading
