"""A letter's scan file beside the letter, as it came, at each kind of destination."""

from __future__ import annotations

import hashlib
import json
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from inbox.handover import HandoverKind
from tests.adapters.departments.conftest import ORIGINAL, SCAN, SCANNED

if TYPE_CHECKING:
    from tests.adapters.departments.conftest import Department, Endpoint, PostOffice

pytestmark = pytest.mark.asyncio

LETTER = {"original_name": "7K3M-9QXA-D.pdf", "original_media_type": "application/pdf"}


async def test_a_mailbox_gets_it_as_a_second_attachment(
    mailbox_department: Department, post_office: PostOffice
) -> None:
    await mailbox_department.deliver(scan=SCAN, **LETTER)

    [raw] = post_office.messages
    mail = message_from_bytes(raw, policy=policy.default)
    text, letter, scan = mail.iter_parts()
    assert (letter.get_filename(), letter.get_content()) == ("7K3M-9QXA-D.pdf", ORIGINAL)
    assert (scan.get_content_type(), scan.get_filename()) == ("image/tiff", SCAN.name)
    assert scan.get_payload(decode=True) == SCANNED
    assert "De scan zoals die binnenkwam, zit in de bijlage 7K3M-9QXA-D-scan.tif." in text.get_content()


async def test_a_folder_gets_it_as_a_second_file_before_the_json(folder_department: Department, tmp_path: Path) -> None:
    name = (await folder_department.deliver(scan=SCAN, **LETTER)).remote_id

    content = json.loads((tmp_path / "wegen" / name).read_text())
    stem = name.removesuffix(".json")
    assert sorted(path.name for path in (tmp_path / "wegen").iterdir()) == [
        f"{stem}.json",
        f"{stem}.pdf",
        f"{stem}.scan.tif",
    ]
    assert (tmp_path / "wegen" / content["scan"]["file"]).read_bytes() == SCANNED
    assert (tmp_path / "wegen" / content["original"]["file"]).read_bytes() == ORIGINAL
    assert content["scan"]["sha256"] == hashlib.sha256(SCANNED).hexdigest()


async def test_an_endpoint_is_told_where_it_is(webhook_department: Department, endpoint: Endpoint) -> None:
    await webhook_department.deliver(scan=SCAN, **LETTER)

    data = json.loads(endpoint.bodies[0])["data"]
    assert data["scanPath"] == f"/v1/items/{data['itemId']}/scan"
    assert data["scan"] == {
        "name": SCAN.name,
        "mediaType": "image/tiff",
        "sizeBytes": len(SCANNED),
        "sha256": hashlib.sha256(SCANNED).hexdigest(),
    }


async def test_without_a_scan_nothing_speaks_of_one(
    mailbox_department: Department,
    folder_department: Department,
    webhook_department: Department,
    post_office: PostOffice,
    endpoint: Endpoint,
    tmp_path: Path,
) -> None:
    await mailbox_department.deliver()
    name = (await folder_department.deliver()).remote_id
    await webhook_department.deliver()

    assert len(list(message_from_bytes(post_office.messages[0], policy=policy.default).iter_parts())) == 2
    assert json.loads((tmp_path / "wegen" / name).read_text())["scan"] is None
    assert not list((tmp_path / "wegen").glob("*.scan.*"))
    data = json.loads(endpoint.bodies[0])["data"]
    assert (data["scan"], data["scanPath"]) == (None, None)


async def test_a_withdrawal_takes_no_scan_along(
    mailbox_department: Department,
    folder_department: Department,
    webhook_department: Department,
    post_office: PostOffice,
    endpoint: Endpoint,
    tmp_path: Path,
) -> None:
    for department in (mailbox_department, folder_department, webhook_department):
        await department.deliver(scan=SCAN, kind=HandoverKind.withdrawal, reason="elders")

    assert not message_from_bytes(post_office.messages[0]).is_multipart()
    assert [path.suffixes for path in (tmp_path / "wegen").iterdir()] == [[".withdrawn", ".json"]]
    assert b"scan" not in endpoint.bodies[0].lower()
