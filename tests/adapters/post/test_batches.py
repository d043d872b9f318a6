"""Every batch of the scanner splits exactly, its separators read by the real reader."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from adapters.post.reading.separator import SeparatorReader
from adapters.post.splitting import PageKind, split
from tests.letters.batches import Batch, batches


def has_nothing(page: Image.Image) -> bool:
    """Tell empty backs from letters: enough for these pages, and only for them."""
    levels = np.asarray(page.convert("L").reduce(4)).astype(int)
    return bool((levels < np.median(levels) - 40).mean() < 0.0002)


@pytest.mark.parametrize("batch", batches(), ids=lambda batch: batch.name)
def test_every_batch_splits_exactly(batch: Batch) -> None:
    reader = SeparatorReader(batch.marks)
    kinds: list[PageKind] = []
    for page in batch.images():
        if has_nothing(page):
            kinds.append(PageKind.blank)
        else:
            kinds.append(PageKind.separator if reader.mark_on(page) else PageKind.words)
    assert kinds == [page.kind for page in batch.pages]
    done = split(kinds, batch.split_at, is_duplex=batch.is_duplex)
    assert done.letters == batch.letters
    assert done.pages == len(batch.pages)
