"""Persons and teams whom the sender addresses by name: in an attention line, or in the salutation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from inbox.names import INITIALS, begins_surname, is_generic, is_office, is_particle, is_team, is_title, plain

ADDRESSED_TO_LIMIT = 10
ADDRESSEE_NAME_LIMIT = 100
"""Names of persons whom a message addresses, and characters of each."""

_LINES = 100
"""Lines of the new words in which an attention line may stand."""
_HEAD_LINES = 15
"""Lines with words among which the salutation stands: below a letter's head of addresses, place and date."""
_LINE = 200
_WORDS_OF_NAME = 6
_LOWER_WORDS = 2
"""Words in small letters, particles aside, that are still taken for a name: `beste karin de vries`."""
_ABBREVIATION = 4
"""Letters and dot of a shortened first name, `Joh.`; behind a longer word a dot ends the sentence."""

_ATTENTION = (
    r"(?:t\.? ?a\.? ?v\.?(?![\w.])|ter attentie van|ter attentie(?= *:)|f\.?a\.?o\.?(?= *:)|attn\b\.?|att\.(?=[ :])"
    r"|(?:for the )?attention of|for the attention of"
    r"|z\. ?h(?:d|dn)\.|zu h(?:ä|ae)nden(?: von)?|à l['\u2019] ?attention de(?: la| l['\u2019])?|a l['\u2019]attention de)"
    r" *:? *"
)
_ATTENTION_IN_SUBJECT = re.compile(rf"(?<![\w.]){_ATTENTION}", re.IGNORECASE)
_ATTENTION_IN_LINE = re.compile(rf"(?:^[*_ \t-]{{0,5}}|[,;(] {{0,3}}){_ATTENTION}", re.IGNORECASE)

_OPENING = re.compile(
    r"[*_ ]{0,3}(?:(?:zeer )?ge?achte|beste|hallo|hoi|hai|hey|hé|dag|lieve|waarde|hooggeachte"
    r"|goeden? ?(?:morgen|middag|(?:n)?avond|dag)|goeiemorgen|goeiemiddag"
    r"|dear|hello|hi|good (?:morning|afternoon|evening|day)"
    r"|sehr geehrte[rs]?|geehrte[rs]?|liebe[rs]?|guten (?:tag|morgen|abend)|werte[r]?"
    r"|ch[èe]re?s?|bonjour|bonsoir)(?![\w'\u2019-])[ ,]{0,2}",
    re.IGNORECASE,
)
_END = re.compile(r"[,;:!?()<>|\"\u201c\u201d\[\]*_]| [-\u2013\u2014] |\.(?= *$)")
_AND = re.compile(r" +(?:en|and|und|et|of|or|oder|ou) +| *[&+] *|(?<![vV])/|/(?!d\b)")
_BOARD = re.compile(r"\b(?:burgemeester|b) ?(?:en|&) ?(?:wethouders|w)\b", re.IGNORECASE)
"""The municipality's board: nobody in particular."""


class _Head(NamedTuple):
    """What stands between an opening and the first mark that ends a name, and what comes behind it."""

    words: str
    mark: str
    rest: str


def addressed_to(subject: str, words: str) -> tuple[str, ...]:
    """Return the names in order, as written and without titles, each once; at most ten. Pure, linear, never raises.

    `words`: the new words only: whom a quoted message addressed is somebody else's business. Names of teams stay as
    they are (`team Groen`); words for everybody or nobody in particular (`heer/mevrouw`, `college`) are no names.
    """
    lines = [line[:_LINE].strip() for line in words[: _LINES * _LINE].split("\n")[:_LINES]]
    found: dict[str, str] = {}
    for name in _all_names(subject, lines):
        found.setdefault(name.casefold(), name)
        if len(found) == ADDRESSED_TO_LIMIT:
            break
    return tuple(found.values())


def _all_names(subject: str, lines: list[str]) -> Iterator[str]:
    in_subject = _ATTENTION_IN_SUBJECT.search(subject)
    if in_subject:
        yield from _of_attention(subject[in_subject.end() : in_subject.end() + _LINE])
    for line in lines:
        for mark in _ATTENTION_IN_LINE.finditer(line):
            yield from _of_attention(line[mark.end() :])
    for line in [line for line in lines if line][:_HEAD_LINES]:
        names = list(_of_salutation(line))
        if names or _OPENING.match(line):
            yield from names
            return


def _of_attention(text: str) -> Iterator[str]:
    yield from _names(_head(text), may_be_lower=False)


