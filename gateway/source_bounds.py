"""What a source may name that is made over the API.

Whoever may make sources is not let in everywhere on the machine: a folder could be any file's, and a password could be
any secret of the process, sent to a server of the maker's choice. So folders, files and variables are bounded here by
the settings file. Hosts are not: see docs/operations.md.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel

from gateway.settings import Settings, SourceSettings

_FOLDERS = frozenset({"folder", "processed_folder", "recordings_folder"})
_SECRETS = frozenset({"password_file", "client_secret_file", "private_key_file", "key_file", "ca_file", "known_hosts"})


@dataclass(frozen=True)
class OutOfBounds:
    """One thing that the source may not name."""

    path: tuple[str, ...]
    """Where in the source's settings, such as `imap`, `password_env`."""
    words: str
    """What is expected there; nothing of what was given."""


def out_of_bounds(source: SourceSettings, settings: Settings) -> list[OutOfBounds]:
    """Return everything that a source may not name which is made over the API. Looks at the disk."""
    found = list(_below(source, (), settings))
    if source.mode == "live" and settings.smtp is None:
        words = "live needs the setting `smtp`: a relay to acknowledge through"
        found.append(OutOfBounds(("mode",), words))
    known = [one.name for one in settings.calls.formats()]
    if source.calls is not None and source.calls.format not in {None, *known}:
        place = next(name for name in ("call_folder", "call_sftp", "call_push") if getattr(source, name) is not None)
        found.append(OutOfBounds((place, "format"), f"is none that there is: {', '.join(known)}"))
    return found


def _below(model: BaseModel, path: tuple[str, ...], settings: Settings) -> Iterator[OutOfBounds]:
    for name in type(model).model_fields:
        value, here = getattr(model, name), (*path, name)
        if isinstance(value, BaseModel):
            yield from _below(value, here, settings)
        elif isinstance(value, Path):
            yield from _path(name, value, here, settings, _folder_of(model))
        elif name.endswith("_env") and value is not None and not value.startswith(settings.source_variables):
            words = f"is the name of an environment variable that begins with {settings.source_variables}"
            yield OutOfBounds(here, f"{words} (the setting `source_variables`); never a secret itself")
        elif name == "token_url" and _is_here(value):
            yield OutOfBounds(
                here, "is an https address of another machine; one of this machine is for the settings file"
            )
        elif name == "allow_insecure" and value:
            yield OutOfBounds(here, "is for the settings file only: passwords would cross the network readable")


def _is_here(url: str) -> bool:
    """Say whether a secret would go to a service of this machine, or readable over the network."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    try:
        address = ipaddress.ip_address(host)
        is_here = address.is_loopback or address.is_unspecified or address.is_link_local
    except ValueError:
        is_here = host == "localhost" or host.endswith(".localhost")
    return is_here or parts.scheme != "https"


def _folder_of(model: BaseModel) -> Path | None:
    folder = getattr(model, "folder", None)
    return folder if isinstance(folder, Path) else None


def _path(
    name: str, value: Path, here: tuple[str, ...], settings: Settings, folder: Path | None
) -> Iterator[OutOfBounds]:
    is_secret = name in _SECRETS
    roots = settings.source_secret_roots if is_secret else settings.source_roots
    setting = "source_secret_roots" if is_secret else "source_roots"
    if name not in _SECRETS | _FOLDERS:
        yield OutOfBounds(here, "is for the settings file only")
        return
    if name == "processed_folder" and not value.is_absolute() and folder is not None:
        value = folder / value
    if not roots:
        yield OutOfBounds(here, f"is not possible: the setting `{setting}` names no folder for it")
    elif not value.is_absolute() or os.pardir in value.parts or not _is_within(value, roots):
        yield OutOfBounds(
            here, f"is an absolute path below a folder of the setting `{setting}`, without links out of it"
        )


def _is_within(path: Path, roots: tuple[Path, ...]) -> bool:
    """Say whether the path stays below a root once every link in it is followed."""
    try:
        real = path.resolve()
        return any(real.is_relative_to(root.resolve()) for root in roots)
    except (OSError, RuntimeError, ValueError):
        return False
