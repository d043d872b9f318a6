"""Makes a page easier to read, and only where its figures say that it needs it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from adapters.post.reading.ink import Ink

_PALE = 150
"""Grey steps between paper and ink below which contrast is stretched; a laser print has above 200."""
_GREY_PAPER = 170
"""Paper darker than this is stretched too."""
_SPECKLED = 0.002
"""Share of pixels that are lone dark specks; a clean page has a tenth of that."""
_GRAINY = 7.0
"""Standard deviation of the paper's grey; JPEG alone gives up to 5, and on white paper half of the grain is cut off."""
_CRISP = 0.05
"""Share of edges that go from paper to ink within one pixel. A lens leaves 0.01 and less, print drawn by a program and
pages in black and white have 0.1 to 0.5."""
_EVERY = 12
"""Rows: each line of type is crossed two or three times."""
_EDGE, _WHOLE_EDGE = 0.15, 0.6
"""Share of the way from paper to ink from which a step is an edge, and from which it is a crisp one."""
_UNEVEN = 45
"""Grey steps between the lightest and the darkest paper of one page: a photograph, a fold, a stain."""
_LEAST_CONTRAST = 40
"""Grey steps between paper and ink of the strip that is looked at; below that no words stand in it."""
_STEP = 100
"""Grey steps below the paper from which a pixel is ink for certain."""
_DARK = 128
_SOFT = ImageFilter.GaussianBlur(1.2)
"""Reads pages with a grain of up to 100; with 0.8 nothing is left above 70. It is also as soft as a good lens is."""


def cleaned(picture: Image.Image, ink: Ink) -> tuple[Image.Image, tuple[str, ...]]:
    """Return the picture (mode L) for reading and what was done: `uneven`, `pale`, `speckled`, `grainy`.

    Edges without any grey are softened too, which is no remark: tesseract learned from scans, and reads such edges a
    third to a half better when a lens seems to have seen them. Below a stain that costs more than it gains.
    """
    done = []
    if _paper_range(picture) > _UNEVEN:
        picture, ink_paper, ink_darkest = _evened(picture), 255, ink.darkest
        done.append("uneven")
    else:
        ink_paper, ink_darkest = ink.paper, ink.darkest
    if ink_paper - ink_darkest < _PALE or ink_paper < _GREY_PAPER:
        picture = _stretched(picture, ink_darkest, ink_paper)
        done.append("pale")
    sample = np.asarray(_middle(picture))
    # Grain first: where it is strong it leaves lone specks too, and blurring takes both.
    if _grain(sample) > _GRAINY:
        done.append("grainy")
    elif _lone_share(sample) > _SPECKLED:
        picture = picture.filter(ImageFilter.MedianFilter(3))
        done.append("speckled")
    if "grainy" in done:
        picture = picture.filter(_SOFT)
    elif not ink.is_soiled and _crisp_share(np.asarray(picture)[::_EVERY]) > _CRISP:
        picture = _softened(picture, ink)
    return picture, tuple(done)


def _middle(picture: Image.Image) -> Image.Image:
    """Return a strip of the page that has about a tenth of its pixels."""
    width, height = picture.size
    return picture.crop((width // 8, height // 4, width - width // 8, height // 4 + max(1, height // 8)))


def _paper_range(picture: Image.Image) -> int:
    """Return how far the grey of the paper goes from place to place: the light of each tile, without the outermost."""
    small = np.asarray(picture.reduce(min(8, *picture.size)))
    rows, columns = (side // 16 * 16 for side in small.shape)
    if not rows or not columns:
        return 0
    tiles = small[:rows, :columns].reshape(rows // 16, 16, columns // 16, 16).swapaxes(1, 2).reshape(-1, 256)
    light = np.percentile(tiles, 90, axis=1)
    # Tiles that are all picture or all black bar are no paper.
    return int(np.percentile(light, 95) - np.percentile(light, 5))


def _evened(picture: Image.Image) -> Image.Image:
    """Return it with the light of each place as white."""
    small = picture.reduce(min(8, *picture.size)).filter(ImageFilter.MaxFilter(5)).filter(ImageFilter.GaussianBlur(6))
    light = np.asarray(small.resize(picture.size, Image.Resampling.BILINEAR)).astype(np.uint16)
    grey = np.asarray(picture).astype(np.uint16)
    return Image.fromarray(np.minimum(255, grey * 255 // np.maximum(light, 40)).astype(np.uint8))


def _stretched(picture: Image.Image, darkest: int, paper: int) -> Image.Image:
    span = max(1, paper - darkest)
    # Paper becomes 240 and not 255, so that the grain of the paper is not cut into specks.
    return picture.point([max(0, min(255, (grey - darkest) * 240 // span)) for grey in range(256)])


def _lone_share(grey: NDArray[np.uint8]) -> float:
    """Return the share of pixels that are dark and have at most one dark neighbour of eight, 0 to 1."""
    dark = np.pad((grey < _DARK).astype(np.uint8), 1)
    rows = dark[:-2] + dark[1:-1] + dark[2:]
    around = rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]
    lone = (dark[1:-1, 1:-1] == 1) & (around <= 2)
    return float(lone.mean()) if lone.size else 0.0


def _grain(sample: NDArray[np.uint8]) -> float:
    """Return the standard deviation of the paper's grey, told by the steps between neighbours that are both paper."""
    grey = sample.astype(np.int16)
    is_paper = grey > int(np.median(grey)) - _STEP
    both = is_paper[:, 1:] & is_paper[:, :-1]
    steps = np.abs(np.diff(grey, axis=1))[both]
    # The median step of normal noise is 0.95 of its deviation; edges of letters do not move it.
    return float(np.median(steps)) / 0.95 if len(steps) else 0.0


def _softened(picture: Image.Image, ink: Ink) -> Image.Image:
    """Return it with soft edges where it has any: the margins are half of many pages, and have none."""
    box = ink.box(picture.size)
    soft = picture.copy()
    soft.paste(picture.crop(box).filter(_SOFT), box)
    return soft


def _crisp_share(sample: NDArray[np.uint8]) -> float:
    """Return the share of the edges, across the page, that one pixel takes from paper to ink, 0 to 1."""
    paper, ink = (int(np.percentile(sample, share)) for share in (50, 0.5))
    contrast = paper - ink
    if contrast < _LEAST_CONTRAST:
        return 0.0
    steps = np.abs(np.diff(sample.astype(np.int16), axis=1))
    edges = steps[steps > _EDGE * contrast]
    return float((edges > _WHOLE_EDGE * contrast).mean()) if len(edges) else 0.0
