"""Unfolds scan files in a process of its own: what kills it, or never ends, kills only that."""

from __future__ import annotations

import asyncio
import math
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date

from pydantic import ValidationError

from adapters.post.child import Child, child
from adapters.post.conversation import ANSWER, LONGEST_LINE_BYTES, Asked, Done, Failed, Told, error_of
from adapters.post.reading.plan import ScanPlan
from adapters.post.reading.scan import MEDIA_TYPES, kind_of, refuse_size
from adapters.post.splitting import Remainder, RemainderKind, Split
from inbox.errors import ReaderDied
from inbox.ports import PagesDone
from inbox.unfolding import Unfolded, UnfoldedLetter

_PIECE_BYTES = 1 << 20
_OPENING_SECONDS = 120.0
"""To start, to take the file and to count its pages: some seconds, and more where others keep the machine busy."""
_PDF = MEDIA_TYPES["PDF"]


@dataclass(frozen=True)
class ScanUnfolder:
    """Takes scan files apart, each in a fresh process. The port's Unfolder; any number may run at once."""

    plan: ScanPlan = field(default_factory=ScanPlan)
    seconds_at_most: float = 3600.0
    """For a whole file. A short one has less: the seconds of a page, times its pages."""
    memory_bytes: int = 4 << 30
    """Address space of the process, and of each tesseract: more than is in use."""
    answer_bytes: int = 1 << 30
    """Of all letters' PDFs together: five times the largest file, since some pictures are packed again for PDF."""
    program: str = "adapters.post.unfolding_process"
    """The module that runs in the process."""

    async def __call__(
        self,
        raw: bytes,
        *,
        received_on: date,
        is_one: bool,
        on_progress: PagesDone,
        holds_envelopes: bool = False,
    ) -> Unfolded:
        """Unfold, and read each. Afterwards, however it ends, no process and no file is left behind.

        `on_progress` is called on the event loop, first with 0 when the pages were counted. Raises UnreadableError by
        what the reader met; ReaderDied, saying how, when it was killed, its time was up or its answer is not one;
        SettingsInvalid.
        """
        refuse_size(len(raw), self.plan.pages)
        asked = Asked(
            plan=replace(self.plan, holds_envelopes=holds_envelopes),
            received_on=received_on,
            is_one=is_one,
            size_bytes=len(raw),
            memory_bytes=self.memory_bytes,
            # Should all else fail: each process, tesseract too, ends by itself some time.
            cpu_seconds=math.ceil(self.seconds_at_most) * (os.cpu_count() or 1),
        )
        began = asyncio.get_running_loop().time()
        limit = asyncio.timeout(min(self.seconds_at_most, _OPENING_SECONDS))
        progress = _Progress()

        def tell(told: Told) -> None:
            if progress.of is None:
                limit.reschedule(began + self._seconds(told.of))
            progress.take(told)
            on_progress(told.done, told.of)

        async with child(self.program) as reader:
            talk = _Talk(reader, progress, self.answer_bytes)
            try:
                async with limit:
                    return await talk.about(asked, raw, tell)
            except TimeoutError:
                if not limit.expired():
                    raise
                raise ReaderDied(f"reading took longer than it may{progress}") from None

    def _seconds(self, pages: int) -> float:
        return min(self.seconds_at_most, _OPENING_SECONDS + pages * self.plan.pages.seconds_per_page)


@dataclass
class _Progress:
    """How far the reader is."""

    done: int = 0
    of: int | None = None

    def take(self, told: Told) -> None:
        """Take the next report. Raises ReaderDied for one that goes backwards."""
        if not self.done <= told.done <= told.of or self.of not in (None, told.of):
            raise ReaderDied(f"the reading process reports nonsense{self}")
        self.done, self.of = told.done, told.of

    def __str__(self) -> str:
        return "" if self.of is None else f" ({self.done} of {self.of} pages were read)"


@dataclass
class _Talk:
    """One conversation with a reader."""

    reader: Child
    progress: _Progress
    answer_bytes: int

    async def about(self, asked: Asked, raw: bytes, tell: Callable[[Told], None]) -> Unfolded:
        """Give the file and take what it holds. Raises what the reader met, and ReaderDied."""
        answers, says = await asyncio.open_unix_connection(sock=self.reader.talk, limit=LONGEST_LINE_BYTES)
        # Both at once: a reader that fails before it has heard everything would wait for us as we for it.
        saying = asyncio.create_task(_say(says, asked.model_dump_json().encode() + b"\n", raw))
        try:
            done = await self._done(answers, tell)
            if sum(letter.size_bytes for letter in done.letters) > self.answer_bytes:
                raise ReaderDied(f"the letters take more than {self.answer_bytes} bytes")
            contents = [await answers.readexactly(letter.size_bytes) for letter in done.letters]
            if await answers.read(1):
                raise ReaderDied("the reading process said more than was asked")
            return _unfolded(done, contents, MEDIA_TYPES.get(kind_of(raw), ""))
        except (asyncio.IncompleteReadError, ConnectionError):
            raise await self._died() from None
        finally:
            saying.cancel()
            await asyncio.wait([saying])
            # Not `close`: that would wait for who no longer listens.
            says.transport.abort()

    async def _done(self, answers: asyncio.StreamReader, tell: Callable[[Told], None]) -> Done:
        while True:
            try:
                line = await answers.readuntil(b"\n")
                said = ANSWER.validate_json(line)
            except (asyncio.LimitOverrunError, ValidationError):
                raise ReaderDied(f"the answer of the reading process is not understood{self.progress}") from None
            if isinstance(said, Done):
                return said
            if isinstance(said, Failed):
                raise error_of(said)
            tell(said)

    async def _died(self) -> ReaderDied:
        code = await self.reader.ended()
        if code is None:
            how = "fell silent"
        elif code < 0:
            how = f"was ended by {signal.Signals(-code).name}"
        else:
            how = f"ended with {code}"
        return ReaderDied(f"the reading process {how}{self.progress}")


async def _say(says: asyncio.StreamWriter, *words: bytes) -> None:
    try:
        for part in words:
            whole = memoryview(part)
            # In pieces: written at once, a file of 200 MB would stand in memory twice.
            for start in range(0, len(whole), _PIECE_BYTES):
                says.write(whole[start : start + _PIECE_BYTES])
                await says.drain()
    except ConnectionError:
        return  # it died: its end says how


def _unfolded(done: Done, contents: list[bytes], media_type: str) -> Unfolded:
    """Return it. `media_type`: the file's. Raises PagesLost when pages in are not pages out."""
    Split(
        done.pages,
        tuple(letter.pages for letter in done.letters),
        tuple(Remainder(left.page, RemainderKind(left.kind)) for left in done.remainders),
    )
    return Unfolded(
        pages=done.pages,
        letters=tuple(
            UnfoldedLetter(letter.reading, letter.pages, content, _PDF)
            for letter, content in zip(done.letters, contents, strict=True)
        ),
        remainders=done.remainders,
        scanner=done.scanner,
        media_type=media_type,
    )
