"""What every byte store promises, tried on a folder and on a real S3 server."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from inbox.errors import BytesMissing, SettingsInvalid, StoreUnavailable
from store.byte_folder import ByteFolder
from store.byte_objects import ByteObjects
from tests.servers.object_store import ObjectStoreServer

ID = "abcdef00-0000-0000-0000-000000000001"


@pytest.fixture(scope="module")
def object_store() -> Iterator[ObjectStoreServer]:
    with ObjectStoreServer() as server:
        yield server


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    if request.param == "folder":
        return ByteFolder(tmp_path / "bytes")
    server: ObjectStoreServer = request.getfixturevalue("object_store")
    return ByteObjects(server.fresh_bucket(), server.options)


async def pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


@pytest.mark.parametrize("chunks", [(), (b"",), (b"een",), (b"een", b"twee"), (b"x" * (1 << 20),) * 12])
async def test_what_is_put_is_got_with_its_digest_and_size(store: Any, chunks: tuple[bytes, ...]) -> None:
    whole = b"".join(chunks)
    assert await store.put(ID, pieces(*chunks)) == (hashlib.sha256(whole).hexdigest(), len(whole))
    assert await store.size(ID) == len(whole)
    assert await store.get(ID) == whole


async def test_a_second_put_replaces_the_whole(store: Any) -> None:
    await store.put(ID, pieces(b"een", b"lang verhaal"))
    await store.put(ID, pieces(b"twee"))
    assert await store.get(ID) == b"twee"


async def test_what_was_never_put_is_missing(store: Any) -> None:
    assert await store.size(ID) is None
    with pytest.raises(BytesMissing):
        await store.get(ID)


@pytest.mark.parametrize("before", [0, 1, 8])
async def test_a_source_that_breaks_off_leaves_nothing(store: Any, before: int) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        for _ in range(before):
            yield b"x" * (1 << 20)
        raise ConnectionResetError

    with pytest.raises((ConnectionResetError, StoreUnavailable)):
        await store.put(ID, breaking())
    assert await store.size(ID) is None


async def test_the_mark_names_the_first_installation_for_ever(store: Any) -> None:
    await store.check()
    assert await store.mark("een", may_be_new=False) is None
    assert await store.mark("een", may_be_new=True) == "een"
    assert await store.mark("twee", may_be_new=True) == "een"
    assert await store.mark("twee", may_be_new=False) == "een"


async def test_a_bucket_that_is_not_there_names_the_setting(object_store: ObjectStoreServer) -> None:
    with pytest.raises(SettingsInvalid, match="bytes_url"):
        await ByteObjects("s3://weg", object_store.options).check()
    with pytest.raises(SettingsInvalid, match="bytes_url"):
        ByteObjects("wat://is/dit")
    with pytest.raises(SettingsInvalid, match="bytes_options"):
        ByteObjects("s3://emmer", {"endpoint": "https://s3.example"})