def _of_salutation(line: str) -> Iterator[str]:
    """Yield the names of `Geachte mevrouw De Vries, beste Karin,`, and of a bare `Madame Dupont,`."""
    opening = _OPENING.match(line)
    if opening is None:
        if line.endswith(",") and is_title(line.split(maxsplit=1)[0]):
            yield from _names(_head(line), may_be_lower=False)
        return
    rest = line[opening.end() :]
    if "," in opening[0] and not is_title(rest.split(" ", 1)[0]):
        return
    is_list = line.endswith(",") or _AND.search(rest) is not None
    while rest:
        head = _head(rest)
        yield from _names(head, may_be_lower=head.mark in (",", "!", "."))
        rest = head.rest.lstrip()
        again = _OPENING.match(rest)
        if again:
            rest = rest[again.end() :]
        elif not (head.mark == "," and is_list and _is_names_only(rest)):
            return


def _is_names_only(rest: str) -> bool:
    """Say whether what follows a comma is the rest of a list of names: titles, or words with capitals to the end."""
    tokens = rest.rstrip(" ,!.").replace(",", " ").split()
    if not tokens:
        return False
    if is_title(tokens[0]):
        return True
    return all(token[:1].isupper() or is_particle(token) or _AND.fullmatch(f" {token} ") for token in tokens)


def _head(text: str) -> _Head:
    end = _END.search(text)
    if end is None:
        return _Head(text, ".", "")
    return _Head(text[: end.start()], end[0].strip(), text[end.end() :])


def _names(head: _Head, *, may_be_lower: bool) -> Iterator[str]:
    if _BOARD.search(head.words):
        return
    tokens = head.words.split()
    # The name of a team may hold "en": Wmo en Jeugd.
    whole = any(is_team(token) for token in tokens[:2])
    for piece in [head.words] if whole else _AND.split(head.words):
        name = _name(piece.split(), may_be_lower=may_be_lower)
        if name:
            yield name
        elif not any(is_title(token) for token in piece.split()[:3]):
            return


def _name(tokens: list[str], *, may_be_lower: bool) -> str:
    tokens, has_title = _without_titles(tokens)
    if not tokens or any(plain(token) == "gemeente" for token in tokens):
        return ""
    if is_team(tokens[0]):
        return _bounded(tokens[:_WORDS_OF_NAME]) if len(tokens) > 1 else ""
    if is_generic(tokens[0]):
        return ""
    kept = _name_words(tokens, has_title=has_title, may_be_lower=may_be_lower)
    return "" if all(INITIALS.fullmatch(token) for token in kept) else _bounded(kept)


def _name_words(tokens: list[str], *, has_title: bool, may_be_lower: bool) -> list[str]:
    """Return the words up to the first that is none of a name's; small letters count only where no capital does."""
    significant = [token for token in tokens if not is_particle(token)]
    has_capitals = any(token[0].isupper() for token in significant)
    lower = not has_capitals and (has_title or (may_be_lower and len(significant) <= _LOWER_WORDS))
    # `geachte heer jansen vorige week`: behind a title the first word is the name, the rest a sentence.
    most = _LOWER_WORDS if len(significant) <= _LOWER_WORDS else 1
    kept: list[str] = []
    for token in tokens[:_WORDS_OF_NAME]:
        if not (is_particle(token) or _is_name_word(token, lower=lower)):
            break
        if lower and sum(not is_particle(word) for word in kept) == most:
            break
        kept.append(token)
        if token.endswith(".") and len(token) > _ABBREVIATION and not INITIALS.fullmatch(token):
            break
    while kept and is_particle(kept[-1]) and (kept[-1].islower() or begins_surname(kept[-1])):
        kept.pop()
    return kept


def _without_titles(tokens: list[str]) -> tuple[list[str], bool]:
    has_title = False
    while tokens:
        if is_title(tokens[0]) or (len(tokens) > 1 and is_office(tokens[0])):
            tokens, has_title = tokens[1:], True
        elif plain(tokens[0]) in ("de", "het", "den", "the", "der", "die", "la", "le") and _names_a_role(tokens[1:2]):
            tokens = tokens[1:]
        else:
            break
    return tokens, has_title


def _names_a_role(tokens: list[str]) -> bool:
    return any(is_title(token) or is_office(token) or is_team(token) or is_generic(token) for token in tokens)


def _is_name_word(token: str, *, lower: bool) -> bool:
    letters = token.replace("'", "").replace("\u2019", "").replace("-", "").replace(".", "")
    if not letters.isalpha():
        return False
    return lower or is_office(token) or letters[0].isupper()


def _bounded(tokens: list[str]) -> str:
    last = tokens[-1] if INITIALS.fullmatch(tokens[-1]) else tokens[-1].rstrip(".")
    name = " ".join([*tokens[:-1], last]).strip(" '\u2019-")
    return name if len(name) <= ADDRESSEE_NAME_LIMIT else ""
