"""Personal data stays in ledger and bytes: markers in everything that anybody writes, on paths that succeed and fail.

Each marker begins with one invented word. It is looked for as it stands, in any case, and in base64.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import sys
import threading
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from sqlalchemy import insert
from temporalio.client import Client

import workflows.advancing
import workflows.deciding
import workflows.failures
from gateway.logging import set_up_logging
from inbox.confidentiality import Confidentiality
from inbox.errors import GatewayError
from store.keys import Role, make_key
from store.tables import claims, failures, sources
from tests.running import Town, until
from tests.servers.department import Department
from tests.servers.scripted_imap import ScriptedImap, answering
from tests.workflows.test_forward_in_doubt import SECRET, with_webhook
from workflows.client import connect

STEM = "Kwibus"

LARGE = "Kwibusgroot. " * 50_000
"""Over 512 KiB: read in a child process."""


def marked(subject: str, body: str = "KwibusBody", *, extra: str = "") -> bytes:
    """Return a mail with a marker in every field."""
    return (
        "From: KwibusName Jansen <kwibusfrom@inwoner.test>\r\n"
        "To: KwibusTo <info@gemeente.test>, kwibusto@inwoner.test\r\n"
        "Cc: KwibusCc <kwibuscc@inwoner.test>\r\n"
        "Reply-To: KwibusReply <kwibusreply@inwoner.test>\r\n"
        f"Subject: {subject}\r\n"
        f"Message-ID: <KwibusMessageId.{abs(hash(subject))}@inwoner.test>\r\n"
        "In-Reply-To: <KwibusInReplyTo@inwoner.test>\r\n"
        "References: <KwibusFirst@inwoner.test> <KwibusInReplyTo@inwoner.test>\r\n"
        "X-KwibusHeader: KwibusHeaderValue\r\n"
        f"{extra}"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="KwibusBoundary"\r\n'
        "\r\n--KwibusBoundary\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        f"{body}\r\n"
        '--KwibusBoundary\r\nContent-Type: text/kwibustype\r\nContent-Disposition: attachment; filename="KwibusFile.txt"'
        "\r\n\r\nKwibusAttached\r\n--KwibusBoundary--\r\n"
    ).encode()


def _needles() -> list[bytes]:
    """Return the word in lower case, and what it becomes in base64 at each of the three alignments."""
    found = [STEM.lower().encode()]
    for word in (STEM, STEM.lower()):
        for shift in range(3):
            # Of four letters each stands for six bits: the first and the last may hold bits of the neighbours.
            first, last = (shift * 8 + 5) // 6, (shift + len(word)) * 8 // 6
            found.append(base64.b64encode(b"x" * shift + word.encode() + b"xx")[first:last])
    return found


def leaks(spoken: str | bytes) -> list[str]:
    """Return where a marker stands, with a little around it."""
    content = spoken if isinstance(spoken, bytes) else spoken.encode()
    plain, *encoded = _needles()
    lowered = content.lower()
    places = [lowered.find(plain), *(content.find(needle) for needle in encoded)]
    return [content[max(0, at - 200) : at + 60].decode("utf-8", "replace") for at in places if at >= 0]


def test_the_search_finds_what_it_looks_for() -> None:
    for around in ("", "a", "ab", "abc"):
        hidden = base64.b64encode(f"{around}Kwibus Jansen".encode())
        assert leaks(hidden), hidden
    assert leaks("x KWIBUS y")
    assert leaks(json.dumps({"code": "conflict", "id": "0b6c7a50-53a9-4a28"})) == []


async def everything_in(client: Client) -> AsyncIterator[bytes]:
    """Yield all that Temporal holds: each run's history and description, as JSON and as its raw bytes."""
    count = 0
    async for execution in client.list_workflows():
        handle = client.get_workflow_handle(execution.id, run_id=execution.run_id)
        described = await handle.describe()
        yield str(described.raw_description).encode()
        yield described.raw_description.SerializeToString()
        yield json.dumps(await described.memo(), default=str).encode()
        yield str(described.typed_search_attributes).encode()
        history = await handle.fetch_history()
        yield history.to_json().encode()
        for event in history.events:
            # Payloads stand in here as they are, not in base64.
            yield event.SerializeToString()
            count += 1
    assert count > 10, "there was nothing to look at"


