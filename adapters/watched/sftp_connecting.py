"""From settings to a signed-in SFTP session with a server that was recognised."""

from __future__ import annotations

import binascii
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from paramiko import PKey, SSHClient
from paramiko.hostkeys import HostKeyEntry, InvalidHostKey
from paramiko.ssh_exception import SSHException

from adapters.watched.settings import SftpSettings
from adapters.watched.sftp import SftpFiles
from adapters.watched.sftp_errors import SftpErrors
from adapters.watched.sftp_session import SftpSession
from inbox.errors import SettingsInvalid

_LOG = "inbox_gateway_ssh"
_SSH_PORT = 22
_NO_KEY = (OSError, ValueError, TypeError, SSHException, InvalidHostKey, binascii.Error, NotImplementedError)
"""What paramiko and cryptography raise for a file or a line that holds no key that they know."""


def connected(source_id: str, settings: SftpSettings) -> SftpFiles:
    """Connect, recognise the server, sign in and open the session.

    Raises SourceUnreachable, CredentialsRefused, SettingsInvalid; the detail names the setting.
    """
    errors = SftpErrors(source_id, settings)
    password = settings.password(source_id)
    key = _key(errors, settings)
    client = SSHClient()
    _recognises(client, errors, settings)
    client.set_log_channel(_silent_log())
    seconds = settings.timeout_seconds
    try:
        with errors.translated():
            client.connect(
                settings.host,
                settings.port,
                settings.user,
                password,
                key,
                timeout=seconds,
                banner_timeout=seconds,
                auth_timeout=seconds,
                channel_timeout=seconds,
                # Nothing but what the settings say.
                allow_agent=False,
                look_for_keys=False,
            )
            return SftpFiles(client, _session(client, seconds), errors, settings)
    except BaseException:
        client.close()
        raise


def _session(client: SSHClient, seconds: float) -> SftpSession:
    channel = client.get_transport().open_session(timeout=seconds)
    channel.settimeout(seconds)
    with _no_longer(client, seconds):
        channel.invoke_subsystem("sftp")
        return SftpSession(channel)


@contextmanager
def _no_longer(client: SSHClient, seconds: float) -> Iterator[None]:
    """Cut the line when it takes longer: for the one question to which paramiko waits for ever."""
    timer = threading.Timer(seconds, client.close)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _key(errors: SftpErrors, settings: SftpSettings) -> PKey | None:
    if settings.key_file is None:
        return None
    try:
        return PKey.from_path(settings.key_file)
    except _NO_KEY as error:
        raise SettingsInvalid(
            f"{errors.server}: `key_file` {settings.key_file} holds no private key that can be used"
            f" ({type(error).__name__}): it is one in OpenSSH's or PEM format, without a passphrase"
        ) from None


def _recognises(client: SSHClient, errors: SftpErrors, settings: SftpSettings) -> None:
    """Let the client accept the server's known keys and no others."""
    # As OpenSSH writes it.
    name = settings.host if settings.port == _SSH_PORT else f"[{settings.host}]:{settings.port}"
    try:
        if settings.known_hosts is not None:
            client.load_host_keys(str(settings.known_hosts))
        else:
            entry = HostKeyEntry.from_line(f"{name} {settings.host_key}")
            if entry is not None and entry.key is not None:
                client.get_host_keys().add(name, entry.key.get_name(), entry.key)
        is_known = client.get_host_keys().lookup(name) is not None
    except _NO_KEY as error:
        raise SettingsInvalid(
            f"{errors.server}: `{settings.recognition}` cannot be used ({type(error).__name__})"
        ) from None
    if not is_known:
        raise SettingsInvalid(
            f"{errors.server}: `{settings.recognition}` holds no key of {name}: add what `ssh-keyscan -p"
            f" {settings.port} {settings.host}` shows, after comparing its fingerprint with whoever keeps the server"
        )


def _silent_log() -> str:
    """Return the name of a log that says nothing: paramiko's own names files, and quotes servers."""
    logger = logging.getLogger(_LOG)
    logger.setLevel(logging.CRITICAL + 1)
    logger.propagate = False
    return _LOG
