"""What our border says of a sender is read as it is written, never decoded."""

from adapters.email.reading.read import read_mail
from inbox.duplicates.participant import is_authenticated

OURS = frozenset({"mx.example"})


def verdict(value: str) -> bool:
    raw = f"Authentication-Results: {value}\r\nFrom: a@b.example\r\nSubject: x\r\n\r\nhallo\r\n".encode()
    return is_authenticated(read_mail(raw), OURS)


def test_an_address_cannot_write_a_verdict_in_encoded_words() -> None:
    assert not verdict("mx.example; spf=pass smtp.mailfrom==?utf-8?q?=3B_dmarc=3Dpass_=3B?=@evil.example")


def test_a_verdict_over_two_lines_counts() -> None:
    assert verdict("mx.example;\r\n dmarc=pass header.from=b.example")
