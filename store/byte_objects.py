"""Raw bytes in an object store (S3, Azure, Google Cloud): written once, durable when `put` returns."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import uuid4

from inbox.errors import BytesMissing, SettingsInvalid, StoreUnavailable
from inbox.ports import Listed, Stored

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ObjectStore

_T = TypeVar("_T")

_MARK = "inbox-gateway-bytes"
_UNDER_WAY = "under-way/"
"""Where what is larger than one piece stands until it is whole. What a crash leaves there belongs to nobody."""
_AT_ONCE = 8
_LISTED_AT_ONCE = 1000
_ANSWERS_WITHIN = timedelta(seconds=20)
_CLOUDS = ("aws_", "azure_", "google_")


class ByteObjects:
    """A ByteStore in a bucket. A delivery `abcd…` stands under `ab/abcd…`.

    Credentials come from where each cloud's own tools look for them (environment, instance role).
    """

    def __init__(self, url: str, options: dict[str, str] | None = None) -> None:
        """`url`: `s3://bucket/prefix`, `az://…`, `gs://…`. `options`: as obstore names them. Raises SettingsInvalid."""
        import obstore.exceptions
        import obstore.store

        options = dict(options or {})
        for name in options:
            if not name.startswith(_CLOUDS):
                raise SettingsInvalid(f"`bytes_options`: `{name}` is no option; they begin with {', '.join(_CLOUDS)}")
        plain = any(value.startswith("http://") for value in options.values())
        if url.startswith("s3:"):
            # S3 itself copies to a name only while it is free when asked in this way; others say otherwise themselves.
            options.setdefault("aws_copy_if_not_exists", "multipart")
        configured: dict[str, Any] = {
            "config": options or None,
            "client_options": {"allow_http": plain, "timeout": _ANSWERS_WITHIN},
            # We try again ourselves, where it is seen.
            "retry_config": {"max_retries": 2, "retry_timeout": _ANSWERS_WITHIN},
        }
        try:
            self._store: ObjectStore = obstore.store.from_url(url, **configured)
        except (obstore.exceptions.BaseError, ValueError) as error:
            raise SettingsInvalid(f"`bytes_url`: {type(error).__name__}: is no place for objects") from None
        # It raises built-in errors for a missing bucket or a refused access.
        self._failures = (obstore.exceptions.BaseError, OSError)
        self._absent = (obstore.exceptions.NotFoundError, FileNotFoundError)

    async def put(self, delivery_id: str, chunks: AsyncIterator[bytes]) -> Stored:
        """Upload; what is larger than one piece goes under a name of its own first. Raises StoreUnavailable."""
        first = await anext(chunks, b"")
        second = await anext(chunks, None)
        if second is None:
            return await self._create(delivery_id, first)
        async with self._upload(_joined(first, second, chunks)) as (place, stored):
            return await self._copy(place, delivery_id, stored)

    async def put_all(self, contents: Mapping[str, bytes]) -> dict[str, Stored]:
        """Upload each as `put` does, several at a time. Raises StoreUnavailable."""
        made = await self._each(self._create(*content) for content in contents.items())
        return dict(zip(contents, made, strict=True))

    async def repair(self, delivery_id: str, chunks: AsyncIterator[bytes], sha256: str) -> bool:
        """Put the bytes back whose digest this is, in place of what stands there; return False when these are others.

        Raises StoreUnavailable.
        """
        import obstore

        async with self._upload(chunks) as (place, stored):
            if stored.sha256 != sha256:
                return False
            try:
                await obstore.copy_async(self._store, place, _path(delivery_id))
            except self._failures as error:
                raise self._unavailable(error) from error
            return True

    async def size(self, delivery_id: str) -> int | None:
        """Return the stored size in bytes, or None."""
        import obstore

        try:
            return int((await obstore.head_async(self._store, _path(delivery_id)))["size"])
        except self._absent:
            return None
        except self._failures as error:
            raise self._unavailable(error) from error

    async def sizes(self, delivery_ids: Sequence[str]) -> dict[str, int | None]:
        """Return each stored size in bytes, or None."""
        found = await self._each(self.size(delivery_id) for delivery_id in delivery_ids)
        return dict(zip(delivery_ids, found, strict=True))

    async def get(self, delivery_id: str) -> bytes:
        """Return the bytes. Raises BytesMissing."""
        import obstore

        try:
            found = await obstore.get_async(self._store, _path(delivery_id))
            return bytes(await found.bytes_async())
        except self._absent:
            raise BytesMissing(f"delivery {delivery_id} has no bytes at `bytes_url`") from None
        except self._failures as error:
            raise self._unavailable(error) from error

    async def digest(self, delivery_id: str) -> Stored | None:
        """Return digest and size of what stands there now, or None."""
        digest = hashlib.sha256()
        size_bytes = 0
        try:
            async for piece in self.chunks(delivery_id):
                digest.update(piece)
                size_bytes += len(piece)
        except BytesMissing:
            return None
        return Stored(digest.hexdigest(), size_bytes)

    async def chunks(self, delivery_id: str) -> AsyncIterator[bytes]:
        """Give the bytes as they come."""
        import obstore

        try:
            found = await obstore.get_async(self._store, _path(delivery_id))
            async for piece in found.stream():
                yield bytes(piece)
        except self._absent as error:
            raise BytesMissing(f"delivery {delivery_id} has no bytes at `bytes_url`") from error
        except self._failures as error:
            raise self._unavailable(error) from error

    async def listed(self) -> AsyncIterator[Sequence[Listed]]:
        """Give every object but the mark."""
        import obstore

        try:
            async for page in obstore.list(self._store, chunk_size=_LISTED_AT_ONCE):
                yield [_listed(found) for found in page if found["path"] != _MARK]
        except self._failures as error:
            raise self._unavailable(error) from error

    async def check(self) -> None:
        """Write and remove an object. Raises SettingsInvalid, naming the setting."""
        import obstore

        proof = f"proof-{uuid4().hex}"
        try:
            await obstore.put_async(self._store, proof, b"")
            await obstore.delete_async(self._store, proof)
        except self._failures as error:
            raise SettingsInvalid(f"`bytes_url` cannot be written: {type(error).__name__}") from error

    async def mark(self, installation: str, *, may_be_new: bool) -> str | None:
        """Return the installation that these objects belong to; new ones become ours, if they may be new."""
        import obstore
        from obstore.exceptions import AlreadyExistsError

        if may_be_new:
            try:
                await obstore.put_async(self._store, _MARK, installation.encode("ascii"), mode="create")
            except AlreadyExistsError:
                pass
            except self._failures as error:
                raise self._unavailable(error) from error
        try:
            found = await obstore.get_async(self._store, _MARK)
            return bytes(await found.bytes_async()).decode("ascii")
        except self._absent:
            return None
        except self._failures as error:
            raise self._unavailable(error) from error

    async def _create(self, delivery_id: str, content: bytes) -> Stored:
        """Give the name these bytes, or return what stands there (a conditional request: RFC 9110 section 13.1.2)."""
        import obstore
        from obstore.exceptions import AlreadyExistsError

        try:
            await obstore.put_async(self._store, _path(delivery_id), content, mode="create")
        except AlreadyExistsError:
            return await self._standing(delivery_id)
        except self._failures as error:
            raise self._unavailable(error) from error
        return Stored(hashlib.sha256(content).hexdigest(), len(content))

    async def _copy(self, place: str, delivery_id: str, stored: Stored) -> Stored:
        import obstore
        from obstore.exceptions import AlreadyExistsError

        try:
            await obstore.copy_async(self._store, place, _path(delivery_id), overwrite=False)
        except AlreadyExistsError:
            return await self._standing(delivery_id)
        except self._failures as error:
            raise self._unavailable(error) from error
        return stored

    async def _standing(self, delivery_id: str) -> Stored:
        import obstore

        digest = hashlib.sha256()
        size_bytes = 0
        try:
            found = await obstore.get_async(self._store, _path(delivery_id))
            async for piece in found.stream():
                digest.update(piece)
                size_bytes += len(piece)
        except self._failures as error:
            raise self._unavailable(error) from error
        return Stored(digest.hexdigest(), size_bytes)

    @asynccontextmanager
    async def _upload(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[tuple[str, Stored]]:
        """Upload in parts under a name for the moment; give name, digest and size. The object is gone afterwards.

        A conditional upload must come as a whole, and a large mail is not held in memory.
        """
        import obstore

        place = f"{_UNDER_WAY}{uuid4().hex}"
        digest = hashlib.sha256()
        size_bytes = 0

        async def counted() -> AsyncIterator[bytes]:
            nonlocal size_bytes
            async for chunk in chunks:
                digest.update(chunk)
                size_bytes += len(chunk)
                yield chunk

        try:
            await obstore.put_async(self._store, place, counted())
        except self._failures as error:
            raise self._unavailable(error) from error
        try:
            yield place, Stored(digest.hexdigest(), size_bytes)
        finally:
            await self._forget(place)

    async def _forget(self, place: str) -> None:
        import obstore

        try:
            await obstore.delete_async(self._store, place)
        except self._failures as error:
            raise self._unavailable(error) from error

    async def _each(self, calls: Iterable[Coroutine[Any, Any, _T]]) -> list[_T]:
        """Do all, several at a time; when one fails the others are waited for."""
        slots = asyncio.Semaphore(_AT_ONCE)

        async def one(call: Coroutine[Any, Any, _T]) -> _T:
            async with slots:
                return await call

        done = await asyncio.gather(*map(one, calls), return_exceptions=True)
        for failure in done:
            if isinstance(failure, BaseException):
                raise failure
        return cast("list[_T]", done)

    def _unavailable(self, error: BaseException) -> StoreUnavailable:
        # Its own words may hold addresses with keys in them.
        return StoreUnavailable(f"the object store at `bytes_url` does not answer as it should: {type(error).__name__}")


def _listed(found: ObjectMeta) -> Listed:
    path = found["path"]
    name = path.rpartition("/")[2]
    return Listed(
        name=name if _path(name) == path else path,
        size_bytes=found["size"],
        changed_at=found["last_modified"],
        is_temporary=path.startswith(_UNDER_WAY),
    )


def _path(delivery_id: str) -> str:
    return f"{delivery_id[:2]}/{delivery_id}"


async def _joined(first: bytes, second: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    yield second
    async for chunk in rest:
        yield chunk
