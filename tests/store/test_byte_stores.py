"""What every byte store promises, tried on a folder and on a real S3 server."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from inbox.errors import BytesMissing, SettingsInvalid, SourceUnreachable, StoreUnavailable
from inbox.ports import Stored
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


def stored(content: bytes) -> Stored:
    return Stored(hashlib.sha256(content).hexdigest(), len(content))


async def left_in(store: Any) -> list[str]:
    """Return the name of everything that stands in the store."""
    if isinstance(store, ByteFolder):
        return sorted(path.relative_to(store._root).as_posix() for path in store._root.rglob("*") if path.is_file())
    return sorted(one["path"] for page in store._store.list() for one in page)


@pytest.mark.parametrize("chunks", [(), (b"",), (b"een",), (b"een", b"twee"), (b"x" * (1 << 20),) * 12])
async def test_what_is_put_is_got_with_its_digest_and_size(store: Any, chunks: tuple[bytes, ...]) -> None:
    whole = b"".join(chunks)
    assert await store.put(ID, pieces(*chunks)) == (hashlib.sha256(whole).hexdigest(), len(whole))
    assert await store.size(ID) == len(whole)
    assert await store.get(ID) == whole


@pytest.mark.parametrize("second", [(b"twee",), (b"x" * (1 << 20),) * 7, ()])
@pytest.mark.parametrize("first", [(b"een", b"lang verhaal"), (b"een",), (b"y" * (1 << 20),) * 7])
async def test_a_second_put_changes_nothing_and_is_told_what_stands_there(
    store: Any, first: tuple[bytes, ...], second: tuple[bytes, ...]
) -> None:
    stands = await store.put(ID, pieces(*first))
    assert await store.put(ID, pieces(*second)) == stands == stored(b"".join(first))
    assert await store.put_all({ID: b"".join(second)}) == {ID: stands}
    assert await store.get(ID) == b"".join(first)


@pytest.mark.parametrize("size_bytes", [100, 3 << 20])
async def test_of_two_who_put_other_bytes_at_once_both_are_told_the_same(store: Any, size_bytes: int) -> None:
    """Two readers of one mailbox, on a server that gives a message in other words each time."""
    contents = [f"{number}".encode() * size_bytes for number in range(4)]
    parts = [[content[: 1 << 20], content[1 << 20 :]] for content in contents]
    streamed = (store.put(ID, pieces(*both)) for both in parts)
    whole = (store.put_all({ID: content}) for content in contents)
    told = await asyncio.gather(*streamed, *whole)
    stands = await store.get(ID)
    assert stands in contents
    assert {one[ID] if isinstance(one, dict) else one for one in told} == {stored(stands)}


async def test_a_batch_is_there_as_a_whole_with_digests_and_sizes(store: Any) -> None:
    contents = {f"{number:02x}cdef00-0000-0000-0000-000000000001": b"x" * number for number in range(40)}
    assert await store.put_all(contents) == {name: stored(content) for name, content in contents.items()}
    assert await store.sizes([*contents, ID]) == {**{name: len(contents[name]) for name in contents}, ID: None}
    assert await store.put_all({}) == {}
    assert await store.sizes([]) == {}


async def test_only_the_very_bytes_repair_what_is_gone_or_damaged(store: Any) -> None:
    whole = (b"een", b"twee")
    digest = stored(b"eentwee").sha256
    assert not await store.repair(ID, pieces(b"drie"), digest)
    assert await store.size(ID) is None
    assert await store.repair(ID, pieces(*whole), digest)
    assert await store.get(ID) == b"eentwee"
    other = ID.replace("1", "2")
    await store.put(other, pieces(b"eentw"))  # what a damaged disk may leave of it
    assert not await store.repair(other, pieces(b"drie"), digest)
    assert await store.get(other) == b"eentw"
    assert await store.repair(other, pieces(*whole), digest)
    assert await store.get(other) == b"eentwee"


async def test_nothing_but_what_was_put_is_left(store: Any) -> None:
    large = (b"x" * (1 << 20),) * 3
    await store.put(ID, pieces(*large))
    await store.put(ID, pieces(*large, b"y"))
    await store.repair(ID, pieces(*large, b"y"), "no digest")
    assert await left_in(store) == [f"ab/{ID}"]


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
    assert await left_in(store) == []


async def test_a_source_that_breaks_off_is_not_taken_for_trouble_with_the_store(store: Any) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        for _ in range(8):
            yield b"x" * (1 << 20)
        raise SourceUnreachable("the line is gone")

    with pytest.raises(SourceUnreachable, match="the line is gone"):
        await store.put(ID, breaking())
    with pytest.raises(SourceUnreachable, match="the line is gone"):
        await store.repair(ID, breaking(), "no digest")


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


@pytest.mark.parametrize("chunks", [(b"een",), (b"x" * (1 << 20),) * 3])
async def test_the_digest_is_that_of_what_stands_there(store: Any, chunks: tuple[bytes, ...]) -> None:
    whole = b"".join(chunks)
    assert await store.digest(ID) is None
    await store.put(ID, pieces(*chunks))
    assert await store.digest(ID) == (hashlib.sha256(whole).hexdigest(), len(whole))


async def test_everything_that_stands_there_is_listed_but_the_mark(store: Any) -> None:
    assert [found async for page in store.listed() for found in page] == []
    await store.mark("een", may_be_new=True)
    others = [f"{number:02x}cdef00-0000-0000-0000-000000000001" for number in range(5)]
    for name in (ID, f"{ID}-withdrawal", *others):
        await store.put(name, pieces(b"een", b"twee"))
    found = [found async for page in store.listed() for found in page]
    assert sorted(one.name for one in found) == sorted([ID, f"{ID}-withdrawal", *others])
    assert {(one.size_bytes, one.is_temporary) for one in found} == {(7, False)}
    age = datetime.now(UTC) - found[0].changed_at
    assert timedelta(minutes=-1) < age < timedelta(minutes=1)
