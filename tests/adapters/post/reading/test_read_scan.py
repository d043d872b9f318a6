"""A scan file as a whole: it splits at its sheets, each letter has its Reading, and no page is lost."""

from __future__ import annotations

from datetime import date

import pytest

from adapters.post.reading.plan import ScanPlan
from adapters.post.reading.read import read_scan
from adapters.post.splitting import SplitAt
from inbox.channel import Channel
from inbox.errors import EmptyFile, NotAScan, UnreadableError
from inbox.reading import PageSource
from tests.letters.batches import Batch, batches
from tests.letters.files import as_pdf

RECEIVED_ON = date(2026, 11, 26)
BATCHES = {batch.name: batch for batch in batches()}


def plan(batch: Batch) -> ScanPlan:
    return ScanPlan(split_at=batch.split_at, is_duplex=batch.is_duplex)


@pytest.mark.parametrize("name", list(BATCHES)[:3])
def test_a_batch_becomes_its_letters_each_with_its_own_words(name: str) -> None:
    batch = BATCHES[name]
    told: list[tuple[int, int]] = []
    pages = list(batch.images())
    found = read_scan(as_pdf(pages), RECEIVED_ON, plan(batch), lambda done, of: told.append((done, of)))
    assert found.split.letters == tuple(batch.letters)
    assert told == [(number, len(pages)) for number in range(1, len(pages) + 1)]
    for letter, numbers in zip(found.letters, batch.letters, strict=True):
        assert letter.channel is Channel.post
        assert [page.number for page in letter.pages] == list(numbers)
        assert all(page.read_from is PageSource.ocr and page.confidence > 0.8 for page in letter.pages)
        assert letter.subject
        assert letter.remarks == ()
    assert len({letter.text for letter in found.letters}) == len(found.letters)


def test_without_splitting_the_whole_file_is_one_letter() -> None:
    batch = next(iter(BATCHES.values()))
    found = read_scan(as_pdf(list(batch.images())), RECEIVED_ON, ScanPlan(split_at=SplitAt.nothing))
    assert len(found.letters) == 1


@pytest.mark.parametrize(
    ("content", "error"), [(b"", EmptyFile), (b"hallo", NotAScan), (b"%PDF-1.7\n\x00\xff", UnreadableError)]
)
def test_a_file_that_is_none_has_a_named_outcome(content: bytes, error: type[UnreadableError]) -> None:
    with pytest.raises(error):
        read_scan(content, RECEIVED_ON)
