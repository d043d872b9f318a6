"""Characters read wrong, by what happened to the page, against bare tesseract on the same pictures."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
from PIL import Image

from adapters.post.reading.pages import read_pages
from adapters.post.reading.scan import open_scan
from adapters.post.reading.settings import PageReaderSettings
from tests.adapters.post.reading.sheets import tiff
from tests.bench.row import Row
from tests.letters.degrade import DAMAGES, degraded
from tests.letters.letter import held_out, letters
from tests.letters.sheet import DPI, HEIGHT, LetterPage
from tests.letters.typeset import typeset

_LETTERS = (
    "complaint", "noise_english", "notice_of_default", "objection", "pavement", "tax_objection", "tree", "viewpoint",
)  # fmt: skip
"""Of one column, so that there is one order to read them in."""
_CLEAN = "clean"
_HALVED = (
    "rotated_90", "rotated_180", "rotated_270", "skewed", "skewed_left", "salt_and_pepper", "gaussian",
)  # fmt: skip
"""Rotated, skewed and noisy pages, of which half as many characters may be misread."""
_SEED, _HELD_OUT_SEED = 1, 900
_SETTINGS = PageReaderSettings()


def rows() -> Iterator[Row]:
    """Yield a row for each kind of damage, and one for all of those that must be halved: of the letters by which the
    reader was tuned, then of those by which it was not.
    """
    # A signature has no characters: whatever either reads in it counts as misread. The tuned ones are without, the
    # held-out ones are as they would come.
    tuned = [page for name in _LETTERS for page in typeset(letters()[name], is_signed=False)]
    yield from _by_damage("characters misread", tuned, _SEED, "without signatures")
    held = [page for letter in held_out().values() for page in typeset(letter)]
    yield from _by_damage("held out, characters misread", held, _HELD_OUT_SEED, "signed, never tuned on")


def _by_damage(name: str, pages: Sequence[LetterPage], seed: int, which: str) -> Iterator[Row]:
    truths = [page.text for page in pages]
    how = (
        f"percent of characters wrong (edit distance over words with one space between), {len(pages)} pages {which}; "
        "yardstick: `tesseract page.png - -l nld+eng`"
    )
    halved = []
    for damage in (_CLEAN, *DAMAGES):
        names = () if damage == _CLEAN else (damage,)
        seeds = range(seed * len(pages), (seed + 1) * len(pages))
        # Copies: a saved picture keeps what its file was told.
        pictures = [degraded(page.image, *names, seed=seed).copy() for seed, page in zip(seeds, pages, strict=True)]
        aim = "<= 1" if damage == _CLEAN else "<= 0.5" if damage in _HALVED else ""
        ours, bare = _percent(_ours(pictures), truths), _percent(_bare(pictures), truths)
        row = Row(f"{name}, {damage}", ours, bare, "%", aim, how)
        if damage in _HALVED:
            halved.append(row)
        yield row
    ours, bare = (sum(part) / len(halved) for part in zip(*((row.ours, row.yardstick) for row in halved), strict=True))
    yield Row(f"{name}, rotated, skewed and noisy pages together", ours, bare, "%", "<= 0.5", how)


def _ours(pictures: Sequence[Image.Image]) -> list[str]:
    dpi = _dpi(pictures[0])
    content = tiff(list(pictures), compression="tiff_lzw", dpi=(dpi, dpi))
    with closing(open_scan(content, _SETTINGS)) as scan:
        return [page.words.text for page in read_pages(scan, _SETTINGS)]


def _bare(pictures: Sequence[Image.Image]) -> list[str]:
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(len(os.sched_getaffinity(0))) as runners:
        files = [Path(folder, f"{number}.png") for number in range(len(pictures))]
        for file, picture in zip(files, pictures, strict=True):
            picture.save(file, dpi=(_dpi(picture), _dpi(picture)))
        return list(runners.map(_asked, files))


def _asked(file: Path) -> str:
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    command = ["tesseract", str(file), "-", "-l", "+".join(_SETTINGS.languages)]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def _dpi(picture: Image.Image) -> int:
    """Return its resolution: a fax has half of it."""
    return round(DPI * max(picture.size) / HEIGHT)


def _percent(read: Sequence[str], truths: Sequence[str]) -> float:
    pairs = [(" ".join(said.split()), " ".join(truth.split())) for said, truth in zip(read, truths, strict=True)]
    return 100 * sum(distance(*pair) for pair in pairs) / sum(len(truth) for _, truth in pairs)


def distance(one: str, other: str) -> int:
    """Return how many characters must be put in, taken out or replaced to make one of the other (Levenshtein)."""
    target = np.frombuffer(other.encode("utf-32-le"), dtype=np.uint32)
    places = np.arange(len(target) + 1)
    row = places.copy()
    for count, sign in enumerate(one, start=1):
        taken = row + 1
        taken[1:] = np.minimum(taken[1:], row[:-1] + (target != ord(sign)))
        taken[0] = count
        # What is put in costs one for each place that it moves on.
        row = np.minimum.accumulate(taken - places) + places
    return int(row[-1])
