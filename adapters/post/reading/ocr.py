"""One page through tesseract: words with confidence and the text layer of its PDF, in one pass."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image

from adapters.post.reading.scan import DPI
from adapters.post.reading.word import Word
from inbox.errors import OutOfTime, SettingsInvalid, UnreadableError

_PROGRAM = "tesseract"
_ASK_SECONDS = 20.0
_WORD_LEVEL = "5"
_LONGEST_WORD = 200
"""Characters; longer is a ruled line or a pattern."""


@dataclass(frozen=True)
class Recognised:
    """What tesseract made of a picture."""

    words: tuple[Word, ...]
    text_pdf: bytes
    """A PDF of one page in the picture's size that holds the words and nothing to see."""


def recognise(
    picture: Image.Image, languages: Sequence[str], seconds: float, *, is_one_block: bool = False
) -> Recognised:
    """Return the words of an upright picture (mode L, at DPI) and its invisible text.

    `is_one_block`: every line is read from left to right, and nothing is taken for a picture; columns run together.

    Raises OutOfTime when it took longer (tesseract is ended), UnreadableError when tesseract dies of it, SettingsInvalid
    when tesseract or a language is not there.
    """
    check_languages(tuple(languages))
    with tempfile.TemporaryDirectory(prefix="page-") as folder:
        source, target = Path(folder, "page.pgm"), Path(folder, "page")
        # Unpacked, since both sides write and read that faster than anything packed.
        picture.save(source, "PPM")
        outputs = ("tessedit_create_tsv=1", "tessedit_create_pdf=1", "textonly_pdf=1")
        settings = [part for output in outputs for part in ("-c", output)]
        if is_one_block:
            settings += ["--psm", "6"]
        _run([str(source), str(target), "-l", "+".join(languages), "--dpi", str(DPI), *settings], seconds)
        try:
            table = target.with_suffix(".tsv").read_text(encoding="utf-8", errors="replace")
            text_pdf = target.with_suffix(".pdf").read_bytes()
        except OSError:
            raise UnreadableError("tesseract gave no words for the page") from None
    return Recognised(_words(table, *picture.size), text_pdf)


def quarters_by_script(picture: Image.Image, seconds: float) -> int | None:
    """Return after how many quarter turns counter-clockwise tesseract takes the page for upright; None: it cannot say.

    Raises OutOfTime and SettingsInvalid.
    """
    check_languages(("osd",))
    with tempfile.TemporaryDirectory(prefix="page-") as folder:
        source = Path(folder, "page.pgm")
        # Half the size is enough for it, and three times as fast.
        picture.reduce(2).save(source, "PPM")
        try:
            said = _run([str(source), "-", "--psm", "0", "--dpi", str(DPI // 2)], seconds)
        except OutOfTime:
            raise
        except UnreadableError:
            return None  # too few characters
    found = re.search(rb"Rotate: (\d+)", said)
    # It says how far to turn clockwise.
    return (-int(found[1]) // 90) % 4 if found else None


def check_languages(languages: tuple[str, ...]) -> None:
    """Raise SettingsInvalid when tesseract is not installed, or has no data for a language."""
    missing = [language for language in languages if language not in _installed()]
    if missing or not languages:
        named = ", ".join(missing) or "none"
        raise SettingsInvalid(
            f"`post.pages.languages`: tesseract has no data for {named}; install the Debian package tesseract-ocr-<language>"
        )


@lru_cache(maxsize=1)
def _installed() -> frozenset[str]:
    said = _run(["--list-langs"], _ASK_SECONDS).decode(errors="replace")
    return frozenset(line.strip() for line in said.splitlines()[1:])


def _run(arguments: list[str], seconds: float) -> bytes:
    """Return what tesseract says; afterwards it has ended. One thread each: pages are read side by side instead."""
    if seconds <= 0:
        raise OutOfTime("the page took longer than it may")
    try:
        ran = subprocess.run(  # noqa: S603 - a program of the installation, and arguments of ours
            [_PROGRAM, *arguments],
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except FileNotFoundError:
        raise SettingsInvalid("tesseract is not installed: install the Debian package tesseract-ocr") from None
    except subprocess.TimeoutExpired:
        raise OutOfTime(f"the page took longer than {seconds:.0f} seconds") from None
    if ran.returncode:
        raise UnreadableError(f"tesseract ended with {ran.returncode}")
    return ran.stdout


def _words(table: str, width: int, height: int) -> tuple[Word, ...]:
    """Return the words of tesseract's TSV, in its reading order."""
    words = []
    for row in csv.reader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
        if len(row) != 12 or row[0] != _WORD_LEVEL or not row[11].strip():
            continue
        left, top, wide, high = (int(place) for place in row[6:10])
        words.append(
            Word(
                text=row[11].strip()[:_LONGEST_WORD],
                left=_thousandths(left, width),
                top=_thousandths(top, height),
                right=_thousandths(left + wide, width),
                bottom=_thousandths(top + high, height),
                confidence=max(0.0, min(1.0, float(row[10]) / 100)),
                line=(int(row[2]), int(row[3]), int(row[4])),
            )
        )
    return tuple(words)


def _thousandths(place: int, whole: int) -> int:
    return max(0, min(1000, round(1000 * place / whole)))
