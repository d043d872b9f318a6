"""What flags need that their shape alone cannot say: a text that promises nothing and does not name the flag."""

from __future__ import annotations

from collections.abc import Iterator

from inbox.configuration.model import LIMIT_REACHED, TEXT_MESSAGES, Configuration, Text

Fault = tuple[tuple[str | int, ...], str]


def flag_texts(configuration: Configuration) -> set[str]:
    """Return the names of the texts that acknowledge in place of a category's own. They may promise no date."""
    return {flag.text for flag in configuration.flags.values() if flag.text is not None}


def flag_faults(configuration: Configuration) -> Iterator[Fault]:
    """Yield each fault as (path in the document, sentence)."""
    for key, flag in configuration.flags.items():
        if flag.text is None:
            continue
        path = ("flags", key, "text")
        text = configuration.texts.get(flag.text)
        if text is None:
            yield path, f"there is no text `{flag.text}`"
        elif flag.text == LIMIT_REACHED or flag.text in TEXT_MESSAGES:
            yield path, f"`{flag.text}` has a use of its own and acknowledges nothing by itself"
        elif _names(text, flag.name):
            yield path, f"the text `{flag.text}` holds the name of the flag, which the sender never learns"


def _names(text: Text, name: str) -> bool:
    return name.casefold() in f"{text.subject}\n{text.body}".casefold()
