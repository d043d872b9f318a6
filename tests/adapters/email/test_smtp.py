"""Sending through a real SMTP server, and through one that fails at each step."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from adapters.email.settings import SmtpSettings
from adapters.email.smtp import SmtpSender
from inbox.errors import (
    AnswerLost,
    Conflict,
    GatewayError,
    MailRelayUnavailable,
    MessageTooLarge,
    RecipientRefused,
    StoreUnavailable,
)
from inbox.ports import Envelope
from tests.servers.ports import free_port
from tests.servers.smtp_server import DROP, STALL, SmtpServer, Stage

ENVELOPE = Envelope(mail_from="bounce+abc@gemeente.test", rcpt_to=("jan@inwoner.test",))
MESSAGE = b"From: info@gemeente.test\r\nTo: jan@inwoner.test\r\nSubject: Ontvangen\r\n\r\nDank u.\r\n"


class Claim:
    """Counts how often it was called, and notes what the server had heard by then."""

    def __init__(self, server: SmtpServer | None = None, error: BaseException | None = None) -> None:
        self._server = server
        self._error = error
        self.calls = 0
        self.heard_before: list[str] = []

    async def __call__(self) -> None:
        self.calls += 1
        if self._server is not None:
            self.heard_before = list(self._server.heard)
        if self._error is not None:
            raise self._error


def sender(server: SmtpServer, **changes: Any) -> SmtpSender:
    """Return a sender for this relay."""
    usual = {"host": "127.0.0.1", "port": server.port, "tls": "none", "from_address": "info@gemeente.test"}
    return SmtpSender(SmtpSettings.model_validate({**usual, "timeout_seconds": 5, **changes}))


async def test_a_message_arrives_byte_identical_and_the_reply_is_returned(smtp_server: SmtpServer) -> None:
    claim = Claim(smtp_server)
    reply = await sender(smtp_server).send(ENVELOPE, MESSAGE, claim)
    taken = smtp_server.taken[0]
    assert (taken.mail_from, taken.rcpt_to, taken.message) == (ENVELOPE.mail_from, ENVELOPE.rcpt_to, MESSAGE)
    assert reply == "250 2.0.0 Ok: queued as 4711"
    assert (claim.calls, len(smtp_server.taken)) == (1, 1)


async def test_the_claim_comes_after_the_recipients_and_before_the_data(smtp_server: SmtpServer) -> None:
    claim = Claim(smtp_server)
    await sender(smtp_server).send(ENVELOPE, MESSAGE, claim)
    assert claim.heard_before == ["MAIL", "RCPT"]
    assert smtp_server.heard == ["MAIL", "RCPT", "DATA", "final", "QUIT"]


@pytest.mark.parametrize(
    "body",
    [
        b".\r\n",
        b"..\r\n.\r\n...\r\n",
        b"a\r\n.\r\nb\r\n.c\r\n",
        b"\r\n.\r\n\r\nMAIL FROM:<x@y.test>\r\n",
        "Déjà vu €\r\n".encode(),
        bytes(range(128, 256)) + b"\r\n",
        b"\r\n\r\n\r\n",
        b"",
        b"x" * 900 + b"\r\n",
    ],
)
async def test_any_body_with_whole_line_ends_arrives_byte_identical(smtp_server: SmtpServer, body: bytes) -> None:
    message = b"Subject: x\r\n\r\n" + body
    await sender(smtp_server).send(ENVELOPE, message, Claim())
    assert [taken.message for taken in smtp_server.taken] == [message]


async def test_bare_line_ends_become_whole_ones_and_cannot_smuggle_a_second_message(smtp_server: SmtpServer) -> None:
    message = b"Subject: x\n\nhello\n.\nMAIL FROM:<evil@x.test>\r.\rend"
    await sender(smtp_server).send(ENVELOPE, message, Claim())
    arrived = b"Subject: x\r\n\r\nhello\r\n.\r\nMAIL FROM:<evil@x.test>\r\n.\r\nend\r\n"
    assert [taken.message for taken in smtp_server.taken] == [arrived]


async def test_a_large_message_arrives_byte_identical(smtp_server: SmtpServer) -> None:
    message = b"Subject: x\r\n\r\n" + b"".join(b".%070d\r\n" % number for number in range(70_000))
    await sender(smtp_server, timeout_seconds=30).send(ENVELOPE, message, Claim())
    assert smtp_server.taken[0].message == message


async def test_the_null_path_is_sent_as_such(smtp_server: SmtpServer) -> None:
    await sender(smtp_server).send(Envelope("", ("jan@inwoner.test",)), MESSAGE, Claim())
    assert smtp_server.taken[0].mail_from == ""


async def test_several_recipients_get_one_message(smtp_server: SmtpServer) -> None:
    await sender(smtp_server).send(Envelope("", ("a@x.test", "b@x.test")), MESSAGE, Claim())
    assert [taken.rcpt_to for taken in smtp_server.taken] == [("a@x.test", "b@x.test")]


LATER, NEVER = "451 4.3.0 come back", "550 5.1.1 no such user"


@pytest.mark.parametrize(
    ("stage", "failure", "error", "claims"),
    [
        ("greeting", "421 busy", MailRelayUnavailable, 0),
        ("greeting", "554 go away", MailRelayUnavailable, 0),
        ("greeting", DROP, MailRelayUnavailable, 0),
        ("greeting", STALL, MailRelayUnavailable, 0),
        ("MAIL", LATER, MailRelayUnavailable, 0),
        ("MAIL", NEVER, RecipientRefused, 0),
        ("MAIL", DROP, MailRelayUnavailable, 0),
        ("MAIL", STALL, MailRelayUnavailable, 0),
        ("RCPT", LATER, MailRelayUnavailable, 0),
        ("RCPT", "421 4.3.2 closing", MailRelayUnavailable, 0),
        ("RCPT", NEVER, RecipientRefused, 0),
        ("RCPT", "354 what", MailRelayUnavailable, 0),
        ("RCPT", "0nsense", MailRelayUnavailable, 0),
        ("RCPT", DROP, MailRelayUnavailable, 0),
        ("RCPT", STALL, MailRelayUnavailable, 0),
        ("DATA", LATER, MailRelayUnavailable, 1),
        ("DATA", NEVER, RecipientRefused, 1),
        ("DATA", "250 yes", MailRelayUnavailable, 1),
        ("DATA", DROP, MailRelayUnavailable, 1),
        ("DATA", STALL, MailRelayUnavailable, 1),
        ("body", DROP, AnswerLost, 1),
        ("body", STALL, AnswerLost, 1),
        ("final", LATER, MailRelayUnavailable, 1),
        ("final", NEVER, RecipientRefused, 1),
        ("final", "354 what", AnswerLost, 1),
        ("final", "0nsense", AnswerLost, 1),
        ("final", DROP, AnswerLost, 1),
        ("final", STALL, AnswerLost, 1),
    ],
)
async def test_each_failure_is_told_for_what_it_is(
    smtp_server: SmtpServer, stage: Stage, failure: str, error: type[GatewayError], claims: int
) -> None:
    smtp_server.fails[stage] = failure
    claim = Claim()
    start = time.monotonic()
    with pytest.raises(error) as raised:
        await sender(smtp_server, timeout_seconds=0.5).send(ENVELOPE, MESSAGE, claim)
    assert time.monotonic() - start < 4
    assert type(raised.value) is error
    assert claim.calls == claims
    assert smtp_server.taken == []
    assert f"127.0.0.1:{smtp_server.port}" in raised.value.detail


async def test_an_answer_that_is_lost_after_the_last_dot_may_mean_that_it_was_taken(smtp_server: SmtpServer) -> None:
    smtp_server.fails["final"] = DROP
    with pytest.raises(AnswerLost):
        await sender(smtp_server).send(ENVELOPE, MESSAGE, Claim())
    assert [arrived.message for arrived in smtp_server.dropped] == [MESSAGE]


async def test_the_servers_words_are_kept_but_not_all_of_them(smtp_server: SmtpServer) -> None:
    smtp_server.fails["RCPT"] = "550 5.1.1 " + "x" * 2000
    with pytest.raises(RecipientRefused, match=r"550 5\.1\.1 xxx") as raised:
        await sender(smtp_server).send(ENVELOPE, MESSAGE, Claim())
    assert len(raised.value.detail) < 600


@pytest.mark.parametrize("failure", [NEVER, DROP, STALL])
async def test_a_goodbye_that_fails_changes_nothing(smtp_server: SmtpServer, failure: str) -> None:
    smtp_server.fails["QUIT"] = failure
    start = time.monotonic()
    assert (await sender(smtp_server).send(ENVELOPE, MESSAGE, Claim())).startswith("250")
    assert time.monotonic() - start < 4
    assert len(smtp_server.taken) == 1


@pytest.mark.parametrize(
    "error", [Conflict("first"), StoreUnavailable("gone"), TimeoutError("the ledger's own"), OSError()]
)
async def test_a_claim_that_fails_sends_nothing_and_leaves_as_it_is(smtp_server: SmtpServer, error: Exception) -> None:
    with pytest.raises(type(error)) as raised:
        await sender(smtp_server).send(ENVELOPE, MESSAGE, Claim(error=error))
    assert raised.value is error
    assert smtp_server.heard == ["MAIL", "RCPT", "QUIT"]
    assert smtp_server.taken == []


async def test_a_claim_that_takes_too_long_is_never_an_answer_lost(smtp_server: SmtpServer) -> None:
    async def claim() -> None:
        await asyncio.sleep(10)

    with pytest.raises(MailRelayUnavailable, match="timeout_seconds"):
        await sender(smtp_server, timeout_seconds=0.3).send(ENVELOPE, MESSAGE, claim)
    assert "DATA" not in smtp_server.heard


async def test_one_refused_recipient_stops_the_message_for_all(smtp_server: SmtpServer) -> None:
    claim = Claim()

    class SecondRefused(dict[Stage, str]):
        asked = 0

        def get(self, stage: Any, default: Any = None) -> Any:
            self.asked += stage == "RCPT"
            return NEVER if stage == "RCPT" and self.asked == 2 else default

    smtp_server.fails = SecondRefused()
    with pytest.raises(RecipientRefused):
        await sender(smtp_server).send(Envelope("", ("a@x.test", "b@x.test")), MESSAGE, claim)
    assert (claim.calls, smtp_server.taken) == (0, [])


async def test_an_address_beyond_ascii_is_sent_as_utf8(smtp_server: SmtpServer) -> None:
    await sender(smtp_server).send(Envelope("", ("zoë@inwoner.test",)), MESSAGE, Claim())
    assert [(taken.rcpt_to, taken.smtp_utf8) for taken in smtp_server.taken] == [(("zoë@inwoner.test",), True)]


async def test_an_address_beyond_ascii_is_refused_where_the_relay_cannot() -> None:
    server = SmtpServer(smtp_utf8=False)
    server.start()
    claim = Claim()
    try:
        with pytest.raises(RecipientRefused, match="SMTPUTF8"):
            await sender(server).send(Envelope("", ("zoë@inwoner.test",)), MESSAGE, claim)
        await sender(server).send(ENVELOPE, "Subject: ë\r\n\r\në\r\n".encode(), claim)
    finally:
        server.stop()
    assert (claim.calls, len(server.taken)) == (1, 1)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a b@x.test",
        "a@x.test> SIZE=1",
        "a@x.test\r\nDATA",
        "a@x\0.test",
        "<a@x.test",
        "a(b)@x.test",
        "A <a@x.test>",
    ],
)
async def test_an_address_that_would_become_another_on_the_wire_is_refused(
    smtp_server: SmtpServer, address: str
) -> None:
    claim = Claim()
    with pytest.raises(RecipientRefused):
        await sender(smtp_server).send(Envelope("", (address,)), MESSAGE, claim)
    assert (claim.calls, smtp_server.taken) == (0, [])


async def test_an_address_may_have_a_quoted_local_part(smtp_server: SmtpServer) -> None:
    await sender(smtp_server).send(Envelope("", ('"jan de vries"@x.test',)), MESSAGE, Claim())
    assert len(smtp_server.taken) == 1


async def test_a_message_too_large_for_the_relay_is_refused_before_anything_is_sent(smtp_server: SmtpServer) -> None:
    smtp_server.size_limit = len(MESSAGE)
    claim = Claim()
    with pytest.raises(MessageTooLarge, match=f"it takes {len(MESSAGE)}: raise the limit there"):
        await sender(smtp_server).send(ENVELOPE, MESSAGE + b"x", claim)
    assert claim.calls == 0
    assert "MAIL" not in smtp_server.heard
    await sender(smtp_server).send(ENVELOPE, MESSAGE, claim)
    assert len(smtp_server.taken) == 1


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "final"])
@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ("552 5.3.4 Message size exceeds fixed limit", MessageTooLarge),
        ("552 5.2.3 Message too long for this mailbox", MessageTooLarge),
        ("554 5.3.4 too big", MessageTooLarge),
        ("552 too much mail data", MessageTooLarge),
        ("523 too long", MessageTooLarge),
        ("552 5.2.2 Mailbox full", RecipientRefused),
        ("550 5.1.1 no such user 5.3.4", RecipientRefused),
        ("452 4.3.1 too large for now", MailRelayUnavailable),
    ],
)
async def test_whoever_says_that_it_is_too_large_is_understood(
    smtp_server: SmtpServer, stage: Stage, reply: str, error: type[GatewayError]
) -> None:
    smtp_server.fails[stage] = reply
    with pytest.raises(error) as raised:
        await sender(smtp_server).send(ENVELOPE, MESSAGE, Claim())
    assert type(raised.value) is error
    assert reply in raised.value.detail


@pytest.mark.parametrize("stage", ["greeting", "MAIL", "RCPT", "DATA", "final"])
async def test_a_relay_that_closes_its_service_at_any_point_is_tried_again(
    smtp_server: SmtpServer, stage: Stage
) -> None:
    """RFC 5321 section 3.8: 421 may answer any command."""
    smtp_server.fails[stage] = "421 4.3.2 shutting down"
    with pytest.raises(MailRelayUnavailable, match="421") as raised:
        await sender(smtp_server).send(ENVELOPE, MESSAGE, Claim())
    assert type(raised.value) is MailRelayUnavailable
    assert smtp_server.taken == []


async def test_a_relay_that_is_not_there_names_host_and_port(smtp_server: SmtpServer) -> None:
    port, claim = free_port(), Claim()
    with pytest.raises(MailRelayUnavailable, match=f"127.0.0.1:{port}.*`port`"):
        await sender(smtp_server, port=port).send(ENVELOPE, MESSAGE, claim)
    with pytest.raises(MailRelayUnavailable, match="`host`"):
        await sender(smtp_server, host="bestaat-niet.invalid", tls="starttls").send(ENVELOPE, MESSAGE, claim)
    assert claim.calls == 0


async def test_a_cancelled_attempt_stops_sending_at_once(smtp_server: SmtpServer) -> None:
    smtp_server.fails["final"] = STALL
    task = asyncio.create_task(sender(smtp_server, timeout_seconds=30).send(ENVELOPE, MESSAGE, Claim()))
    await asyncio.sleep(0.5)
    assert smtp_server.heard[-1] == "final"
    start = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - start < 2


async def test_checking_connects_and_sends_nothing(smtp_server: SmtpServer) -> None:
    await sender(smtp_server).check()
    assert smtp_server.heard == ["QUIT"]


@pytest.mark.parametrize("failure", ["421 busy", DROP, STALL])
async def test_checking_tells_of_a_relay_that_does_not_answer(smtp_server: SmtpServer, failure: str) -> None:
    smtp_server.fails["greeting"] = failure
    with pytest.raises(MailRelayUnavailable):
        await sender(smtp_server, timeout_seconds=0.3).check()