async def leaks_in_temporal(town: Town) -> list[str]:
    client = await connect(
        town.temporal.address, town.namespace, tls=False, ca_file=None, certificate_file=None, key_file=None
    )
    return [place async for spoken in everything_in(client) for place in leaks(spoken)]


@pytest.fixture
async def town(make_town: Callable[..., Any], department: Department, monkeypatch: pytest.MonkeyPatch) -> Town:
    """Give a town whose legal department has a web service; nothing runs yet."""
    monkeypatch.setenv("TOWN_SECRET", SECRET)
    made: Town = await make_town(document=with_webhook(department))
    return made


class Api:
    """The running gateway's API, for somebody."""

    def __init__(self, client: httpx.AsyncClient, key: str) -> None:
        """`key`: theirs."""
        self._client = client
        self._headers = {"Authorization": f"Bearer {key}"}

    async def get(self, path: str, **more: Any) -> httpx.Response:
        """GET below /v1."""
        return await self._client.get(path, headers=self._headers | more.pop("headers", {}), **more)

    async def post(self, path: str, **more: Any) -> httpx.Response:
        """POST below /v1."""
        return await self._client.post(path, headers=self._headers | more.pop("headers", {}), **more)

    async def until(self, subject: str, holds: Callable[[dict[str, Any]], Any], what: str) -> dict[str, Any]:
        """Wait until the account of the item with this subject is so; return it."""

        async def so() -> Any:
            try:
                lines = (await self.get("items")).json()["items"]
            except httpx.TransportError:
                return None
            for line in lines:
                if line["subject"] == subject:
                    account = (await self.get(f"items/{line['itemId']}")).json()
                    return account if holds(account) else None
            return None

        found: dict[str, Any] = await until(so, f"{subject}: {what}", seconds=90)
        return found


def _troubled(*kinds: str) -> Callable[[dict[str, Any]], bool]:
    return lambda account: all(any(one["trouble"] for one in account[kind]) for kind in kinds)


def _refused_for_good(account: dict[str, Any]) -> bool:
    return all(one["state"] == "failed" for one in [*account["forwards"], *account["notices"]])


def _stands(status: str) -> Callable[[dict[str, Any]], bool]:
    return lambda account: account["status"] == status


