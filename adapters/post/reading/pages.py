"""The pages of a scan, read side by side and given in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from adapters.post.reading.ocr import check_languages
from adapters.post.reading.page_reading import PageReading, SeparatorCode, read_page
from adapters.post.reading.scan import Scan
from adapters.post.reading.settings import PageReaderSettings

Progress = Callable[[int, int], None]
"""Is told how many pages are done, of how many."""

_AHEAD = 2
"""Pages under way beyond those being read, so that no processor waits for the slowest page's turn."""


def read_pages(
    scan: Scan,
    settings: PageReaderSettings | None = None,
    separator_code: SeparatorCode | None = None,
    progress: Progress | None = None,
) -> Iterator[PageReading]:
    """Yield every page of the scan, in order, read over all processors; so many as it has, whatever befalls one.

    Threads are enough: tesseract is a process for each page, and what is done to pictures lets others run. No more
    pages are held than are being read and two more, so memory is the same for 10 and for 500 pages.
    Raises SettingsInvalid, before any page, when tesseract or the data of a language is not there.
    """
    settings = settings or PageReaderSettings()
    check_languages(settings.languages)
    at_once = settings.at_once or len(os.sched_getaffinity(0))
    whole = len(scan)
    under_way: deque[Future[PageReading]] = deque()
    done = 0
    with ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="page") as readers:
        try:
            for number in range(1, whole + 1):
                under_way.append(readers.submit(read_page, scan.page(number), settings, separator_code))
                while len(under_way) >= at_once + _AHEAD or (under_way and number == whole):
                    reading = under_way.popleft().result()
                    done += 1
                    if progress is not None:
                        progress(done, whole)
                    yield reading
        finally:
            for waiting in under_way:
                waiting.cancel()
