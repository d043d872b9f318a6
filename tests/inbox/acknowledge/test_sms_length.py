"""How many text messages a text becomes."""

from __future__ import annotations

import pytest

from inbox.acknowledge.sms_length import messages_in


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("é" * 160, 1),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ë" * 70, 1),
        ("ë" + "a" * 70, 2),
        ("ë" + "a" * 133, 2),
        ("ë" + "a" * 134, 3),
        ("🙂" * 35, 1),
        ("🙂" * 36, 2),
        ("regel\n" * 20, 1),
    ],
)
def test_the_places_of_a_text_are_counted_as_telephones_do(text: str, messages: int) -> None:
    assert messages_in(text) == messages
