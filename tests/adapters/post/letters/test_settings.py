"""The settings of letters: what is accepted, and what is refused with a reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.notify_nl.settings import NotifyNlSettings
from adapters.post.letters.settings import HouseSettings, LetterSettings

HOUSE: dict[str, Any] = {
    "name": "Gemeente Proefstad",
    "return_address": ["Postbus 12", "1234 AB Proefstad"],
    "place": "Proefstad",
}
NOTIFY = {"api_key": "env:NOTIFY_KEY"}


def test_a_folder_is_enough() -> None:
    settings = LetterSettings.model_validate({"house": HOUSE, "print_folder": "print"})
    assert settings.print_folder == Path("print")
    assert settings.house.contact_lines == ()


def test_notify_nl_has_its_own_address() -> None:
    settings = LetterSettings.model_validate({"house": HOUSE, "notify_nl": NOTIFY})
    assert settings.notify_nl is not None
    assert settings.notify_nl.url.startswith("https://")


@pytest.mark.parametrize("printers", [{}, {"print_folder": "print", "notify_nl": NOTIFY}])
def test_exactly_one_prints(printers: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="either `print_folder` or `notify_nl`"):
        LetterSettings.model_validate({"house": HOUSE, **printers})


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "twee\nregels"},
        {"place": "x" * 101},
        {"return_address": []},
        {"return_address": ["Postbus 12345", "1234 AB Een zeer lange plaatsnaam aan de rivier en aan de zee"]},
        {"contact_lines": ["a", "b", "c", "d"]},
        {"unknown": 1},
    ],
)
def test_what_would_not_print_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        HouseSettings.model_validate({**HOUSE, **change})


@pytest.mark.parametrize(
    "change",
    [
        {"url": "http://notify.example"},
        {"url": "notify.example"},
        {"url": "https://name:word@notify.example"},
        {"url": "https://notify.example/?x=1"},
        {"api_key": "proef-26785a09-ab16-4eb0-8407-a37497a57506"},
        {"timeout": 3},
    ],
)
def test_what_would_leak_is_refused_and_not_shown(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as raised:
        NotifyNlSettings.model_validate({**NOTIFY, **change})
    assert "26785a09" not in str(raised.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:6011", "http://localhost", "https://notify.example/api/"])
def test_this_machine_may_be_asked_in_plain(url: str) -> None:
    assert NotifyNlSettings.model_validate({**NOTIFY, "url": url}).url == url.rstrip("/")
