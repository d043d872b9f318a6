"""How many text messages a text becomes (3GPP TS 23.038 and 23.040)."""

from __future__ import annotations

LONGEST_MESSAGES = 2
"""What is longer is read by nobody, and paid for each time."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
"""Each takes the place of two."""


def messages_in(text: str) -> int:
    """Return how many messages it takes: 160 places in one and 153 in each of several; 70 and 67 as soon as one
    character is in neither table.
    """
    if all(sign in _BASIC or sign in _EXTENDED for sign in text):
        places, alone, among = sum(2 if sign in _EXTENDED else 1 for sign in text), 160, 153
    else:
        places, alone, among = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if places <= alone else -(-places // among)
