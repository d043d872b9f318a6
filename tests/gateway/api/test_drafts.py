"""Drafts over the API: worked on by parts, checked, published, and gone back from."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import yaml
from sqlalchemy import select, update

from gateway.api.access import ROLES
from inbox.configuration.canonical import canonical
from inbox.configuration.load import load_configuration
from store.audit_tables import audit
from store.draft_tables import publications
from store.keys import Role
from tests.configuration import SMALL_TOWN
from tests.gateway.api.world import Headers, World

TOWN = canonical(load_configuration(SMALL_TOWN))


class Drafting:
    """One administrator and one draft."""

    def __init__(self, world: World, headers: Headers, draft_id: str, tag: str) -> None:
        self.world = world
        self.headers = headers
        self.draft_id = draft_id
        self.tag = tag

    async def ask(self, method: str, path: str = "", *, tag: str | None = None, **sent: Any) -> httpx.Response:
        """Send a request below the draft; writing sends the newest ETag that this administrator saw."""
        headers = {**self.headers, **sent.pop("headers", {})}
        if tag is not None:
            headers["If-Match"] = tag
        elif method in ("PUT", "DELETE"):
            headers["If-Match"] = self.tag
        answer = await self.world.client.request(method, f"/v1/drafts/{self.draft_id}{path}", headers=headers, **sent)
        if answer.is_success:
            self.tag = answer.headers.get("etag", self.tag)
        return answer

    async def content(self) -> Any:
        """Return what the draft says."""
        return (await self.ask("GET")).json()

    async def publish(self, **body: Any) -> httpx.Response:
        """Ask to publish it."""
        return await self.ask("POST", "/publication", json={"reason": "omdat het beter is", **body})


async def begin(world: World, headers: Headers, **body: Any) -> Drafting:
    """Make a draft."""
    made = await world.post("/drafts", headers, **body)
    assert made.status_code == 201, made.text
    return Drafting(world, headers, made.json()["draftId"], made.headers["etag"])


@pytest.fixture
async def draft(world: World, admin: Headers) -> Drafting:
    return await begin(world, admin, title="Proef")


async def kinds(world: World) -> list[str]:
    async with world.ledger.read() as connection:
        found = [row.kind for row in await connection.execute(select(audit).order_by(audit.c.entry_id))]
    return [kind for kind in found if kind.split(".")[0] in ("version", "draft", "publication")]


async def test_a_draft_begins_with_what_is_in_force_and_may_be_anything_meanwhile(draft: Drafting) -> None:
    content = await draft.content()
    assert (await draft.ask("GET", "/diff")).json()["differences"] == []
    assert (await draft.ask("PUT", json={"rules": 5, "iets": [None]})).status_code == 200
    assert await draft.content() == {"rules": 5, "iets": [None]}
    assert (await draft.ask("PUT", json=content)).status_code == 200
    validation = (await draft.ask("POST", "/validation")).json()
    assert (validation["isValid"], validation["draftVersion"], validation["faults"]) == (True, 3, [])


async def test_validation_says_what_is_odd_and_which_words_no_recent_item_has(world: World, draft: Drafting) -> None:
    content = await draft.content()
    odd = {"id": "maanlicht", "when": {"words": ["maanlicht", "lantaarn"]}, "category": content["rules"][0]["category"]}
    assert (await draft.ask("PUT", json={**content, "rules": [*content["rules"], odd]})).status_code == 200
    await world.read("Lantaarn kapot", "De lantaarn doet het niet.")
    validation = (await draft.ask("POST", "/validation")).json()
    assert validation["isValid"]
    assert validation["wordsHeldAgainst"] == 1
    place = f"/rules/{len(content['rules'])}"
    unmatched = [one["pointer"] for one in validation["warnings"] if one["code"] == "word_unmatched"]
    assert f"{place}/when/words/0" in unmatched
    assert f"{place}/when/words/1" not in unmatched
    assert any(one["code"] != "word_unmatched" for one in validation["warnings"])
    without = (await draft.ask("POST", "/validation?days=0")).json()
    assert without["wordsHeldAgainst"] is None
    assert not [one for one in without["warnings"] if one["code"] == "word_unmatched"]


async def test_json_and_yaml_say_the_same_both_ways(draft: Drafting) -> None:
    as_json = await draft.ask("GET")
    as_yaml = await draft.ask("GET", headers={"Accept": "text/html, application/yaml;q=0.9, application/json;q=0.1"})
    assert as_yaml.headers["content-type"].startswith("application/yaml")
    assert yaml.safe_load(as_yaml.text) == as_json.json()
    written = await draft.ask("PUT", content=as_yaml.content, headers={"Content-Type": "application/yaml"})
    assert written.status_code == 200
    assert await draft.content() == as_json.json()
    assert json.dumps(await draft.content()) == json.dumps(as_json.json())
    refused = await draft.ask("GET", headers={"Accept": "text/html"})
    assert (refused.status_code, refused.json()["code"]) == (406, "not_acceptable")
    odd = await draft.ask("PUT", content=b"x", headers={"Content-Type": "text/plain"})
    assert odd.status_code == 415


async def test_writing_without_if_match_is_refused_and_with_a_stale_one_too(draft: Drafting) -> None:
    paths = ("", "/calendar", "/rules/lantaarn", "/texts/dated", "/categories/lantaarn/norm")
    for path in paths:
        for method in ("PUT", "DELETE"):
            url = f"/v1/drafts/{draft.draft_id}{path}"
            without = await draft.world.client.request(method, url, headers=draft.headers)
            assert (without.status_code, without.json()["code"]) == (428, "precondition_required")
            stale = await draft.ask(method, path, tag='"7"', json={})
            assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert (await draft.ask("GET")).headers["etag"] == '"1"'


async def test_of_two_administrators_who_write_at_once_one_is_told_to_look_again(world: World, draft: Drafting) -> None:
    other = Drafting(world, await world.key(Role.publisher), draft.draft_id, draft.tag)
    for turn in range(4):
        answers = await asyncio.gather(
            *(one.ask("PUT", f"/texts/tekst-{turn}-{number}", tag=draft.tag, json={"body": "x"})
              for number, one in enumerate((draft, other, draft, other)))
        )  # fmt: skip
        assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
        draft.tag = (await draft.ask("GET")).headers["etag"]
    assert len([key for key in (await draft.content())["texts"] if key.startswith("tekst-")]) == 4


async def test_parts_are_read_written_and_taken_out_one_by_one(draft: Drafting) -> None:
    for path, body in (
        ("/departments/groen", {"name": "Groen", "acting": {"kind": "folder", "path": "groen"}}),
        ("/categories/boom", {"name": "een boom", "department": "groen", "answer": "dated", "norm": {}}),
        ("/categories/boom/norm", {"within": 3, "unit": "weeks"}),
        ("/texts/boom", {"subject": "x", "body": "{reference} {date}"}),
        ("/flags/gevaar", {"name": "gevaar", "alerts": ["piket@gemeente.test"]}),
        ("/topics/licht", {"name": "licht", "examples": ["Lantaarn kapot"]}),
        ("/topics/afval", {"name": "afval", "examples": ["Kliko niet geleegd"]}),
        ("/addressees/karin", {"names": ["Karin Bos"], "department": "groen"}),
        ("/calendar", {"closed_on": ["2026-12-24"]}),
        ("/web-forms", [{"addresses": ["formulier@gemeente.test"]}]),
    ):
        assert (await draft.ask("PUT", path, json=body)).status_code == 200, path
        assert (await draft.ask("GET", path)).json() == body
    content = await draft.content()
    assert content["categories"]["boom"]["norm"] == {"within": 3, "unit": "weeks"}
    assert content["calendar"] == {"closed_on": ["2026-12-24"]}
    assert (await draft.ask("POST", "/validation")).json()["isValid"]
    assert (await draft.ask("DELETE", "/topics/afval")).status_code == 200
    [alone] = (await draft.ask("POST", "/validation")).json()["faults"]
    assert alone["pointer"] == "/topics"
    for path in ("/topics/licht", "/flags/gevaar", "/categories/boom/norm", "/calendar", "/web-forms"):
        assert (await draft.ask("DELETE", path)).status_code == 200
        assert (await draft.ask("GET", path)).status_code == 404
        assert (await draft.ask("DELETE", path)).status_code == 404
    faults = (await draft.ask("POST", "/validation")).json()["faults"]
    assert {"pointer": "/categories/boom", "detail": "is answered with a date and has no `norm`"} in faults


async def test_a_rule_stands_where_it_is_put(draft: Drafting) -> None:
    rule = {"when": {"words": ["boom"]}, "category": "lantaarn"}

    async def order() -> list[str]:
        return [one["id"] for one in (await draft.ask("GET", "/rules")).json()]

    before = await order()
    await draft.ask("PUT", "/rules/boom", json=rule)
    assert await order() == [*before, "boom"]
    await draft.ask("PUT", "/rules/boom?position=1", json=rule)
    assert await order() == ["boom", *before]
    await draft.ask("PUT", "/rules/boom?before=vergunning", json=rule)
    assert await order() == [*before[:2], "boom", *before[2:]]
    await draft.ask("PUT", "/rules/boom", json={**rule, "note": "blijft staan"})
    shown = await draft.ask("GET", "/rules/boom")
    assert shown.headers["rule-position"] == "3"
    assert shown.json() == {"id": "boom", **rule, "note": "blijft staan"}
    for wrong in ("?position=9", "?before=geen", "?position=1&before=vergunning"):
        assert (await draft.ask("PUT", f"/rules/boom{wrong}", json=rule)).status_code == 400
    other = await draft.ask("PUT", "/rules/boom", json={**rule, "id": "struik"})
    assert other.json()["errors"][0]["location"] == {"pointer": "/id"}
    assert (await draft.ask("DELETE", "/rules/boom")).status_code == 200
    assert await order() == before


async def test_a_path_that_is_no_part_is_not_found_and_another_operations_is_405(draft: Drafting) -> None:
    assert (await draft.ask("GET", "/iets")).status_code == 404
    assert (await draft.ask("PUT", "/iets/anders", json={})).status_code == 404
    for method, path, allowed in (
        ("GET", "/validation", "POST"),
        ("PUT", "/diff", "GET, HEAD"),
        ("GET", "/publication/approval", "POST"),
        ("PUT", "/publication", "DELETE, GET, HEAD, POST"),
    ):
        answer = await draft.ask(method, path, json={})
        assert (answer.status_code, answer.headers.get("allow")) == (405, allowed), path


async def test_everything_that_is_wrong_is_named_at_once_by_its_place(draft: Drafting) -> None:
    content = await draft.content()
    content["rules"][0]["when"] = {"words": ["/(/"]}
    content["rules"][2]["category"] = "weg"
    content["categories"]["lantaarn"]["department"] = "nergens"
    content["texts"]["dated"]["body"] = "{datum} {reference}"
    await draft.ask("PUT", json=content)
    wanted = {"/rules/0/when/words/0", "/rules/2/category", "/categories/lantaarn/department", "/texts/dated/body"}
    validation = (await draft.ask("POST", "/validation")).json()
    assert {fault["pointer"] for fault in validation["faults"]} == wanted
    refused = await draft.publish()
    assert (refused.status_code, refused.json()["code"]) == (400, "configuration_invalid")
    assert {fault["location"]["pointer"] for fault in refused.json()["errors"]} == wanted
    assert (await draft.world.parts.configurations.current()).version == 1
    assert (await draft.ask("GET", "/publication")).status_code == 404


async def test_wrong_shapes_are_named_without_the_names_of_kinds_between(draft: Drafting) -> None:
    content = await draft.content()
    content["departments"]["kcc"]["acting"]["address"] = "geen adres"
    content["categories"]["a~b/c"] = {"name": "x"}
    content["rules"][1]["when"]["any"] = [{"woorden": "x"}]
    await draft.ask("PUT", json=content)
    pointers = {fault["pointer"] for fault in (await draft.ask("POST", "/validation")).json()["faults"]}
    assert pointers >= {
        "/departments/kcc/acting/address",
        "/categories/a~0b~1c",
        "/categories/a~0b~1c/department",
        "/rules/1/when/any/0/woorden",
    }


@pytest.mark.parametrize(
    ("media_type", "body", "code", "pointers"),
    [
        ("application/json", "{", "document_unreadable", [""]),
        ("application/json", b"\xff", "document_unreadable", [""]),
        ("application/json", "[" * 5000, "document_unreadable", [""]),
        ("application/json", '{"a": {"b": 1, "b": 2}, "c": NaN}', "document_unsound", ["/a/b", "/c"]),
        ("application/json", '{"a": "\\u0000", "b": "\\ud800"}', "document_unsound", ["/a", "/b"]),
        ("application/json", "5", "configuration_invalid", [""]),
        ("application/yaml", "a: [", "document_unreadable", [""]),
        ("application/yaml", "", "configuration_invalid", [""]),
        ("application/yaml", "a: {b: 1, b: 2}\na: 3", "document_unsound", ["/a/b", "/a"]),
        ("application/yaml", "1: x\ny: .nan\nz: !!binary eA==", "document_unsound", ["/1", "/y", "/z"]),
    ],
)
async def test_a_text_that_is_no_document_changes_nothing(
    draft: Drafting, media_type: str, body: str | bytes, code: str, pointers: list[str]
) -> None:
    for path in ("", "/texts/dated"):
        answer = await draft.ask("PUT", path, content=body, headers={"Content-Type": media_type})
        assert (answer.status_code, answer.json()["code"]) == (400, code)
        assert [fault["location"]["pointer"] for fault in answer.json()["errors"]] == pointers
    assert (await draft.ask("GET")).headers["etag"] == '"1"'


async def test_a_draft_is_compared_with_what_is_in_force(draft: Drafting) -> None:
    await draft.ask("PUT", "/categories/lantaarn/norm", json={"within": 2, "unit": "working_days"})
    await draft.ask("DELETE", "/rules/intern")
    rule = (await draft.ask("GET", "/rules/lantaarn")).json()
    await draft.ask("PUT", "/rules/lantaarn?position=1", json=rule)
    told = (await draft.ask("GET", "/diff")).json()
    assert (told["fromVersion"], told["toVersion"]) == (1, None)
    lines = [(one["kind"], one["part"], one["key"], one["pointer"]) for one in told["differences"]]
    assert lines == [
        ("changed", "categories", "lantaarn", "/categories/lantaarn"),
        ("moved", "rules", "lantaarn", "/rules/0"),
        ("removed", "rules", "intern", "/rules/4"),
    ]
    assert told["differences"][1]["oldPosition"] == 4
    assert told["differences"][0]["old"]["norm"]["within"] == 5


async def test_published_it_decides_and_can_be_gone_back_from(world: World, draft: Drafting, admin: Headers) -> None:
    await draft.ask("PUT", "/categories/lantaarn/norm", json={"within": 2, "unit": "weeks"})
    made = await draft.publish(expectedVersion=1)
    assert (made.status_code, made.json()["state"], made.json()["version"]) == (201, "published", 2)
    current = await world.parts.configurations.current()
    assert current.document.categories["lantaarn"].norm.within == 2  # type: ignore[union-attr]
    assert (await draft.ask("PUT", "/calendar", json={})).status_code == 409
    versions = (await world.get("/configuration/versions", admin)).json()["versions"]
    assert [(one["version"], one["origin"], one["fromVersion"]) for one in versions] == [
        (2, "draft", 1),
        (1, "file", None),
    ]
    changed = (await world.get("/configuration/versions/2/diff", admin)).json()
    assert [one["key"] for one in changed["differences"]] == ["lantaarn"]
    back = await world.post("/configuration/versions/1/roll-back", admin, reason="te snel beloofd")
    assert (back.status_code, back.json()["version"], back.json()["origin"]) == (200, 3, "roll_back")
    versions = (await world.get("/configuration/versions", admin)).json()["versions"]
    assert [one["rolledBackTo"] for one in versions] == [1, None, None]
    assert (await world.get("/configuration/versions/3/diff", admin, against=1)).json()["differences"] == []
    again = await world.post("/configuration/versions/1/roll-back", admin, reason="nog eens")
    assert again.status_code == 409
    assert await kinds(world) == [
        "version.published", "draft.made", "draft.changed", "version.published", "version.rolled_back",
    ]  # fmt: skip


async def test_a_version_is_given_as_json_and_as_yaml(world: World, admin: Headers) -> None:
    as_json = await world.get("/configuration/versions/1", admin)
    as_yaml = await world.get("/configuration/versions/1", {**admin, "Accept": "application/yaml"})
    assert as_json.json() == yaml.safe_load(as_yaml.text)
    assert load_configuration(as_yaml.text) == (await world.parts.configurations.current()).document
    assert (await world.get("/configuration/versions/9", admin)).status_code == 404


async def test_a_draft_of_an_overtaken_version_is_refused_until_it_is_rebased(
    world: World, draft: Drafting, admin: Headers
) -> None:
    other = await begin(world, admin)
    await other.ask("PUT", "/texts/dated", json={**TOWN["texts"]["dated"], "subject": "Ander {reference}"})
    await draft.ask("PUT", "/categories/lantaarn/norm", json={"within": 2, "unit": "weeks"})
    assert (await other.publish()).status_code == 201
    refused = await draft.publish()
    assert (refused.status_code, "rebase" in refused.json()["detail"]) == (409, True)
    assert (await draft.ask("POST", "/rebase", json={})).status_code == 200
    content = await draft.content()
    assert content["texts"]["dated"]["subject"] == "Ander {reference}"
    assert content["categories"]["lantaarn"]["norm"]["unit"] == "weeks"
    assert (await draft.publish()).json()["version"] == 3


async def test_what_both_changed_in_other_ways_is_for_a_person_to_decide(
    world: World, draft: Drafting, admin: Headers
) -> None:
    other = await begin(world, admin)
    for one, within in ((other, 1), (draft, 2)):
        await one.ask("PUT", "/categories/lantaarn/norm", json={"within": within, "unit": "weeks"})
    await other.publish()
    torn = await draft.ask("POST", "/rebase", json={})
    assert (torn.status_code, "categories lantaarn" in torn.json()["detail"]) == (409, True)
    assert (await draft.ask("POST", "/rebase", json={"keepsOwn": True})).status_code == 200
    assert (await draft.ask("GET", "/categories/lantaarn/norm")).json()["within"] == 2


async def test_of_two_drafts_published_at_once_one_is_refused(world: World, admin: Headers) -> None:
    drafts = [await begin(world, admin) for _ in range(4)]
    for number, one in enumerate(drafts):
        await one.ask("PUT", "/threads", json={"reopen_within_days": number})
    answers = await asyncio.gather(*(one.publish() for one in drafts))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert (await world.parts.configurations.current()).version == 2


async def test_what_is_scheduled_goes_into_force_by_itself_at_its_moment(world: World, draft: Drafting) -> None:
    await draft.ask("PUT", "/threads", json={"reopen_within_days": 3})
    at = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    made = (await draft.publish(at=at)).json()
    assert (made["state"], made["version"]) == ("scheduled", None)
    assert (await world.parts.configurations.current()).version == 1
    assert (await draft.ask("PUT", "/calendar", json={})).status_code == 409
    moment = datetime.now(UTC) - timedelta(minutes=5)
    async with world.ledger.begin() as connection:
        await connection.execute(update(publications).values(at=moment))
    current = await asyncio.gather(*(world.parts.configurations.current() for _ in range(5)))
    assert {(one.version, one.document.threads.reopen_within_days) for one in current} == {(2, 3)}
    [newest, _] = (await world.get("/configuration/versions", draft.headers)).json()["versions"]
    assert datetime.fromisoformat(newest["publishedAt"]) == moment
    assert (await draft.ask("GET", "/publication")).json()["version"] == 2
    assert (await draft.ask("DELETE", "/publication")).status_code == 409


async def test_something_scheduled_is_never_undone_unseen(world: World, draft: Drafting, admin: Headers) -> None:
    await draft.ask("PUT", "/threads", json={"reopen_within_days": 3})
    at = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    await draft.publish(at=at)
    other = await begin(world, admin)
    await other.ask("PUT", "/threads", json={"reopen_within_days": 4})
    assert (await other.publish()).status_code == 409
    assert (await other.publish(withdrawsScheduled=True)).json()["version"] == 2
    assert (await draft.ask("GET", "/publication")).json()["state"] == "withdrawn"
    assert (await draft.ask("GET", "/state")).json()["state"] == "open"


async def test_a_scheduled_publication_can_be_withdrawn_and_leaves_no_gap(world: World, draft: Drafting) -> None:
    await draft.ask("PUT", "/threads", json={"reopen_within_days": 3})
    past = await draft.publish(at="2020-01-01T00:00:00Z")
    assert past.status_code == 400
    await draft.publish(at=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
    assert (await draft.ask("DELETE", "/publication", tag="*")).status_code == 204
    assert (await draft.ask("DELETE", "/publication", tag="*")).status_code == 409
    assert (await draft.publish()).json()["version"] == 2


async def test_a_second_person_approves_what_the_first_requested(world: World, draft: Drafting) -> None:
    world.parts.second_person = True
    second = Drafting(world, await world.key(Role.publisher, name="Tweede"), draft.draft_id, "")
    await draft.ask("PUT", "/threads", json={"reopen_within_days": 3})
    assert (await second.ask("POST", "/publication/approval", json={})).status_code == 409
    assert (await draft.publish()).json()["state"] == "requested"
    assert (await draft.publish()).status_code == 409
    own = await draft.ask("POST", "/publication/approval", json={})
    assert (own.status_code, own.json()["code"]) == (403, "not_allowed")
    await draft.ask("PUT", "/threads", json={"reopen_within_days": 5})
    assert (await draft.ask("GET", "/publication")).json()["state"] == "void"
    assert (await second.ask("POST", "/publication/approval", json={})).status_code == 409
    await draft.publish()
    # What was looked at was changed and requested anew: only the new one can be approved, once it was seen.
    assert (await second.ask("POST", "/publication/approval", tag='"2"', json={})).status_code == 412
    waits = (await second.ask("GET", "/publication")).json()["publicationId"]
    other = {"publicationId": "00000000-0000-4000-8000-000000000000"}
    assert (await second.ask("POST", "/publication/approval", json=other)).status_code == 409
    seen = {"reason": "gezien", "publicationId": waits}
    approval = await second.ask("POST", "/publication/approval", tag='"3"', json=seen)
    done = approval.json()
    assert (done["state"], done["version"], done["approvedBy"]) == ("published", 2, "Tweede")
    assert (await world.parts.configurations.current()).document.threads.reopen_within_days == 5
    assert "publication.voided" in await kinds(world)


async def test_a_draft_that_changes_nothing_is_not_published(world: World, admin: Headers, draft: Drafting) -> None:
    await draft.ask("PUT", "/threads", json={"reopen_within_days": 3})
    await draft.publish()
    same = await begin(world, admin)
    await same.ask("PUT", "/sms", json={"sends_from": "09:00"})
    assert (await same.publish()).status_code == 409


async def test_a_draft_begins_with_an_older_version_or_an_uploaded_document(world: World, admin: Headers) -> None:
    uploaded = await world.client.post(
        "/v1/drafts", headers={**admin, "Content-Type": "application/yaml"}, content=SMALL_TOWN.encode()
    )
    assert uploaded.status_code == 201
    shown = await world.get(f"/drafts/{uploaded.json()['draftId']}", admin)
    assert shown.json() == yaml.safe_load(SMALL_TOWN)
    assert (await begin(world, admin, fromVersion=1)).draft_id
    assert (await world.post("/drafts", admin, fromVersion=8)).status_code == 404
    odd = await world.post("/drafts", admin, fromVersion="x", titel="y")
    assert {fault["location"]["pointer"] for fault in odd.json()["errors"]} == {"/fromVersion", "/titel"}
    listed = (await world.get("/drafts", admin)).json()["drafts"]
    assert len(listed) == 2


async def test_a_deleted_draft_is_gone(draft: Drafting) -> None:
    assert (await draft.ask("DELETE")).status_code == 204
    assert (await draft.ask("GET")).status_code == 404
    assert (await draft.ask("PUT", tag="*", json={})).status_code == 404


def test_only_administrators_and_publishers_change_what_is_configured() -> None:
    named = {name for name in ROLES if "Draft" in name or "Publication" in name or name == "rollBack"}
    assert len(named) > 20
    assert all(ROLES[name] == {Role.admin, Role.publisher} for name in named)