async def test_no_word_of_anybody_leaves_the_ledger_while_all_goes_wrong_that_can(
    town: Town, department: Department, tmp_path: Path
) -> None:
    """Invariant 4: personal data stays out of histories, logs, URLs and problems, also on failing paths."""
    keys = {
        role: await make_key(town.ledger, str(role), role, departments, Confidentiality.zeer_geheim)
        for role, departments in ((Role.admin, None), (Role.department, ["kcc", "juridisch"]), (Role.reader, None))
    }
    town.relay.fails["RCPT"] = "450 4.2.0 <kwibusfrom@inwoner.test> KwibusRelay is away"
    department.words = "KwibusAnswer about Jansen"
    department.answers += [500, 500, 400]
    town.mailbox.deliver(
        marked("KwibusSubject lantaarn"),
        marked("KwibusBezwaar bezwaar"),
        marked("KwibusLarge lantaarn", LARGE),
        marked("KwibusHostile lantaarn", extra="Subject: =?kwibus?q?=ff?=\r\nContent-Type: kwibus\r\nDate: kwibus\r\n"),
        sender="kwibusenvelope@inwoner.test",
    )
    problems: list[str] = []
    with town.apart(tmp_path) as gateway:
        async with httpx.AsyncClient(base_url=f"{gateway.api}/v1/") as client:
            admin, worker, reader = (Api(client, key) for key in keys.values())
            item = await admin.until("KwibusSubject lantaarn", _troubled("forwards", "notices"), "the relay refuses")
            refused = await admin.until("KwibusBezwaar bezwaar", _troubled("forwards", "notices"), "all refuse")
            await admin.until("KwibusLarge lantaarn", _stands("forwarding"), "read in a child process")
            # The administrator sees what was answered, and nobody else does.
            assert "KwibusRelay" in json.dumps(item["forwards"])
            assert "KwibusAnswer" in json.dumps(refused["forwards"])
            for other in (worker, reader):
                for account in (item, refused):
                    seen = (await other.get(f"items/{account['itemId']}")).json()
                    assert leaks(json.dumps([seen["forwards"], [one["trouble"] for one in seen["notices"]]])) == []
                assert leaks((await other.get("sources")).content) == []
            town.relay.fails["RCPT"] = "550 5.1.1 <kwibusfrom@inwoner.test> KwibusUnknown"
            town.mailbox.deliver(marked("KwibusGone lantaarn"))
            for subject in ("KwibusSubject lantaarn", "KwibusBezwaar bezwaar"):
                await admin.until(subject, _refused_for_good, "it is refused for good")
            gone = await admin.until("KwibusGone lantaarn", _refused_for_good, "it is refused for good")
            town.relay.fails.clear()
            assert (await admin.post(f"items/{item['itemId']}/retry")).status_code == 200
            await admin.until("KwibusSubject lantaarn", _stands("forwarded"), "it goes on")
            problems += await _act(admin, item["itemId"], gone["itemId"], refused["itemId"])
            problems += await _ask_nonsense(admin, client, item["itemId"])
            await admin.until("KwibusSubject lantaarn", _stands("discarded"), "it is discarded")
            await admin.until("KwibusGone lantaarn", _stands("forwarded"), "it was tried again")
            figures = (await admin.get("metrics")).text
        gateway.process.terminate()
        await asyncio.to_thread(gateway.process.wait, 60)
        spoken = gateway.log.read_bytes()
    assert b'"up"' in spoken
    assert leaks(spoken) == []
    assert await leaks_in_temporal(town) == []
    assert [place for problem in problems for place in leaks(problem)] == []
    assert 'gateway_items{status="discarded"} 1.0' in figures
    assert leaks(figures) == []
    assert len(problems) > 12
    assert {posted.path for posted in department.posted} == {"/zaken"}
    assert [place for posted in department.posted for place in leaks(posted.webhook_id)] == []
    # They are all there, where they belong.
    details = " ".join(row.detail for row in await town.rows(failures))
    assert "KwibusRelay" in details
    assert "KwibusAnswer" in details


async def _act(api: Api, item_id: str, other_id: str, refused_id: str) -> list[str]:
    """Do everything that can be done, with a marker in each word; return the problems."""
    reason = {"reason": "KwibusReason: Jansen belde"}
    problems = []
    for path, body in (
        (f"{item_id}/accept", {}),
        (f"{item_id}/return", {}),
        (f"{other_id}/retry", {}),
        (f"{refused_id}/retry", {}),
        (f"{refused_id}/split", {"category": "vergunning"}),
        (f"{refused_id}/split", {"category": "kwibuscategory"}),
        (f"{item_id}/reroute", {"category": "KwibusCategory"}),
        (f"{item_id}/complete", {"assignmentId": "KwibusAssignment"}),
        (f"{item_id}/link", {"otherItemId": "KwibusOther"}),
        (f"{item_id}/unlink", {}),
        (f"{item_id}/release", {}),
        (f"{item_id}/reopen", {}),
        (f"{item_id}/discard", {"reason": ""}),
        (f"{item_id}/discard", {"Kwibus Key": "KwibusValue"}),
        (f"{item_id}/discard", {}),
        (f"{item_id}/discard", {}),
    ):
        answer = await api.post(f"items/{path}", json={**reason, **body})
        assert answer.status_code in (200, 400, 409), answer.text
        if answer.status_code != 200:
            problems.append(answer.text)
    return problems


