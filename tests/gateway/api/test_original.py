"""The original bytes: what the source gave, or nothing."""

from __future__ import annotations

import pytest

from tests.gateway.api.world import Headers, World

RAW = b"From: <jan@inwoner.test>\r\nSubject: \xff\xfe <script>alert(1)</script>\r\n\r\n" + bytes(range(256)) * 4000


async def test_the_original_is_what_the_source_gave_and_is_served_as_a_download(world: World, admin: Headers) -> None:
    item_id = await world.kept(RAW)
    answer = await world.get(f"/items/{item_id}/original", admin)
    reference = (await world.row(item_id)).reference
    assert answer.content == RAW
    assert answer.headers["content-type"] == "message/rfc822"
    assert answer.headers["content-disposition"] == f'attachment; filename="{reference}.eml"'
    assert answer.headers["content-security-policy"].startswith("sandbox;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["api-version"] == "1.0.0"


@pytest.mark.parametrize("media_type", ["text/html", "text/html; charset=x", "TEXT", "text/html\r\nX-Evil: 1"])
async def test_a_media_type_that_no_source_of_ours_gives_is_not_passed_on(
    world: World, admin: Headers, media_type: str
) -> None:
    item_id = await world.kept(RAW, media_type=media_type)
    answer = await world.get(f"/items/{item_id}/original", admin)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].endswith('.bin"')


@pytest.mark.parametrize("tampered", [RAW + b"x", RAW[:-1], b"", RAW.replace(b"jan", b"Jan")])
async def test_bytes_that_were_changed_are_refused(world: World, admin: Headers, tampered: bytes) -> None:
    item_id = await world.kept(RAW)
    world.bytes_path((await world.row(item_id)).delivery_id).write_bytes(tampered)
    answer = await world.get(f"/items/{item_id}/original", admin)
    assert (answer.status_code, answer.json()["code"]) == (500, "bytes_missing")
    assert str(world.bytes_root) not in answer.text


async def test_bytes_that_are_gone_are_told(world: World, admin: Headers) -> None:
    item_id = await world.kept(RAW)
    world.bytes_path((await world.row(item_id)).delivery_id).unlink()
    answer = await world.get(f"/items/{item_id}/original", admin)
    assert (answer.status_code, answer.json()["code"]) == (500, "bytes_missing")
