"""A scan folder on a server in trouble: every error names the server and the setting, and nobody gets in unrecognised."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.post.settings import SftpSettings
from adapters.watched.source import FolderSource
from inbox.errors import CredentialsRefused, FolderMissing, SettingsInvalid, SourceUnreachable
from tests.scan_folder import ScanFolder, later, position, seconds_of, whole
from tests.servers.ports import LOOPBACK, free_port, open_folder
from tests.servers.sftp_by_password import SftpByPassword
from tests.servers.sshd import Sshd


@pytest.fixture
def scans(sshd: Sshd) -> Iterator[ScanFolder]:
    """Give an empty folder on the shared server."""
    with open_folder("scans") as folder:
        yield ScanFolder(folder / "scans", sshd)


@pytest.fixture
def own() -> Iterator[ScanFolder]:
    """Give an empty folder on a server of its own, to be ill-treated."""
    with open_folder("scans") as folder, open_folder("sshd") as keys:
        server = Sshd(keys)
        try:
            server.start()
            yield ScanFolder(folder / "scans", server)
        finally:
            server.kill()


def test_another_server_than_the_known_one_gets_nothing(scans: ScanFolder, sshd: Sshd) -> None:
    with pytest.raises(SourceUnreachable, match="its key is not the one in `known_hosts`"):
        scans.source(known_hosts=sshd.wrong_hosts).open()


def test_a_server_that_nobody_named_gets_nothing(scans: ScanFolder, tmp_path: Path) -> None:
    (tmp_path / "known_hosts").write_text("# nobody yet\n")
    with pytest.raises(SettingsInvalid, match=r"`known_hosts` holds no key of \[127.0.0.1\]"):
        scans.source(known_hosts=tmp_path / "known_hosts").open()


def test_a_server_can_be_recognised_by_one_pinned_key(scans: ScanFolder, sshd: Sshd) -> None:
    scans.put("brief.pdf", b"brief")
    with scans.opened(known_hosts=None, host_key=sshd.host_key) as connection:
        assert connection.look().positions == (position(b"brief"),)
    other = sshd.wrong_hosts.read_text().split(" ", 1)[1].strip()
    with pytest.raises(SourceUnreachable, match="its key is not the one in `host_key`"):
        scans.source(known_hosts=None, host_key=other).open()


@pytest.mark.parametrize("key", ["", "ssh-ed25519", "ssh-ed25519 %%%", "ssh-ed25519 AAAA", "iets anders AAAA"])
def test_a_pinned_key_that_is_none_is_a_setting_to_mend(scans: ScanFolder, key: str) -> None:
    with pytest.raises(SettingsInvalid, match="`host_key`"):
        scans.source(known_hosts=None, host_key=key or "x").open()


def test_known_hosts_that_cannot_be_read_is_a_setting_to_mend(scans: ScanFolder, tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="`known_hosts` cannot be used"):
        scans.source(known_hosts=tmp_path / "nergens").open()


def test_a_key_that_the_server_does_not_know_is_refused(scans: ScanFolder, sshd: Sshd) -> None:
    with pytest.raises(CredentialsRefused, match="check `user` and `key_file`"):
        scans.source(key_file=sshd.other_key_file).open()


def test_a_wrong_password_is_refused(scans: ScanFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCAN_PASSWORD", "niet dit woord")
    with pytest.raises(CredentialsRefused, match="check `user` and `password_env`") as raised:
        scans.source(key_file=None, password_env="SCAN_PASSWORD").open()
    assert "niet dit woord" not in raised.value.detail


@pytest.mark.parametrize("setting", ["password_env", "password_file"])
def test_a_password_from_where_it_stands_opens_the_folder(
    on_disk: ScanFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, setting: str
) -> None:
    mounted = tmp_path / "wachtwoord"

    def write(password: str) -> None:
        monkeypatch.setenv("SCAN_PASSWORD", password)
        mounted.write_text(f"{password}\n", encoding="utf-8")

    write("geheim é woord")
    content = bytes(range(256)) * 5000
    on_disk.put("brief.pdf", content)
    with SftpByPassword(on_disk.folder, "geheim é woord") as server:
        said = {"host": LOOPBACK, "port": server.port, "user": server.user, "folder": "/", "stable_seconds": 0}
        said |= {"host_key": server.host_key, "timeout_seconds": 10}
        said[setting] = "SCAN_PASSWORD" if setting == "password_env" else str(mounted)
        source = FolderSource("post", SftpSettings.model_validate(said), observes=False)
        connection = source.open()
        assert connection.look().positions == (position(content),)
        assert whole(connection, position(content)) == content
        connection.confirm(position(content))
        connection.close()
        write("een ander woord")
        with pytest.raises(CredentialsRefused, match=f"`{setting}`"):
            source.open()
    assert on_disk.processed() == {"brief.pdf": content}


def test_a_password_that_is_not_there_is_a_setting_to_mend(scans: ScanFolder) -> None:
    with pytest.raises(SettingsInvalid, match="`password_env` leads to no password"):
        scans.source(key_file=None, password_env="SCAN_PASSWORD_NOWHERE").open()
    with pytest.raises(SettingsInvalid, match="`password_file` cannot be read"):
        scans.source(key_file=None, password_file="/nergens/wachtwoord").open()


def test_a_key_with_a_passphrase_is_a_setting_to_mend(scans: ScanFolder, sshd: Sshd) -> None:
    with pytest.raises(SettingsInvalid, match="without a passphrase"):
        scans.source(key_file=sshd.locked_key_file).open()


def test_a_file_that_is_no_key_is_a_setting_to_mend(scans: ScanFolder, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\0geen sleutel")
    for path in (tmp_path / "key", tmp_path / "nergens"):
        with pytest.raises(SettingsInvalid, match="`key_file`"):
            scans.source(key_file=path).open()


def test_a_missing_folder_is_named_with_its_setting(scans: ScanFolder) -> None:
    with pytest.raises(FolderMissing, match=r"'/nergens/scans' \(setting `folder`\)"):
        scans.source(folder="/nergens/scans").open()


def test_no_server_is_told_with_host_and_port(scans: ScanFolder, sshd: Sshd, tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "known_hosts").write_text(f"[{LOOPBACK}]:{port} {sshd.host_key}\n")
    with pytest.raises(SourceUnreachable, match="check `host` and `port`"):
        scans.source(port=port, known_hosts=tmp_path / "known_hosts").open()


@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-x\r\n", b"\xff" * 1000])
def test_a_server_that_speaks_no_ssh_is_left_in_time(
    scans: ScanFolder, sshd: Sshd, tmp_path: Path, says: bytes
) -> None:
    with socket.create_server((LOOPBACK, 0)) as listening:
        port = listening.getsockname()[1]
        lines = []

        def serve() -> None:
            line, _ = listening.accept()
            lines.append(line)
            line.sendall(says)

        thread = threading.Thread(target=serve)
        thread.start()
        (tmp_path / "known_hosts").write_text(f"[{LOOPBACK}]:{port} {sshd.host_key}\n")
        with pytest.raises(SourceUnreachable):
            scans.source(port=port, known_hosts=tmp_path / "known_hosts", timeout_seconds=1).open()
        thread.join()
        for line in lines:
            line.close()


def test_a_line_that_breaks_while_a_file_comes_is_an_error_and_nothing_is_lost(own: ScanFolder) -> None:
    content = bytes(range(256)) * (40 << 10)
    own.put("groot.tif", content)
    assert own.server is not None
    source = own.source()
    connection = source.open()
    fetched = connection.fetch(connection.look().positions[0])
    assert fetched is not None
    next(fetched.chunks)
    own.server.cut()
    with pytest.raises(SourceUnreachable):
        list(fetched.chunks)
    with pytest.raises(SourceUnreachable):
        connection.look()
    connection.close()
    again = source.open()
    assert again.look().positions == (position(content),)
    assert whole(again, position(content)) == content
    again.close()


@pytest.mark.parametrize("call", ["look", "confirm", "wait"])
def test_a_broken_line_is_an_error_of_ours_in_every_call(own: ScanFolder, call: str) -> None:
    own.put("brief.pdf", b"brief")
    assert own.server is not None
    connection = own.source().open()
    connection.look()
    own.server.cut()
    words: dict[str, Any] = {"look": (), "confirm": (position(b"brief"),), "wait": (5,)}
    with pytest.raises(SourceUnreachable):
        getattr(connection, call)(*words[call])
    connection.close()
    assert own.scans() == {"brief.pdf": b"brief"}


def test_a_server_that_falls_silent_is_left_in_time(own: ScanFolder) -> None:
    assert own.server is not None
    with own.opened(timeout_seconds=1) as connection:
        connection.look()
        own.server.freeze()

        def looks() -> None:
            with pytest.raises(SourceUnreachable, match="no answer within 1 s"):
                connection.look()

        assert seconds_of(looks) < 5


def test_closing_from_another_thread_ends_a_call_to_a_silent_server(own: ScanFolder) -> None:
    assert own.server is not None
    connection = own.source(timeout_seconds=60).open()
    own.server.freeze()
    closing = later(0.5, connection.close)

    def looks() -> None:
        with pytest.raises(SourceUnreachable):
            connection.look()

    assert seconds_of(looks) < 10
    closing.join()


def test_a_server_that_comes_back_is_read_again(own: ScanFolder) -> None:
    own.put("brief.pdf", b"brief")
    assert own.server is not None
    source = own.source()
    source.open().close()
    own.server.kill()
    with pytest.raises(SourceUnreachable):
        source.open()
    own.server.start()
    connection = source.open()
    assert connection.look().positions == (position(b"brief"),)
    connection.close()


def test_a_file_is_named_in_no_log(scans: ScanFolder, caplog: pytest.LogCaptureFixture) -> None:
    scans.put("PERSOONSNAAM.pdf", b"brief")
    with caplog.at_level(logging.DEBUG), scans.opened() as connection:
        connection.look()
        whole(connection, position(b"brief"))
        connection.confirm(position(b"brief"))
    assert "PERSOONSNAAM" not in caplog.text


def test_a_file_that_may_not_be_moved_is_told_and_stops_nothing_else(scans: ScanFolder) -> None:
    scans.put("PERSOONSNAAM.pdf", b"brief")
    (scans.folder / "processed").write_bytes(b"geen map")
    with scans.opened() as connection:
        connection.look()
        with pytest.raises(SettingsInvalid, match="`processed_folder`") as raised:
            connection.confirm(position(b"brief"))
        assert whole(connection, position(b"brief")) == b"brief"
    assert "PERSOONSNAAM" not in raised.value.detail