async def _ask_nonsense(api: Api, client: httpx.AsyncClient, item_id: str) -> list[str]:
    """Ask what cannot be answered, with markers wherever a request holds words; return the problems."""
    answers = [
        await api.get("items/KwibusPath"),
        await api.get("KwibusPath/KwibusPath?KwibusQuery=KwibusQuery"),
        await api.get("items", params={"reference": "KwibusReference"}),
        await api.get("items", params={"status": "KwibusStatus"}),
        await api.get("items", params={"cursor": "KwibusCursor"}),
        await api.get("items", params={"Kwibus Parameter": "KwibusValue"}),
        await api.get("sources/KwibusSource"),
        await api.post(f"items/{item_id}/accept", json={}, headers={"If-Match": "KwibusTag"}),
        await api.post(f"items/{item_id}/accept", json={}, headers={"If-Match": '"KwibusTag"'}),
        await api.post(f"items/{item_id}/accept", content=b'{"reason": KwibusBroken'),
        await api.post(f"items/{item_id}/accept", json={"reason": ["KwibusList"]}),
        await api.post("items/release", json={"Kwibus Key": 1}),
        await api.post("keys", json={"name": "KwibusName", "role": "KwibusRole"}),
        await client.get("items", headers={"Authorization": "Bearer gw_1_KwibusKwibusKwibus"}),
        await client.get("items", headers={"Authorization": "KwibusScheme"}),
        await client.request("KWIBUS", "items"),
    ]
    assert {answer.status_code for answer in answers} <= {400, 401, 404, 405, 412}, answers
    return [answer.text + str(answer.headers) for answer in answers]


