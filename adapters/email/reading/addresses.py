"""Mailboxes in From, To, Cc and Return-Path (RFC 5322 section 3.4), in one pass over the value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from adapters.email.reading.clean import one_line
from adapters.email.reading.encoded_words import ENCODED_WORD, decode_words
from adapters.email.reading.limits import ADDRESS_LIMIT, NAME_LIMIT, WORDS_LIMIT
from adapters.email.reading.remarks import Remark, Remarks

# Every branch takes what it began with or a single character, and gives nothing back: linear whatever the input.
_TOKEN = re.compile(
    r'"(?P<quoted>(?:[^"\\]++|\\.)*+)"?'
    rf"|(?P<encoded>{ENCODED_WORD})"
    r"|<(?P<angle>[^<>]*+)>"
    r"|(?P<mark>[(),;:])"
    r'|(?P<atom>[^\s"<>(),;:\[\]]++(?:\[[^\[\]\s]{1,80}\])?+|[\[\]])'
    r"|(?P<space>\s++)"
    r"|.",
    re.DOTALL,
)
_LOCAL = r'(?:[^\s@<>()\[\]",;:\\\x00-\x1f\x7f]+|"(?:[^"\\\x00-\x1f]|\\.){1,100}")'
_DOMAIN = r"(?:[^\s@<>()\[\]\",;:\\\x00-\x1f\x7f]+|\[[^\[\]\s\\]{1,80}\])"
_LONGEST_CARRIED = 20
"""Words and spaces of a name with commas; without an end, `a,a,a,` would grow with each comma."""

_ADDR_SPEC = re.compile(f"{_LOCAL}@{_DOMAIN}")


@dataclass(frozen=True)
class Mailbox:
    """One mailbox. `address` is a sound addr-spec with its domain in lower case, or empty."""

    address: str
    name: str


@dataclass
class _Pending:
    """What was seen since the last separator."""

    words: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    angle: str | None = None


def mailboxes(value: str, remarks: Remarks) -> Iterator[Mailbox]:
    """Yield the mailboxes of an address list in order; those of a group too, without the group's name.

    Entries without an address are yielded with their words as the name (`From: root`). Never raises.
    """
    if value.count('"') % 2 and '\\"' not in value:
        remarks.add(Remark.broken_header)
        value = value.replace('"', " ")
    pending = _Pending()
    depth = 0
    for token in _TOKEN.finditer(value):
        mark = token["mark"]
        if mark == "(":
            depth += 1
        elif mark == ")":
            depth = max(0, depth - 1)
        elif depth:
            pending.comments.append(token[0])
        elif mark == ":":
            # The name of a group, or `mailto:`; neither belongs to the mailbox. Behind an address it is only untidy.
            if pending.angle is not None or any("@" in word for word in pending.words[:_LONGEST_CARRIED]):
                yield from _mailbox(pending, remarks)
            pending = _Pending()
        elif mark:
            carried = _carried(pending) if mark == "," else None
            if carried is None:
                yield from _mailbox(pending, remarks)
            pending = _Pending(words=carried or [])
        else:
            _take(pending, token)
    yield from _mailbox(pending, remarks)


def addr_spec(text: str) -> str:
    """Return a sound addr-spec (RFC 5322 section 3.4.1), its domain in lower case, or nothing. Never raises.

    White space around `@` and dots and a source route (`@relay:`) are obsolete syntax (section 4.4) and taken out; any
    other white space is an error, and no address is guessed from it. What is returned is safe in a header.
    """
    address = one_line(text[: 4 * ADDRESS_LIMIT], 4 * ADDRESS_LIMIT)
    if address.startswith("@"):
        address = address.rpartition(":")[2].strip()
    if '"' not in address:
        address = re.sub(r" ?([@.]) ?", r"\1", address).removeprefix("mailto:")
        if address.startswith("'") and address.endswith("'"):
            address = address[1:-1]
    local, _, domain = address.rpartition("@")
    domain = domain.lower().rstrip(".")
    address = f"{local}@{domain}"
    return address if len(address) <= ADDRESS_LIMIT and _ADDR_SPEC.fullmatch(address) else ""


def _take(pending: _Pending, token: re.Match[str]) -> None:
    if token["angle"] is not None:
        # The first address wins, as in `<jan@x> <piet@x>`.
        pending.angle = token["angle"] if pending.angle is None else pending.angle
    elif token["quoted"] is not None:
        pending.words.append(f'"{token["quoted"]}"')
    elif token["encoded"] or token["atom"]:
        pending.words.append(token[0])
    elif token["space"]:
        pending.words.append(" ")


def _carried(pending: _Pending) -> list[str] | None:
    """Return the words of `Jansen` in the unquoted `Jansen, Jan <jan@x>`, to go before the next mailbox's name."""
    words = pending.words
    if pending.angle is not None or len(words) > _LONGEST_CARRIED or any("@" in word for word in words):
        return None
    return [*words, ", "] if any(word.strip() for word in words) else None


def _mailbox(pending: _Pending, remarks: Remarks) -> Iterator[Mailbox]:
    words = pending.words
    if not words and pending.angle is None and not pending.comments:
        return
    if pending.angle is not None:
        address = addr_spec(pending.angle)
    else:
        address, words = _bare(words)
    name = _name(words, remarks) or _name(pending.comments, remarks)
    if address or name:
        yield Mailbox(address, name)
    if not address and (pending.angle or any("@" in word for word in words)):
        remarks.add(Remark.broken_header)


def _bare(words: list[str]) -> tuple[str, list[str]]:
    """Find the address where there are no angle brackets: the one word that is an address, or the whole."""
    for at, word in enumerate(words):
        address = addr_spec(word) if "@" in word else ""
        if address:
            return address, words[:at] + words[at + 1 :]
    whole = addr_spec("".join(words[:ADDRESS_LIMIT]).strip())
    return whole, [] if whole else words


def _name(words: list[str], remarks: Remarks) -> str:
    text = "".join(_unquoted(word) for word in words)[:WORDS_LIMIT]
    return one_line(decode_words(text, remarks), NAME_LIMIT).strip("', ")


def _unquoted(word: str) -> str:
    return re.sub(r"\\(.)", r"\1", word[1:-1]) if word.startswith('"') else word
