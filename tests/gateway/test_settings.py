"""What a settings file may not say."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.settings import load_settings
from inbox.errors import SettingsInvalid

_IMAP = "{host: imap.gemeente.test, user: %s, password_env: X, folder: %s}"


def _written(tmp_path: Path, *places: str) -> Path:
    path = tmp_path / "gateway.yaml"
    lines = (f"  - {{id: source-{number}, {place}}}\n" for number, place in enumerate(places))
    path.write_text(f"sources:\n{''.join(lines)}")
    return path


@pytest.mark.parametrize(
    ("one", "same"),
    [
        (f"imap: {_IMAP % ('info', 'INBOX')}", f"imap: {_IMAP % ('Info', 'inbox')}"),
        ("scan_folder: {folder: /scans}", "scan_folder: {folder: /scans/klaar/..}"),
        ("scan_folder: {folder: /scans}", "call_folder: {folder: /scans}"),
    ],
)
def test_two_sources_at_one_place_would_both_take_what_is_there(tmp_path: Path, one: str, same: str) -> None:
    with pytest.raises(SettingsInvalid, match=r"source-0 and source-2 are read at the same place"):
        load_settings(_written(tmp_path, one, f"imap: {_IMAP % ('post', 'INBOX')}", same))


def test_sources_at_places_of_their_own_are_taken(tmp_path: Path) -> None:
    places = (f"imap: {_IMAP % ('info', folder)}" for folder in ("INBOX", "Archief", "archief"))
    settings = load_settings(_written(tmp_path, *places, "intake: {channel: web}", "intake: {channel: web}"))
    assert len(settings.sources) == 5
