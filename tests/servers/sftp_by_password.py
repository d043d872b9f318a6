"""An SFTP server that lets people in by password: a real sshd would ask for the password of an account of this machine."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import paramiko
from paramiko.sftp import SFTP_NO_SUCH_FILE, SFTP_OK, SFTP_PERMISSION_DENIED

from tests.servers.ports import LOOPBACK


class SftpByPassword:
    """paramiko's own server, over one folder. Use it with `with`."""

    user = "scanner"

    def __init__(self, folder: Path, password: str) -> None:
        """Listen at once. Clients see `folder` as `/`."""
        self.folder = folder
        self.password = password
        self._key = paramiko.RSAKey.generate(2048)
        self.host_key = f"{self._key.get_name()} {self._key.get_base64()}"
        self._listening = socket.create_server((LOOPBACK, 0))
        self.port: int = self._listening.getsockname()[1]
        self._transports: list[paramiko.Transport] = []
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> SftpByPassword:
        """Serve for the block."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()
        for transport in self._transports:
            transport.close()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listening.accept()
            except OSError:  # the end
                return
            transport = paramiko.Transport(line)
            transport.add_server_key(self._key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Folder, self.folder)
            self._transports.append(transport)
            transport.start_server(event=threading.Event(), server=_Door(self))


class _Door(paramiko.ServerInterface):
    def __init__(self, server: SftpByPassword) -> None:
        self._server = server

    def get_allowed_auths(self, username: str) -> str:
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:
        is_right = (username, password) == (self._server.user, self._server.password)
        return paramiko.AUTH_SUCCESSFUL if is_right else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED


class _File(paramiko.SFTPHandle):
    def stat(self) -> paramiko.SFTPAttributes:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


class _Folder(paramiko.SFTPServerInterface):
    def __init__(self, server: object, folder: Path) -> None:
        self._folder = folder

    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
        try:
            found = list(self._at(path).iterdir())
        except OSError:
            return SFTP_NO_SUCH_FILE
        return [paramiko.SFTPAttributes.from_stat(one.lstat(), one.name) for one in found]

    def lstat(self, path: str) -> paramiko.SFTPAttributes | int:
        try:
            return paramiko.SFTPAttributes.from_stat(self._at(path).lstat())
        except OSError:
            return SFTP_NO_SUCH_FILE

    def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> _File | int:
        handle = _File(flags)
        try:
            handle.readfile = self._at(path).open("rb")
        except OSError:
            return SFTP_PERMISSION_DENIED
        return handle

    def rename(self, oldpath: str, newpath: str) -> int:
        if self._at(newpath).exists() or not self._at(newpath).parent.is_dir():
            return paramiko.SFTP_FAILURE
        self._at(oldpath).rename(self._at(newpath))
        return SFTP_OK

    def mkdir(self, path: str, attr: paramiko.SFTPAttributes) -> int:
        self._at(path).mkdir()
        return SFTP_OK

    def _at(self, path: str) -> Path:
        return self._folder / path.lstrip("/")
