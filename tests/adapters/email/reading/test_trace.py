"""The way a mail came, and where its sender wants the answer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from adapters.email.reading.limits import TRACE_LIMIT
from adapters.email.reading.read import read_mail
from inbox.reading import Hop

AT = datetime(2026, 1, 5, 8, 15, 2, tzinfo=UTC)


def hops(*received: str) -> tuple[Hop, ...]:
    lines = "".join(f"Received: {value}\n" for value in received)
    return read_mail(f"From: sanne@postbus.example\n{lines}\nHallo.".encode()).trace


@pytest.mark.parametrize(
    ("received", "hop"),
    [
        (
            "from mx.postbus.example ([192.0.2.1]) by Mail.Havendam.example (Postfix)\n with ESMTPS id 4T; Mon, 5 Jan 2026 09:15:02 +0100 (CET)",
            Hop(by="mail.havendam.example", at=AT),
        ),
        (
            "from a.prod.example (2001:db8::1) by b.prod.example\n (2001:db8::2) with Microsoft SMTP Server (version=TLS1_2; cipher=X) id 15.20; Mon, 5 Jan 2026 08:15:02 +0000",
            Hop(by="b.prod.example", at=AT),
        ),
        ("(qmail 123 invoked by uid 89); 5 Jan 2026 08:15:02 -0000", Hop(at=AT)),
        ("by relay.example. id 7 (nested (by other.example; x)); Mon, 05 Jan 2026 08:15:02 GMT", Hop(by="relay.example", at=AT)),
        ("from x by [192.0.2.9]; Mon, 5 Jan 2026 08:15:02 +0000", Hop(by="[192.0.2.9]", at=AT)),
        ("from x by relay.example with SMTP", Hop(by="relay.example")),
        ("from x by relay.example; morgen", Hop(by="relay.example")),
        ("from x by relay.example; Mon, 5 Jan 1926 08:15:02 +0000", Hop(by="relay.example")),
        ("standby relay.example", Hop()),
        ("((((", Hop()),
        ("", Hop()),
    ],
)  # fmt: skip
def test_hop_says_who_took_the_mail_and_when(received: str, hop: Hop) -> None:
    assert hops(received) == (hop,)


def test_hops_stand_topmost_first_and_are_bounded() -> None:
    found = hops(*(f"by h{number}.example; Mon, 5 Jan 2026 08:15:02 +0000" for number in range(TRACE_LIMIT + 5)))

    assert [hop.by for hop in found] == [f"h{number}.example" for number in range(TRACE_LIMIT)]


def test_reply_to_holds_each_address_once_in_order() -> None:
    reading = read_mail(
        b"From: formulier@havendam.example\nReply-To: Bos, Jan <jan@Postbus.example>, piet@postbus.example\n"
        b"Reply-To: =?utf-8?q?Ren=C3=A9?= <jan@postbus.example>, niemand\n\nHallo."
    )

    assert reading.reply_to == ("jan@postbus.example", "piet@postbus.example")
