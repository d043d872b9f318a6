"""How long reading a mail takes, against the bare standard-library parse of the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

from adapters.email.reading import read as reading
from adapters.email.reading.read import read_mail
from inbox.errors import UnreadableError
from tests.bench.row import Row, in_turn

_CORPUS = Path(__file__).parents[1] / "corpus" / "email"
_MAILS = Path(__file__).parents[2] / "examples" / "moerdijk" / "mails"


def rows() -> Iterator[Row]:
    """Yield a row for the sample's mails and one for the corpus, each without and with language detection."""
    yield from _rows("the sample", [file.read_bytes() for file in sorted(_MAILS.glob("*.eml"))])
    yield from _rows("the corpus", [file.read_bytes() for file in sorted(_CORPUS.glob("*.eml"))])


def _rows(name: str, mails: list[bytes]) -> Iterator[Row]:
    def ours() -> None:
        for mail in mails:
            try:
                read_mail(mail)
            except UnreadableError:
                continue

    def without_language() -> None:
        told, reading.language_of = reading.language_of, lambda _text: ""
        try:
            ours()
        finally:
            reading.language_of = told

    def bare() -> None:
        for mail in mails:
            message = message_from_bytes(mail, policy=policy.default)
            for part in message.walk():
                if not part.is_multipart():
                    part.get_payload(decode=True)

    mine, yardstick = in_turn(without_language, bare)
    per_mail = 1000 / len(mails)
    how = f"{len(mails)} mails; yardstick: stdlib email parse and decode only"
    yield Row(f"read a mail of {name}", per_mail * mine, per_mail * yardstick, "ms per mail", "<= 3", how)
    whole, yardstick = in_turn(ours, bare)
    yield Row(f"read a mail of {name}, language told", per_mail * whole, per_mail * yardstick, "ms per mail", "", how)
