"""How the files of a folder are taken, on disk or on a server, as it stands in the installation's settings file.

They hold no secret: a password is named by the environment variable or the file that it stands in.
"""

from __future__ import annotations

import os
from pathlib import Path, PurePath, PurePosixPath
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from adapters.secret import Word, from_environment, from_file, without_controls


def _ending(value: str) -> str:
    """Refuse what is no ending: `tmp` would leave `herstel-schutmp` alone, and nothing at all every file."""
    if not value.startswith(".") or len(value) < len(".x") or "/" in value:
        raise ValueError("is no ending: it begins with a dot, such as .part")
    return value.lower()


Ending = Annotated[str, Field(max_length=40), AfterValidator(without_controls), AfterValidator(_ending)]


def _name_in(folder: PurePath, processed: PurePath) -> str:
    """Return the name below the folder that the other path begins with; empty when it begins elsewhere."""
    path = os.path.relpath(processed, folder) if processed.is_absolute() and folder.is_absolute() else str(processed)
    name = PurePath(path).parts[0]
    return "" if name == os.pardir or PurePath(path).is_absolute() else name


class WatchedFolder(BaseModel):
    """How the files of a folder are taken, wherever it stands."""

    # Input is hidden: somebody may have written a password where it does not belong.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)

    stable_seconds: Annotated[float, Field(ge=0, le=3600)] = 5
    """So long neither size nor moment of a file has changed before it is taken. 0 only where files are written
    elsewhere and renamed into the folder: else half a file is kept, and the whole once more."""
    ignored_suffixes: Annotated[tuple[Ending, ...], Field(max_length=50)] = (
        *(".tmp", ".temp", ".part", ".partial"),
        *(".filepart", ".crdownload", ".lock"),
    )
    """Names with these endings, in any case, are files on their way: left alone until they are renamed. So are names
    that begin with a dot."""

    @property
    def processed_name(self) -> str:
        """Name of the processed folder in the folder itself; empty when it stands elsewhere."""
        return ""


class FolderSettings(WatchedFolder):
    """A folder on disk, or on a mounted share, into which others write."""

    folder: Path
    """Where files are written, by whatever makes them."""
    processed_folder: Path = Path("processed")
    """Where kept files go: a name below `folder`, or an absolute path on the same file system. Made when it is missing.
    """

    @property
    def processed_name(self) -> str:
        """Name of the processed folder in the folder itself; empty when it stands elsewhere."""
        return _name_in(self.folder, self.processed_folder)

    @model_validator(mode="after")
    def _two_folders(self) -> Self:
        path = self.processed_folder
        if path.is_absolute():
            if Path(os.path.normpath(path)) == Path(os.path.normpath(self.folder)):
                raise ValueError("processed_folder is the folder itself: what is kept would never leave it")
        elif len(path.parts) != 1 or path.parts[0] == "..":
            raise ValueError("processed_folder is a name below folder, or an absolute path")
        return self


class SftpSettings(WatchedFolder):
    """A folder on a server, over SFTP (version 3, as OpenSSH speaks it)."""

    host: Annotated[str, Field(pattern=r"^[!-.0-?A-~]+$", max_length=253), AfterValidator(str.lower)]
    """Name or address of the server."""
    port: Annotated[int, Field(ge=1, le=65535)] = 22
    """Of its SSH service."""
    user: Word
    """Who signs in."""
    folder: Word
    """Path on the server; one that does not begin with `/` counts from where the server lets the user in."""
    processed_folder: Word = "processed"
    """Where kept files go: a name below `folder`, or an absolute path on the same file system. Made when it is missing.
    """
    key_file: Path | None = None
    """Private key (OpenSSH or PEM) without a passphrase; only the gateway's user may read it."""
    password_env: Word | None = None
    """Name of the environment variable with the password."""
    password_file: Path | None = None
    """Or the file with the password, such as a mounted secret."""
    known_hosts: Path | None = None
    """The server's keys, in OpenSSH's format, as `ssh-keyscan -p PORT HOST` writes them; compare the fingerprint."""
    host_key: Word | None = None
    """Instead of `known_hosts`: the server's one key, such as `ssh-ed25519 AAAA…`."""
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 60
    """So long one answer of the server may take."""

    @model_validator(mode="after")
    def _one_proof_each_way(self) -> Self:
        if sum(proof is not None for proof in (self.key_file, self.password_env, self.password_file)) != 1:
            raise ValueError("exactly one of key_file, password_env and password_file says how to sign in")
        if (self.known_hosts is None) == (self.host_key is None):
            raise ValueError("exactly one of known_hosts and host_key says how the server is recognised")
        return self

    @property
    def processed_name(self) -> str:
        """Name of the processed folder in the folder itself; empty when it stands elsewhere."""
        return _name_in(PurePosixPath(self.folder), PurePosixPath(self.processed_folder))

    @model_validator(mode="after")
    def _two_folders(self) -> Self:
        path = PurePosixPath(self.processed_folder)
        if path.is_absolute():
            if path == PurePosixPath(self.folder):
                raise ValueError("processed_folder is the folder itself: what is kept would never leave it")
        elif len(path.parts) != 1 or path.parts[0] == "..":
            raise ValueError("processed_folder is a name below folder, or an absolute path")
        return self

    @property
    def proof(self) -> str:
        """Name of the setting that proves who signs in."""
        if self.key_file:
            return "key_file"
        return "password_env" if self.password_env else "password_file"

    @property
    def recognition(self) -> str:
        """Name of the setting by which the server is recognised."""
        return "known_hosts" if self.known_hosts else "host_key"

    def password(self, source_id: str) -> str | None:
        """Return the password, None when a key signs in. Raises SettingsInvalid, naming the setting and the source."""
        owner = f"source {source_id}"
        if self.password_env is not None:
            return from_environment(owner, "password_env", self.password_env)
        if self.password_file is not None:
            return from_file(owner, "password_file", self.password_file)
        return None
