"""Where an HTML mail says itself what is quoted: marks that stay in its words until they are told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # lxml ships no types, and its stubs are not among our dependencies.
    from lxml.html import HtmlElement  # type: ignore[import-untyped]

QUOTE_OPENS, QUOTE_CLOSES, QUOTED_ON = "\ufdd0", "\ufdd1", "\ufdd2"
"""Noncharacters (Unicode section 23.7), which no text holds: a quotation opens, closes, or takes all that follows."""

MARKS = (QUOTE_OPENS, QUOTE_CLOSES, QUOTED_ON)

_NO_MARKS = str.maketrans("", "", "".join(MARKS))

_QUOTED_CLASSES = frozenset(
    {
        "gmail_attr", "gmail_signature", "moz-cite-prefix", "moz-forward-container", "moz-signature",
        "protonmail_quote", "yahoo_quoted",
    }
)  # fmt: skip
_QUOTED_IDS = frozenset({"signature", "mail-editor-reference-message-container"})
_QUOTED_ON_IDS = frozenset({"appendonsend", "divrplyfwdmsg"})
_ID_PREFIX = "x_"
"""Outlook puts it before each name of a mail that it quotes."""


def mark_quoted(element: HtmlElement) -> None:
    """Put marks around the words of an element that a mail program made for quoted words or a signature."""
    identifier = element.get("id", "").lower()
    if identifier in _QUOTED_ON_IDS:
        element.text = QUOTED_ON + (element.text or "")
    elif identifier in _QUOTED_IDS or _is_quotation(element):
        element.text = QUOTE_OPENS + (element.text or "")
        if len(element):
            element[-1].tail = (element[-1].tail or "") + QUOTE_CLOSES
        else:
            element.text += QUOTE_CLOSES


def _is_quotation(element: HtmlElement) -> bool:
    classes = element.get("class", "").lower().split()
    if element.tag == "blockquote":
        return element.get("type", "").lower() == "cite" or "gmail_quote" in classes
    if "gmail_quote" in classes:
        # Gmail answers between quotations inside this element: then its blockquotes say what is quoted.
        return element.find(".//blockquote") is None
    return any(name in _QUOTED_CLASSES for name in classes)


def unmarked(text: str) -> str:
    """Return the words without marks, and without the lines that held nothing else."""
    if not any(mark in text for mark in MARKS):
        return text
    lines: list[str] = []
    for line in text.split("\n"):
        plain = line.translate(_NO_MARKS)
        if plain == line:
            lines.append(line)
        elif plain.strip():
            lines.append(plain.strip())
    return "\n".join(lines).strip()
