"""Envelopes that nobody opened, through a whole town: registered, dated, routed, answered with a receipt, unread."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import date
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pdfplumber
import pytest

from inbox.confidentiality import Confidentiality
from inbox.norms.promise import date_words
from store.reconciling import reconcile
from store.tables import tasks
from tests.configuration import SMALL_TOWN
from tests.letters.envelopes import Envelope, envelope
from tests.letters.files import as_pdf
from tests.running import Town
from tests.workflows.test_post import PostRoom, settled
from tests.workflows.test_post_receipt import days_ago, letter_row, noon

WITH_COUNCIL = (
    SMALL_TOWN.replace(
        "departments:\n",
        "departments:\n  griffie:\n    name: Griffie\n    acting: {kind: folder, path: FOLDER/griffie, up_to: vertrouwelijk}\n",
    )
    .replace(
        "categories:\n",
        "categories:\n  raadspost:\n    name: post voor de raad\n    department: griffie\n    answer: dated\n"
        "    norm: {within: 5, unit: working_days}\n",
    )
    .replace(
        "rules:\n",
        "rules:\n  - id: raad\n    when: {is_envelope: true, addressee_kind: council}\n    category: raadspost\n",
    )
)
SENDER = ("Henk Bakker", "Molenweg 3", "4761 CD Zevenbergen")


@pytest.fixture
def room(tmp_path: Path) -> PostRoom:
    return PostRoom(tmp_path)


def council(stamped_on: date | None = None) -> bytes:
    written = Envelope(
        ("De gemeenteraad van Proefstad", "t.a.v. de griffie", "Postbus 12", "1234 AB Proefstad"),
        SENDER,
        "PERSOONLIJK",
        posted_on=days_ago(6),
        stamped_on=stamped_on,
    )
    return as_pdf([envelope(written).image])


async def test_an_envelope_goes_where_its_outside_leads_and_says_nothing_of_its_inside(
    make_town: Callable[..., Any], room: PostRoom
) -> None:
    day = days_ago(4)
    town: Town = await make_town(**room.settings(), document=WITH_COUNCIL)
    assert town.parts is not None
    async with town.working():
        room.scan("envelope.pdf", council(stamped_on=day))
        [item] = await settled(town, 1)
    assert item.status == "forwarded"
    assert (item.subject, item.reading["is_envelope"]) == ("", True)
    assert Confidentiality(item.confidentiality) is Confidentiality.vertrouwelijk
    letter = await letter_row(town, item)
    assert (item.received_at, letter.received_basis) == (noon(day), "date_stamp")

    [forward] = await town.forwards(item.item_id)
    assert (forward.department, forward.state) == ("griffie", "delivered")
    place = Path(town.settings.var).parent / "forwarded" / "griffie"
    [handed] = [json.loads(file.read_bytes()) for file in place.glob("*.json")]
    assert handed["confidentiality"] == "vertrouwelijk"
    assert "envelope_only" in handed["labels"]
    assert handed["promise"] is None
    said = {field["name"]: field["value"] for field in handed["letterFields"]}
    assert said["posted_on"] == days_ago(6).isoformat()
    assert (said["stamped_on"], said["marked"]) == (day.isoformat(), "persoonlijk")
    [scan] = [file for file in place.glob("*.pdf") if ".scan." not in file.name]
    with pdfplumber.open(scan) as pdf:
        assert len(pdf.pages) == 1
        assert pdf.pages[0].images

    [notice] = await town.notices(item.item_id)
    assert (notice.channel, notice.state, notice.told_due_on) == ("post", "sent", None)
    [answer] = room.printed().values()
    for line in (*SENDER, item.reference, date_words(day)):
        assert line in " ".join(answer.split())
    for secret in ("raad", "Griffie", "persoonlijk"):
        assert secret not in answer
    assert (await reconcile(town.ledger, town.parts.bytes)).losses == []


async def test_without_a_rule_the_contact_centre_hears_that_nobody_opened_it(
    make_town: Callable[..., Any], room: PostRoom
) -> None:
    town: Town = await make_town(**room.settings())
    async with town.working():
        room.scan("envelope.pdf", council())
        [item] = await settled(town, 1)
    assert item.status == "triage"
    assert {"rule": "envelope:closed", "holds": True, "because": "an envelope only: content unread"} in item.trace
    assert "quality:scan" not in {step["rule"] for step in item.trace}
    [message] = town.mail_to("kcc@afdeling.test")
    body = message_from_bytes(message, policy=policy.default).get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "Er is een dichte envelop voor Klantcontactcentrum." in text
    assert f"Poststempel: {date_words(days_ago(6))}" in text
    assert "Opschrift: persoonlijk" in text
    assert "De envelop zelf ligt bij de postkamer." in text
    parsed = message_from_bytes(message, policy=policy.default)
    [letter, _scan] = [part for part in parsed.walk() if part.get_content_type() == "application/pdf"]
    with pdfplumber.open(io.BytesIO(letter.get_payload(decode=True))) as pdf:
        assert len(pdf.pages) == 1


async def test_a_source_of_envelopes_needs_no_mark_to_know_them(make_town: Callable[..., Any], room: PostRoom) -> None:
    """Nothing but a name stands on it: fewer words than the bar asks of a letter, and no address to answer to."""
    settings = room.settings()
    settings["scan_folder"]["envelopes"] = True
    town: Town = await make_town(**settings)
    async with town.working():
        room.scan("envelope.pdf", as_pdf([envelope(Envelope(("Mevrouw A. Smit",))).image]))
        [item] = await settled(town, 1)
    assert item.reading["is_envelope"]
    assert item.reading["remarks"] == []
    assert item.trace[-1]["rule"] == "envelope:closed"
    assert room.printed() == {}
    [notice] = await town.notices(item.item_id)
    assert notice.state == "withheld"
    assert [task.kind for task in await town.rows(tasks, tasks.c.item_id == item.item_id)] == ["untold"]
