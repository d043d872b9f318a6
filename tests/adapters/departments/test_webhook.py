"""The webhook's body and headers: a CloudEvent, signed as Standard Webhooks says."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import jsonschema  # type: ignore[import-untyped]  # it has no types of its own
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from adapters.departments.webhook import WebhookSystem
from inbox.errors import SettingsInvalid
from inbox.handover import HandoverKind
from inbox.reading import LetterField, Part

if TYPE_CHECKING:
    from tests.adapters.departments.conftest import Claims, Department, Endpoint, MakeHandover

SECRET = "whsec_" + "QUJD" * 8
OTHER_SECRET = "whsec_" + "WFla" * 8
SOURCE = "urn:nld:oin:00000001:systeem:inbox-gateway"
SCHEMA = Path(__file__).parents[4] / "shared" / "specs" / "cloudevents-1.0.schema.json"

pytestmark = pytest.mark.asyncio


@pytest.fixture
def department(webhook_department: Department) -> Department:
    return webhook_department


async def test_the_receiver_can_verify_the_signature(department: Department, endpoint: Endpoint) -> None:
    await department.deliver()

    method, path, headers, body = endpoint.requests[0]
    event = Webhook(SECRET).verify(body, dict(headers))
    assert (method, path) == ("POST", "/items")
    assert headers["content-type"] == "application/cloudevents+json"
    assert headers["webhook-id"] == event["id"] == event["data"]["forwardId"]


async def test_another_secret_does_not_verify(department: Department, endpoint: Endpoint) -> None:
    await department.deliver()

    *_, headers, body = endpoint.requests[0]
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER_SECRET).verify(body, dict(headers))


async def test_two_secrets_give_two_signatures_while_one_replaces_the_other(
    client: httpx.AsyncClient, department: Department, endpoint: Endpoint
) -> None:
    department.system = WebhookSystem(client, lambda _: f"{SECRET} {OTHER_SECRET}", SOURCE)

    await department.deliver()

    *_, headers, body = endpoint.requests[0]
    for secret in (SECRET, OTHER_SECRET):
        Webhook(secret).verify(body, dict(headers))


@pytest.mark.skipif(not SCHEMA.exists(), reason="the CloudEvents schema is not beside the project")
@pytest.mark.parametrize("kind", list(HandoverKind))
async def test_the_body_is_a_cloudevent(
    kind: HandoverKind, department: Department, make_handover: MakeHandover, original: bytes
) -> None:
    event = json.loads(department.system.prepare(make_handover(kind=kind), original))

    jsonschema.validate(event, json.loads(SCHEMA.read_text()), format_checker=jsonschema.FormatChecker())


async def test_context_attributes_hold_no_personal_data(
    department: Department, make_handover: MakeHandover, original: bytes
) -> None:
    event = json.loads(department.system.prepare(make_handover(), original))
    about_the_event = {name: value for name, value in event.items() if name != "data"}

    assert about_the_event.pop("time").endswith("Z")
    assert about_the_event == {
        "specversion": "1.0",
        "id": "0b6c7a50-53a9-4a28-8ac0-7b5c1d6e2f11",
        "source": SOURCE,
        "type": "nl.inbox-gateway.item.forwarded.v1",
        "datacontenttype": "application/json",
    }


async def test_the_data_says_what_to_do_and_where_the_original_is(
    department: Department, make_handover: MakeHandover, original: bytes
) -> None:
    data = json.loads(department.system.prepare(make_handover(), original))["data"]

    assert data["promise"]["dueOn"] == "2026-11-30"
    assert data["receivedAt"] == "2026-11-23T13:05:00Z"
    assert data["originalPath"] == "/v1/items/6f1d1a60-1f57-4a5c-9f53-8c2f0c7d9e01/original"
    assert data["original"]["sha256"] == hashlib.sha256(original).hexdigest()
    assert "destination" not in data


async def test_what_a_letter_says_of_itself_goes_along_and_dates_come_first(
    department: Department, make_handover: MakeHandover, original: bytes
) -> None:
    fields = [
        *(LetterField(name="phone", value=f"+316{n:08}", page=1, box=(0, 0, 9, 9), confidence=0.9) for n in range(40)),
        LetterField(name="posted_on", value="2026-11-20", page=2, box=(0, 0, 9, 9), confidence=0.82),
        LetterField(name="marked", value="persoonlijk", page=2, box=(0, 0, 9, 9), confidence=0.93),
    ]
    handover = make_handover(fields=tuple(fields), received_basis="date_stamp")

    data = json.loads(department.system.prepare(handover, original))["data"]

    assert data["receivedBasis"] == "date_stamp"
    assert data["letterFields"][0] == {"name": "posted_on", "value": "2026-11-20", "page": 2, "confidence": 0.82}
    assert data["letterFields"][1]["name"] == "marked"
    assert len(data["letterFields"]) == 30


async def test_a_withdrawal_is_an_event_of_its_own_without_the_matter(
    department: Department, make_handover: MakeHandover, original: bytes
) -> None:
    handover = make_handover(kind=HandoverKind.withdrawal, reason="Hoort bij de provincie")

    written = department.system.prepare(handover, original)

    event = json.loads(written)
    assert event["id"] == f"{handover.forward_id}.withdrawn"
    assert event["type"] == "nl.inbox-gateway.item.withdrawn.v1"
    assert event["data"]["reason"] == "Hoort bij de provincie"
    assert b"a.devries" not in written
    assert "subject" not in event["data"]


async def test_the_largest_event_stays_below_64_kilobytes(
    department: Department, make_handover: MakeHandover, original: bytes
) -> None:
    long = "\U0001f6a7" * 100_000
    part = Part(name=long, media_type=long, size_bytes=10**12, sha256="f" * 64)
    fields = tuple(LetterField(name=long, value=long, page=500, box=(0, 0, 9, 9), confidence=0.123) for _ in range(60))
    everything = dict.fromkeys(("subject", "excerpt", "category_name", "department_name", "original_name"), long)

    body = department.system.prepare(
        make_handover(
            parts=(part,) * 1000, labels=(long,) * 1000, recipients=(long,) * 100, fields=fields, **everything
        ),
        original,
    )

    assert len(body) < 64_000
    data = json.loads(body)["data"]
    assert (data["partCount"], len(data["recipients"]), data["recipientCount"]) == (1000, 8, 100)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_QUJD", "whsec_" + "QUJD" * 7 + "!?", "mijn geheim"])
async def test_an_unusable_secret_names_its_setting(
    secret: str, client: httpx.AsyncClient, department: Department, claim: Claims
) -> None:
    department.system = WebhookSystem(client, lambda _: secret, SOURCE)

    with pytest.raises(SettingsInvalid, match="env:WEGEN_SECRET") as caught:
        await department.deliver()

    assert claim.count == 0
    assert secret in {"", "whsec_"} or secret not in caught.value.detail
    with pytest.raises(SettingsInvalid):
        await department.system.check(department.to)
