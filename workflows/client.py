"""The connection to Temporal."""

from __future__ import annotations

from pathlib import Path

from temporalio.client import Client
from temporalio.service import TLSConfig

from inbox.errors import SettingsInvalid
from workflows.failures import data_converter


async def connect(
    address: str,
    namespace: str,
    *,
    tls: bool,
    ca_file: Path | None,
    certificate_file: Path | None,
    key_file: Path | None,
) -> Client:
    """Return a connected client; it connects again after each loss. Raises SettingsInvalid, RuntimeError when nobody answers."""
    settings: TLSConfig | bool = tls
    if ca_file or certificate_file:
        try:
            settings = _tls(ca_file, certificate_file, key_file)
        except OSError as error:
            raise SettingsInvalid(f"a file of the setting `temporal` cannot be read: {error}") from error
    return await Client.connect(address, namespace=namespace, tls=settings, data_converter=data_converter())


def _tls(ca_file: Path | None, certificate_file: Path | None, key_file: Path | None) -> TLSConfig:
    return TLSConfig(
        server_root_ca_cert=ca_file.read_bytes() if ca_file else None,
        client_cert=certificate_file.read_bytes() if certificate_file else None,
        client_private_key=key_file.read_bytes() if key_file else None,
    )
