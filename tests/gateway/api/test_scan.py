"""A letter's scan file: what was scanned and by what, and the whole file for who may see every letter of it."""

from __future__ import annotations

import json

import pytest

from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.reading import Reading
from inbox.receipt import Receipt
from inbox.unfolding import LeftPage, Unfolded, UnfoldedLetter
from store.keys import Role
from store.unfolding import KeptLetter, commit_unfolding, letter_id
from tests.gateway.api.world import MARK, Headers, World
from workflows.deciding import decide_item, link_item

FILE = b"II*\x00 the whole scan file"
SUBJECTS = ("Lantaarn kapot", f"Vergunning {MARK}")
SCANNER = (("device", "Canon DR-M1060"), ("dpi", "300"), ("colour", "grey"), ("paper_box", "2026-117"))


async def scanned(world: World, *subjects: str) -> list[str]:
    """Unfold a scan file into letters and decide them; return their items, in order."""
    before = {row.item_id async for row in _items(world)}
    first = await world.kept(FILE, channel=Channel.post, media_type="application/octet-stream")
    scan_row = await world.row(first)
    scan_id = scan_row.delivery_id
    letters, pages = [], []
    for number, subject in enumerate(subjects):
        content = f"%PDF- letter {number}".encode()
        reading = Reading(channel=Channel.post, subject=subject, text=subject)
        pages.append(UnfoldedLetter(reading, (2 * number + 1,), content, "application/pdf"))
        stored = await world.parts.bytes.put_all({"draft": content})
        digest = stored["draft"].sha256
        world.bytes_path("draft").unlink()
        name = letter_id(scan_id, number + 1, digest)
        stored = await world.parts.bytes.put_all({name: content})
        letters.append(KeptLetter(reading, "application/pdf", stored[name], Receipt(scan_row.received_at, "source")))
    left = tuple(LeftPage(page=2 * number + 2, kind="separator") for number in range(len(subjects)))
    unfolded = Unfolded(2 * len(subjects), tuple(pages), left, SCANNER, "image/tiff")
    await commit_unfolding(world.ledger, first, scan_id, letters, unfolded)
    made = sorted([row async for row in _items(world) if row.item_id not in before], key=lambda row: row.made_at)
    for row in made:
        await link_item(world.parts, await world.row(row.item_id))
        await decide_item(world.parts, await world.row(row.item_id))
    return [row.item_id for row in made]


async def _items(world: World):
    from sqlalchemy import select

    from store.tables import items

    async with world.ledger.read() as connection:
        for row in await connection.execute(select(items)):
            yield row


async def test_a_letter_shows_what_was_scanned_and_by_what(world: World, admin: Headers) -> None:
    _, second = await scanned(world, *SUBJECTS)
    scan = (await world.get(f"/items/{second}", admin)).json()["delivery"]["scan"]
    assert scan.pop("keptAt")
    assert len(scan.pop("sha256")) == 64
    assert len(scan.pop("deliveryId")) == 36
    assert scan == {
        "mediaType": "image/tiff",
        "sizeBytes": len(FILE),
        "pages": 4,
        "letters": 2,
        "ordinal": 2,
        "ownPages": [3],
        "leftPages": [{"page": 2, "kind": "separator"}, {"page": 4, "kind": "separator"}],
        "scanner": dict(SCANNER),
    }


async def test_a_letter_shows_no_word_of_another(world: World, kcc: Headers) -> None:
    first, second = await scanned(world, *SUBJECTS)
    shown = await world.get(f"/items/{first}", kcc)
    assert shown.status_code == 200
    assert MARK not in json.dumps(shown.json())
    assert second not in shown.text


async def test_a_mail_has_no_scan(world: World, admin: Headers) -> None:
    item_id = await world.decided()
    assert (await world.get(f"/items/{item_id}", admin)).json()["delivery"]["scan"] is None
    assert (await world.get(f"/items/{item_id}/scan", admin)).status_code == 404


async def test_the_whole_file_is_for_who_may_see_every_letter(world: World, admin: Headers, kcc: Headers) -> None:
    first, second = await scanned(world, *SUBJECTS)
    for item_id in (first, second):
        answer = await world.get(f"/items/{item_id}/scan", admin)
        assert (answer.status_code, answer.content) == (200, FILE)
        assert answer.headers["content-type"] == "image/tiff"
        assert answer.headers["content-disposition"].endswith('.tif"')
        assert answer.headers["content-security-policy"].startswith("sandbox;")
    # A look at the file is one at every letter of it.
    looks = (await world.get("/audit", admin, kind="scan.seen")).json()["entries"]
    assert len(looks) == 2
    assert all(sorted(look["about"]["itemIds"]) == sorted([first, second]) for look in looks)
    # The other letter is another department's.
    assert (await world.get(f"/items/{first}/original", kcc)).status_code == 200
    assert (await world.get(f"/items/{first}/scan", kcc)).status_code == 404


async def test_the_file_of_one_letter_is_for_its_department(world: World, kcc: Headers, permits: Headers) -> None:
    [only] = await scanned(world, "Lantaarn kapot")
    assert (await world.get(f"/items/{only}/scan", kcc)).content == FILE
    assert (await world.get(f"/items/{only}/scan", permits)).status_code == 404


async def test_a_letter_that_is_too_confidential_closes_the_file(world: World) -> None:
    first, second = await scanned(world, *SUBJECTS)
    reader = await world.key(Role.reader, up_to=Confidentiality.zaakvertrouwelijk)
    assert (await world.get(f"/items/{first}/scan", reader)).status_code == 200
    await world.change(second, confidentiality=int(Confidentiality.geheim))
    assert (await world.get(f"/items/{first}/scan", reader)).status_code == 404
    assert (await world.get(f"/items/{first}", reader)).status_code == 200


@pytest.mark.parametrize("tampered", [FILE + b"x", b""])
async def test_a_changed_file_is_refused(world: World, admin: Headers, tampered: bytes) -> None:
    [only] = await scanned(world, "Lantaarn kapot")
    scan_id = (await world.get(f"/items/{only}", admin)).json()["delivery"]["scan"]["deliveryId"]
    world.bytes_path(scan_id).write_bytes(tampered)
    answer = await world.get(f"/items/{only}/scan", admin)
    assert (answer.status_code, answer.json()["code"]) == (500, "bytes_missing")
