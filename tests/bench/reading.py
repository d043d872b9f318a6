"""How long reading a mail takes, against the bare standard-library parse of the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

from adapters.email.reading.read import read_mail
from inbox.errors import UnreadableError
from tests.bench.row import Row, in_turn

_MAILS = Path(__file__).parents[2] / "examples" / "moerdijk" / "mails"


def rows() -> Iterator[Row]:
    """Yield the row for the sample's mails."""
    mails = [file.read_bytes() for file in sorted(_MAILS.glob("*.eml"))]

    def ours() -> None:
        for mail in mails:
            try:
                read_mail(mail)
            except UnreadableError:
                continue

    def bare() -> None:
        for mail in mails:
            message = message_from_bytes(mail, policy=policy.default)
            for part in message.walk():
                if not part.is_multipart():
                    part.get_payload(decode=True)

    mine, yardstick = in_turn(ours, bare)
    yield Row(
        "read a mail",
        1000 * mine / len(mails),
        1000 * yardstick / len(mails),
        "ms per mail",
        "<= 3",
        f"{len(mails)} sample mails, language detection included; yardstick: stdlib email parse and decode only",
    )
