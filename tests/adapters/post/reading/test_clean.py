"""What is done to a picture before it is read."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

from adapters.post.reading.clean import cleaned
from adapters.post.reading.ink import ink_of
from tests.adapters.post.reading.sheets import sheet


def steepest(picture: Image.Image) -> int:
    return int(np.abs(np.diff(np.asarray(picture).astype(np.int16), axis=1)).max())


def test_edges_without_grey_are_softened_and_the_margins_stay() -> None:
    page = sheet().point(lambda level: 255 if level > 150 else 0)
    ink = ink_of(page)
    picture, done = cleaned(page, ink)
    assert done == ()
    assert picture.size == page.size
    assert steepest(picture) < 200 < steepest(page)
    left, top, right, bottom = ink.box(page.size)
    assert 0 < left < right < page.width
    assert 0 < top < bottom < page.height
    assert picture.crop((0, 0, left, page.height)).tobytes() == page.crop((0, 0, left, page.height)).tobytes()


def test_a_page_that_a_lens_has_softened_stays_as_it_is() -> None:
    page = sheet().filter(ImageFilter.GaussianBlur(1))
    picture, done = cleaned(page, ink_of(page))
    assert done == ()
    assert picture.tobytes() == page.tobytes()


def test_grain_that_white_paper_cuts_in_half_is_still_grain() -> None:
    page = np.asarray(sheet(paper=252)).astype(np.float32)
    grain = np.random.default_rng(3).standard_normal(page.shape) * 22
    picture = Image.fromarray(np.clip(page + grain, 0, 255).astype(np.uint8))
    assert "grainy" in cleaned(picture, ink_of(picture))[1]


def test_the_box_of_nothing_is_empty() -> None:
    page = Image.new("L", (400, 600), 255)
    assert ink_of(page).box(page.size) == (0, 0, 0, 0)
