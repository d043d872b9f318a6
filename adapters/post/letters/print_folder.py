"""A folder that a printing program empties: each letter appears in it once, whole.

The order, and what a crash or a power cut between two steps leaves behind:

1. The letter under a hidden name beside its place, and its mark under a hidden name in `.taken/`, both durable.
   A crash here leaves hidden files; the next attempt removes them and begins anew.
2. `claim`.
3. The letter is renamed to `<name>.pdf`, and the folder is made durable. From here on it cannot be lost.
   A crash before this is done: either nothing appeared, and the next attempt begins anew; or the letter stands there,
   and the next attempt only sets the mark.
4. The mark is renamed to `.taken/<name>`, and `.taken/` is made durable. From here on the letter never appears again,
   also when the program has taken it out.

Only a crash after step 3 began and before step 4 is durable, when the program takes the letter out before the next
attempt, makes the same bytes appear once more. The other order, mark first, could lose a letter.

A mark holds the letter's digest, so that another letter under its name is refused whether or not the first is still
there. Marks take a few bytes each and are never removed here; whoever tidies up leaves those of the last months.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from inbox.errors import AnswerLost, DestinationRefused, DestinationUnavailable
from inbox.ports import Claim, Taken

SETTING = "letters.print_folder"
_MARKS = ".taken"
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_FILE_MODE = 0o660
"""Before the umask. The printing program is mostly another user of the same group; nobody else may read."""
_FOLDER_MODE = 0o770


class _Staged(NamedTuple):
    """Durable files under hidden names."""

    letter: Path
    mark: Path


class PrintFolder:
    """Puts letters into a folder. A LetterSender: a letter appears whole or not at all, and survives a power cut."""

    def __init__(self, folder: Path) -> None:
        """`folder`: must be there; on one file system with its hidden `.taken/`, which is made when needed."""
        self._folder = folder
        self._marks = folder / _MARKS

    async def send(self, name: str, letter: bytes, claim: Claim) -> Taken:
        """Make `<name>.pdf` appear, unless it did so before; the reply names it and which of the two it was.

        Raises DestinationUnavailable when the folder cannot be used, DestinationRefused when the name is no file name
        or belongs to other content, AnswerLost when making it appear failed half-way.
        """
        if not _SAFE_NAME.fullmatch(name):
            raise DestinationRefused("the letter's name cannot be a file name")
        staged = await asyncio.to_thread(self._stage, name, letter)
        try:
            await claim()
        except BaseException:
            await asyncio.to_thread(self._remove_leftovers, name)
            raise
        # Once begun, it goes on to its end in its thread, also when we are cancelled here.
        return Taken(await asyncio.to_thread(self._hand_over, name, letter, staged))

    async def check(self) -> None:
        """Ask whether the folder may be written. Writes nothing. Raises DestinationUnavailable."""
        if not await asyncio.to_thread(self._is_writable):
            raise DestinationUnavailable(f"{SETTING}: {self._folder} is missing or cannot be written")

    def _stage(self, name: str, letter: bytes) -> _Staged | None:
        """Write what is still to come, hidden and durable; None when the letter was handed over. What tends to fail
        fails here.
        """
        try:
            if self._was_taken(name, letter):
                return None
            self._is_there(name, letter)
            self._remove_leftovers(name)
            if not self._marks.is_dir():
                self._marks.mkdir(mode=_FOLDER_MODE, exist_ok=True)
            return _Staged(
                letter=_hidden(self._folder, f"{name}.pdf", letter),
                mark=_hidden(self._marks, name, _digest(letter)),
            )
        except OSError as error:
            self._remove_leftovers(name)
            raise self._unavailable(error) from error

    def _hand_over(self, name: str, letter: bytes, staged: _Staged | None) -> str:
        try:
            return self._reveal(name, letter, staged)
        finally:
            self._remove_leftovers(name)

    def _reveal(self, name: str, letter: bytes, staged: _Staged | None) -> str:
        # Looked at anew: another attempt may have been busy until our claim.
        try:
            if staged is None or self._was_taken(name, letter):
                return f"{name}.pdf was handed over before"
            is_there = self._is_there(name, letter)
        except OSError as error:
            raise self._unavailable(error) from error
        try:
            if not is_there:
                staged.letter.rename(self._folder / f"{name}.pdf")
            _sync(self._folder)
        except OSError as error:
            raise AnswerLost(f"{SETTING}: {self._folder / name}.pdf may be there: {error.strerror}") from error
        told = f"{name}.pdf was there already" if is_there else f"{name}.pdf was written"
        try:
            staged.mark.rename(self._marks / name)
            _sync(self._marks)
        except OSError as error:
            # It is there, durably: to say otherwise would bring it once more.
            return f"{told}; its mark in {_MARKS} could not be set: {error.strerror}"
        return told

    def _was_taken(self, name: str, letter: bytes) -> bool:
        """Return whether the letter was handed over. Raises DestinationRefused when another one was."""
        try:
            marked = (self._marks / name).read_bytes()
        except FileNotFoundError:
            return False
        if marked != _digest(letter):
            raise DestinationRefused(f"{name} was handed over before with other content; it was not written again")
        return True

    def _is_there(self, name: str, letter: bytes) -> bool:
        """Return whether the letter stands there. Raises DestinationRefused when another one does."""
        path = self._folder / f"{name}.pdf"
        try:
            if path.read_bytes() != letter:
                raise DestinationRefused(f"{path} is there with other content; it was not overwritten")
        except FileNotFoundError:
            return False
        return True

    def _remove_leftovers(self, name: str) -> None:
        """Remove hidden files of this letter, also those of an attempt that died."""
        with suppress(OSError):
            for folder in (self._folder, self._marks):
                for hidden in folder.glob(f".{name}.*.part"):
                    hidden.unlink(missing_ok=True)

    def _is_writable(self) -> bool:
        places = [self._folder, self._marks] if self._marks.exists() else [self._folder]
        return all(place.is_dir() and os.access(place, os.R_OK | os.W_OK | os.X_OK) for place in places)

    def _unavailable(self, error: OSError) -> DestinationUnavailable:
        return DestinationUnavailable(f"{SETTING}: {self._folder} cannot be used: {error.strerror}")


def _digest(letter: bytes) -> bytes:
    return hashlib.sha256(letter).hexdigest().encode() + b"\n"


def _hidden(folder: Path, name: str, content: bytes) -> Path:
    hidden = folder / f".{name}.{secrets.token_hex(8)}.part"
    descriptor = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return hidden


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
