"""Whatever strangers write, a mail has exactly our header fields, and lines that every relay carries."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.departments.mailbox import MailboxSystem
from adapters.departments.plain_text import one_line, some_lines
from inbox.confidentiality import Confidentiality
from inbox.configuration.model import MailboxDestination
from inbox.handover import HandoverKind
from inbox.item import ForwardRole
from inbox.ports import Envelope
from inbox.reading import Part, Sender

if TYPE_CHECKING:
    from tests.adapters.departments.conftest import MakeHandover

ANY_CHARACTER = st.characters(exclude_categories=())
PIECES = st.sampled_from(
    (
        *("\r\n", "\n", "\r", "\r\nBcc: x@y.nl", "\r\n\r\n", "=?utf-8?q?=0D=0AX-Evil:_1?=", "\x00", "\u2028", "\x85"),
        *("\ud800", "\x0b", "\x1c", '"', "<", ">", ",", "é", "\U0001f6a7", "--=_", " " * 90, "a" * 1100, ":", "\\"),
        "\u202e",
    )
)
HOSTILE = st.lists(st.one_of(PIECES, st.text(ANY_CHARACTER, max_size=20)), max_size=8).map("".join)
FIELDS = {
    "Date", "From", "To", "Subject", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version",
    "X-Inbox-Gateway-Loop", "X-Inbox-Gateway-Forward", "X-Inbox-Gateway-Item", "X-Inbox-Gateway-Reference",
    "Content-Type",
}  # fmt: skip
MAY_HAVE = {"In-Reply-To", "Importance", "Content-Transfer-Encoding"}


class NoSender:
    """Never sends."""

    async def send(self, envelope: Envelope, message: bytes, claim: Any) -> str:
        raise NotImplementedError

    async def check(self) -> None:
        raise NotImplementedError


@st.composite
def hostile_changes(draw: st.DrawFn) -> dict[str, Any]:
    words = ("category_name", "department_name", "subject", "excerpt", "language", "reason", "original_name")
    ids = ("item_id", "forward_id", "reference", "adds_to", "original_media_type")
    changes: dict[str, Any] = {name: draw(HOSTILE) for name in words}
    changes |= {name: draw(HOSTILE) for name in ids if draw(st.booleans())}
    changes["sender"] = Sender(name=draw(HOSTILE), address=draw(HOSTILE))
    changes["labels"] = tuple(draw(st.lists(HOSTILE, max_size=3)))
    changes["recipients"] = tuple(draw(st.lists(HOSTILE, max_size=3)))
    changes["parts"] = (Part(name=draw(HOSTILE), media_type=draw(HOSTILE), size_bytes=1),)
    changes["kind"] = draw(st.sampled_from(HandoverKind))
    changes["role"] = draw(st.sampled_from(ForwardRole))
    changes["confidentiality"] = draw(st.sampled_from(Confidentiality))
    return changes


@settings(max_examples=150, deadline=None)
@given(changes=hostile_changes(), from_name=HOSTILE, sent=st.binary(max_size=200))
def test_no_words_add_a_header_or_a_part(
    changes: dict[str, Any], from_name: str, sent: bytes, make_handover: MakeHandover
) -> None:
    system = MailboxSystem(NoSender(), "inbox@gemeente.example", from_name, "gemeente.example", "")
    # Past the configuration, which takes no such address.
    to = MailboxDestination.model_construct(kind="mailbox", address="wegen,x(y)@gemeente.example")

    raw = system.prepare(make_handover(destination=to, **changes), sent)

    assert raw.isascii()
    assert raw.endswith(b"\r\n")
    assert all(len(line) <= 998 and not set(line) & {0, 10, 13} for line in raw.split(b"\r\n"))
    mail = message_from_bytes(raw, policy=policy.default)
    assert FIELDS <= set(mail.keys()) <= FIELDS | MAY_HAVE
    assert len(mail.keys()) == len(set(mail.keys()))
    assert [address.addr_spec for address in mail["To"].addresses] == ['"wegen,x(y)"@gemeente.example']
    assert [address.addr_spec for address in mail["From"].addresses] == ["inbox@gemeente.example"]
    assert "\n" not in mail["Subject"]
    parts = list(mail.iter_parts()) if mail.is_multipart() else [mail]
    assert len(parts) == (1 if changes["kind"] is HandoverKind.withdrawal else 2)


@settings(max_examples=200, deadline=None)
@given(excerpt=HOSTILE)
def test_the_excerpt_cannot_speak_in_our_name(excerpt: str, make_handover: MakeHandover) -> None:
    system = MailboxSystem(NoSender(), "inbox@gemeente.example", "Gemeente", "gemeente.example", "")
    to = MailboxDestination(kind="mailbox", address="wegen@gemeente.example")

    def lines_of_ours(written: str) -> list[str]:
        raw = system.prepare(make_handover(destination=to, excerpt=written), b"")
        part = message_from_bytes(raw, policy=policy.default).get_body()
        assert part is not None
        return [line for line in part.get_content().splitlines() if not line.startswith(">")]

    assert lines_of_ours(excerpt) in (lines_of_ours("iets"), lines_of_ours(""))


@settings(max_examples=200, deadline=None)
@given(text=HOSTILE, limit=st.integers(2, 50))
def test_made_plain_it_is_short_and_printable(text: str, limit: int) -> None:
    line = one_line(text, limit)
    lines = some_lines(text, limit)

    assert max(len(line), len(lines)) <= limit
    assert len(line.splitlines()) <= 1
    assert "\r" not in lines
    line.encode()
    lines.encode()


@pytest.mark.parametrize("size", [10_000_000])
def test_ten_megabytes_in_every_field_are_cut(size: int, make_handover: MakeHandover) -> None:
    system = MailboxSystem(NoSender(), "inbox@gemeente.example", "Gemeente", "gemeente.example", "")
    to = MailboxDestination(kind="mailbox", address="wegen@gemeente.example")
    long = dict.fromkeys(("category_name", "subject", "excerpt", "department_name", "original_name"), "a" * size)

    assert len(system.prepare(make_handover(destination=to, **long), b"")) < 10_000
