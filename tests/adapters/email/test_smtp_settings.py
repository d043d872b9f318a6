"""What the relay's settings refuse, and what they say by themselves."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from adapters.email.settings import SmtpSettings

USUAL = {"host": "relay.gemeente.test", "from_address": "Info@Gemeente.test"}


def settings(**changes: Any) -> SmtpSettings:
    """Return the usual settings with changes."""
    return SmtpSettings.model_validate({**USUAL, **changes})


def test_what_is_not_said_is_safe() -> None:
    said = settings()
    assert (said.port, said.tls, said.envelope_sender, said.timeout_seconds) == (587, "starttls", "", 45)
    assert (said.from_address, said.message_id_domain) == ("Info@Gemeente.test", "gemeente.test")
    assert said.password() is None


def test_the_message_id_domain_can_be_written_in_any_mail() -> None:
    assert settings(from_address="info@gemeente-één.test").message_id_domain == "xn--gemeente-n-j7aa.test"
    assert settings(message_id_domain="mail.gemeente.test").message_id_domain == "mail.gemeente.test"


@pytest.mark.parametrize("sender", ["", "bounce@gemeente.test", "bounce+{token}@gemeente.test"])
def test_the_envelope_sender_is_empty_or_an_address_with_a_token(sender: str) -> None:
    assert settings(envelope_sender=sender).envelope_sender == sender


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"user": "gateway"}, "user"),
        ({"password_env": "X"}, "user"),
        ({"user": "gateway", "password_env": "X", "password_file": "/x"}, "user"),
        ({"tls": "none"}, "this machine only"),
        ({"envelope_sender": "bounce"}, "null path"),
        ({"envelope_sender": "bounce+{id}@x.test"}, "token"),
        ({"envelope_sender": "bounce+{@x.test"}, "brace"),
        ({"envelope_sender": "bounce@{token}.test"}, "left of the @"),
        ({"envelope_sender": "{token}+{token}@x.test"}, "once"),
        ({"envelope_sender": "onbestelbare-post+{token}@x.test"}, "13 characters"),
        ({"from_address": "info"}, "from_address"),
        ({"from_name": "Gemeente\r\nBcc: x"}, "control character"),
        ({"message_id_domain": "a b"}, "message_id_domain"),
        ({"timeout_seconds": 0}, "timeout_seconds"),
        ({"sender": "x"}, "sender"),
    ],
)
def test_a_faulty_setting_is_refused_and_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        settings(**changes)