@pytest.fixture
def production_log(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[pytest.CaptureFixture[str]]:
    """Log as `gateway up` does; give what catches it, and whatever a library writes by itself."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    for place, hook in ((sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook")):
        monkeypatch.setattr(place, hook, getattr(place, hook))
    # The descriptor itself: pytest's own object is another one in each phase of a test.
    monkeypatch.setattr(sys, "stderr", open(2, "w", buffering=1, closefd=False, encoding="utf-8"))  # noqa: SIM115
    set_up_logging()
    structlog.configure(cache_logger_on_first_use=False)
    yield capfd
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    root.handlers, root.level = handlers, level


async def quotes_a_row(town: Town, subject: str) -> None:
    """Break a rule of the ledger, so that its driver quotes what was to be written."""
    async with town.ledger.begin() as connection:
        await connection.execute(insert(claims).values(fingerprint=subject, item_id=f"{subject}-item"))


async def _tried(town: Town, code: str, times: int = 1) -> list[Any]:
    async def there() -> Any:
        rows = await town.rows(failures, failures.c.code == code)
        return rows if len(rows) >= times else None

    rows: list[Any] = await until(there, f"{code} is stored")
    return rows


async def test_a_reader_that_crashes_with_the_mails_words_leaks_none(
    town: Town, production_log: pytest.CaptureFixture[str]
) -> None:
    assert town.parts is not None

    def crash(raw: bytes, *, own_addresses: frozenset[str]) -> Any:
        raise ValueError(raw.decode())

    town.parts.readers = dict.fromkeys(town.parts.readers, crash)
    town.mailbox.deliver(marked("KwibusSubject lantaarn"))
    async with town.working():
        await _tried(town, "unexpected")
    assert await leaks_in_temporal(town) == []
    spoken = "".join(production_log.readouterr())
    assert '"unexpected"' in spoken
    assert leaks(spoken) == []


async def test_a_fault_in_deciding_and_a_ledger_that_quotes_rows_leak_nothing(
    town: Town, production_log: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even when the failure itself cannot be stored."""
    whole = workflows.deciding.conclude
    launch, record_failure = workflows.advancing.launch_item, workflows.failures.record_failure
    not_stored = 0

    def conclude(facts: Any, *_: Any) -> Any:
        raise KeyError(facts.reading.model_dump_json())

    async def launch_item(*_: Any) -> bool:
        await quotes_a_row(town, "KwibusRow")
        return False

    async def store_nothing(*_: Any) -> str:
        nonlocal not_stored
        not_stored += 1
        await quotes_a_row(town, "KwibusFailure")
        return ""

    town.mailbox.deliver(marked("KwibusSubject lantaarn"))
    monkeypatch.setattr(workflows.deciding, "conclude", conclude)
    async with town.working():
        assert STEM in (await _tried(town, "unexpected"))[0].detail
        monkeypatch.setattr(workflows.advancing, "launch_item", launch_item)
        monkeypatch.setattr(workflows.deciding, "conclude", whole)

        async def quoted() -> bool:
            return any("KwibusRow" in row.detail for row in await _tried(town, "unexpected"))

        await until(quoted, "the ledger's words are stored")
        monkeypatch.setattr(workflows.failures, "record_failure", store_nothing)

        async def tried() -> int:
            return not_stored

        await until(tried, "a failure could not be stored")
        monkeypatch.setattr(workflows.failures, "record_failure", record_failure)
        monkeypatch.setattr(workflows.advancing, "launch_item", launch)
        await town.until_status("KwibusSubject lantaarn", "forwarded")
    assert await leaks_in_temporal(town) == []
    spoken = "".join(production_log.readouterr())
    assert '"failure_not_stored"' in spoken
    assert leaks(spoken) == []


@pytest.mark.parametrize(
    "answers",
    [
        {"UID_FETCH": b"NO [KWIBUS] mail of kwibusfrom@inwoner.test"},
        {"UID_FETCH": b"BAD no such thing: [KWIBUS-JANSEN] KwibusSubject"},
        {"SELECT": b"NO the mailbox of [KWIBUS] is away", "EXAMINE": b"NO the mailbox of [KWIBUS] is away"},
        {"UID_SEARCH": b"* SEARCH KwibusSubject\r\n"},
        {"CAPABILITY": b"* BYE KwibusSubject\r\n"},
    ],
    ids=["refused", "bad", "folder", "nonsense", "bye"],
)
async def test_a_mail_servers_own_words_reach_no_log(
    make_town: Callable[..., Any],
    production_log: pytest.CaptureFixture[str],
    answers: dict[str, bytes],
) -> None:
    with ScriptedImap(answering(**answers)) as server:
        town: Town = await make_town(imap={"port": server.port, "timeout_seconds": 2})

        async def in_trouble() -> Any:
            return (await town.rows(sources))[0].trouble_detail

        async with town.working():
            detail = await until(in_trouble, "the source is in trouble")
    assert leaks(detail) == []
    spoken = "".join(production_log.readouterr())
    assert "source_in_trouble" in spoken
    assert leaks(spoken) == []


def test_what_nobody_catches_is_logged_without_its_words(production_log: pytest.CaptureFixture[str]) -> None:
    class Dying:
        def __del__(self) -> None:
            raise ValueError("KwibusUnraisable")

    def crash() -> None:
        raise GatewayError("KwibusThread")

    dying = Dying()
    del dying
    thread = threading.Thread(target=crash)
    thread.start()
    thread.join()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("KwibusWarning", RuntimeWarning, stacklevel=1)
    try:
        raise ValueError("KwibusCrash")
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    spoken = "".join(production_log.readouterr())
    assert leaks(spoken) == []
    assert [spoken.count(f'"type": "{kind}"') for kind in ("ValueError", "GatewayError")] == [2, 1]
