"""What the settings of a scan folder refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.watched.settings import FolderSettings, SftpSettings

SERVER = {"host": "SCAN.Gemeente.test", "user": "post", "folder": "/scans", "key_file": "/run/key"}


def sftp(**changes: Any) -> SftpSettings:
    """Return the usual settings with changes; a change to None takes one away."""
    usual = {**SERVER, "known_hosts": "/run/known_hosts"}
    return SftpSettings.model_validate({key: value for key, value in {**usual, **changes}.items() if value is not None})


def test_what_is_not_said_is_safe() -> None:
    said = FolderSettings.model_validate({"folder": "/srv/scans"})
    assert (said.processed_folder, said.stable_seconds) == (Path("processed"), 5)
    assert {".tmp", ".part", ".filepart"} <= set(said.ignored_suffixes)
    other = sftp()
    assert (other.host, other.port, other.processed_folder) == ("scan.gemeente.test", 22, "processed")
    assert (other.timeout_seconds, other.stable_seconds) == (60, 5)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"processed_folder": "/srv/scans"}, "the folder itself"),
        ({"processed_folder": "/srv/x/../scans"}, "the folder itself"),
        ({"processed_folder": ".."}, "a name below"),
        ({"processed_folder": "."}, "a name below"),
        ({"processed_folder": "a/b"}, "a name below"),
        ({"stable_seconds": -1}, "stable_seconds"),
        ({"ignored_suffixes": ["tmp"]}, "begins with a dot"),
        ({"ignored_suffixes": [""]}, "begins with a dot"),
        ({"ignored_suffixes": ["."]}, "begins with a dot"),
        ({"stabel_seconds": 1}, "stabel_seconds"),
    ],
)
def test_a_faulty_setting_of_a_folder_is_refused_and_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        FolderSettings.model_validate({"folder": "/srv/scans", **changes})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"key_file": None}, "exactly one of key_file"),
        ({"password_env": "X"}, "exactly one of key_file"),
        ({"password_file": "/run/secrets/x"}, "exactly one of key_file"),
        ({"known_hosts": None}, "exactly one of known_hosts"),
        ({"host_key": "ssh-ed25519 AAAA"}, "exactly one of known_hosts"),
        ({"processed_folder": "/scans/"}, "the folder itself"),
        ({"processed_folder": "../x"}, "a name below"),
        ({"folder": "a\nb"}, "control character"),
        ({"host": "a b"}, "host"),
        ({"port": 0}, "port"),
        ({"timeout_seconds": 0}, "timeout_seconds"),
        ({"password": "geheimwoord"}, "password"),
    ],
)
def test_a_faulty_setting_of_a_server_is_refused_and_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words) as raised:
        sftp(**changes)
    assert "geheimwoord" not in str(raised.value)
