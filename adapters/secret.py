"""Where a secret stands: the settings name an environment variable or a file, and never hold it."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from inbox.errors import SettingsInvalid


def without_controls(value: str) -> str:
    """Refuse line ends and other control characters: they would end an IMAP or SMTP command."""
    if any(unicodedata.category(character) == "Cc" for character in value):
        raise ValueError("holds a control character")
    return value


Word = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(without_controls)]


def from_environment(owner: str, setting: str, variable: str) -> str:
    """Return the secret of one line in this variable. Raises SettingsInvalid, naming `setting` and its owner."""
    return _one_line(owner, setting, os.environ.get(variable, ""))


def from_file(owner: str, setting: str, path: Path) -> str:
    """Return the secret of one line in this file, without the line ends behind it. Raises SettingsInvalid."""
    return _one_line(owner, setting, text_of(owner, setting, path).rstrip("\r\n"))


def text_of(owner: str, setting: str, path: Path) -> str:
    """Return all of the file. Raises SettingsInvalid, naming `setting` and its owner."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsInvalid(f"{owner}: `{setting}` cannot be read ({type(error).__name__})") from None


def _one_line(owner: str, setting: str, secret: str) -> str:
    if not secret:
        raise SettingsInvalid(f"{owner}: `{setting}` leads to no password: it is not set, or empty")
    if any(character in secret for character in "\r\n\0"):
        raise SettingsInvalid(f"{owner}: `{setting}` leads to a password with a line end or NUL in it")
    return secret
