"""Raw bytes in an object store (S3, Azure, Google Cloud): durable when `put` returns, written as a whole."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from inbox.errors import BytesMissing, SettingsInvalid, StoreUnavailable

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_MARK = "inbox-gateway-bytes"
_ANSWERS_WITHIN = timedelta(seconds=20)
_CLOUDS = ("aws_", "azure_", "google_")


class ByteObjects:
    """A ByteStore in a bucket. A delivery `abcd…` stands under `ab/cd/abcd…`.

    Credentials come from where each cloud's own tools look for them (environment, instance role).
    """

    def __init__(self, url: str, options: dict[str, str] | None = None) -> None:
        """`url`: `s3://bucket/prefix`, `az://…`, `gs://…`. `options`: as obstore names them. Raises SettingsInvalid."""
        import obstore.exceptions
        import obstore.store

        options = options or {}
        for name in options:
            if not name.startswith(_CLOUDS):
                raise SettingsInvalid(f"`bytes_options`: `{name}` is no option; they begin with {', '.join(_CLOUDS)}")
        plain = any(value.startswith("http://") for value in options.values())
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

    async def put(self, delivery_id: str, chunks: AsyncIterator[bytes]) -> tuple[str, int]:
        """Upload, in parts when it is large; a broken upload leaves nothing. Raises StoreUnavailable."""
        import obstore

        digest = hashlib.sha256()
        size_bytes = 0

        async def counted() -> AsyncIterator[bytes]:
            nonlocal size_bytes
            async for chunk in chunks:
                digest.update(chunk)
                size_bytes += len(chunk)
                yield chunk

        pieces = counted()
        first = await anext(pieces, b"")
        second = await anext(pieces, None)
        try:
            if second is None:
                await obstore.put_async(self._store, _path(delivery_id), first)
            else:
                await obstore.put_async(self._store, _path(delivery_id), _joined(first, second, pieces))
        except self._failures as error:
            raise self._unavailable(error) from error
        return digest.hexdigest(), size_bytes

    async def size(self, delivery_id: str) -> int | None:
        """Return the stored size in bytes, or None."""
        import obstore

        try:
            return int((await obstore.head_async(self._store, _path(delivery_id)))["size"])
        except self._absent:
            return None
        except self._failures as error:
            raise self._unavailable(error) from error

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

    def _unavailable(self, error: BaseException) -> StoreUnavailable:
        # Its own words may hold addresses with keys in them.
        return StoreUnavailable(f"the object store at `bytes_url` does not answer as it should: {type(error).__name__}")


def _path(delivery_id: str) -> str:
    return f"{delivery_id[:2]}/{delivery_id[2:4]}/{delivery_id}"


async def _joined(first: bytes, second: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    yield second
    async for chunk in rest:
        yield chunk
