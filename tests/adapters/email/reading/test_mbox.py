"""Files and folders unfold into single mails."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.email.reading.mbox import unfold
from inbox.errors import NotFound

ONE = b"From: a@x.example\nSubject: Een\n\nEerste.\n"
TWO = b"From: b@x.example\nSubject: Twee\n\nTweede.\n\nFrom now on is geen nieuwe mail.\n"
LINE = b"From a@x.example Mon Jan  5 09:00:00 2026\n"


def test_single_mail_is_yielded_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "brief.eml"
    file.write_bytes(ONE.replace(b"\n", b"\r\n"))

    assert list(unfold(file)) == [(str(file), 0, ONE.replace(b"\n", b"\r\n"))]


def test_mbox_is_known_by_its_content_and_not_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "export.txt"
    file.write_bytes(LINE + ONE + b"\n" + LINE + TWO + b"\n")

    assert list(unfold(file)) == [(str(file), 0, ONE), (str(file), 1, TWO)]


def test_quoted_from_lines_lose_one_mark(tmp_path: Path) -> None:
    file = tmp_path / "export.mbox"
    file.write_bytes(LINE + b"Subject: x\n\n>From mij\n>>From hem\n> From niets\n")

    ((_, _, raw),) = unfold(file)

    assert raw == b"Subject: x\n\nFrom mij\n>From hem\n> From niets\n"


def test_mbox_of_a_windows_program_is_unfolded(tmp_path: Path) -> None:
    file = tmp_path / "export.mbox"
    file.write_bytes((LINE + ONE + b"\n" + LINE + ONE).replace(b"\n", b"\r\n"))

    assert [raw for _, _, raw in unfold(file)] == [ONE.replace(b"\n", b"\r\n")] * 2


def test_folder_is_walked_in_order_for_mail_files_only(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "1.eml").write_bytes(ONE)
    (tmp_path / "a.mbx").write_bytes(LINE + ONE + b"\n" + LINE + TWO)
    (tmp_path / "A.EML").write_bytes(TWO)
    (tmp_path / "notitie.txt").write_bytes(ONE)

    found = [(Path(name).relative_to(tmp_path).as_posix(), position) for name, position, _ in unfold(tmp_path)]

    assert found == [("A.EML", 0), ("a.mbx", 0), ("a.mbx", 1), ("b/1.eml", 0)]


def test_empty_file_is_one_empty_mail_so_that_it_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "leeg.eml"
    file.touch()

    assert list(unfold(file)) == [(str(file), 0, b"")]


def test_missing_path_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="is not there"):
        list(unfold(tmp_path / "weg.eml"))


def test_folder_without_mail_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="holds no mail"):
        list(unfold(tmp_path))
