"""Which configured person or team a message addresses, by name or by address of their own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from inbox.configuration.model import Addressee
from inbox.names import INITIALS, begins_surname, is_particle, is_team
from inbox.reading import Reading
from inbox.routing.phrases import normalised

Words = tuple[str, ...]


class Met(NamedTuple):
    """The addressee that a message met, if any, and how; `because` never quotes the sender."""

    key: str | None
    because: str


class _Name(NamedTuple):
    """A name taken apart; each part normalised, empty where it is not said."""

    whole: Words
    first: Words
    initials: str
    surname: Words
    """With its prefix: `de vries`."""


class Addressees:
    """The configured addressees, made ready for matching.

    A written name meets an addressee when it is one of its names, whatever case and accents. Else when it is a surname
    with its prefix, a first name, or initials with a surname, of exactly one addressee. A configured name that is the
    written one, to the letter, wins over those: where two are called Karin, the one with the name `Karin` gets it.
    """

    def __init__(self, configured: Mapping[str, Addressee]) -> None:
        """Index all names and addresses."""
        self._whole: dict[Words, set[str]] = defaultdict(set)
        self._part: dict[Words, set[str]] = defaultdict(set)
        self._by_surname: dict[Words, set[tuple[str, _Name]]] = defaultdict(set)
        self._addresses: dict[str, set[str]] = defaultdict(set)
        for key, addressee in configured.items():
            for address in addressee.addresses:
                self._addresses[address.lower()].add(key)
            for written in addressee.names:
                self._add(key, _taken_apart(written))

    def _add(self, key: str, name: _Name) -> None:
        self._whole[name.whole].add(key)
        if name.first:
            self._part[name.first].add(key)
        if name.surname:
            self._part[name.surname].add(key)
            self._by_surname[name.surname].add((key, name))

    def met(self, reading: Reading) -> Met | None:
        """Return whom the message addresses; None when nobody that is configured is named.

        All that names somebody must agree: names and addresses that point at several leave nobody, but where both
        point, what they share counts.
        """
        if not (self._whole or self._addresses):
            return None
        by_name: set[str] = set().union(*(self._named(written) for written in reading.addressed_to))
        addressed = [address.lower() for address in reading.recipients]
        by_address: set[str] = set().union(*(self._addresses.get(address, set()) for address in addressed))
        if not by_name and not by_address:
            return None
        fitting = (by_name & by_address) or (by_name | by_address)
        if len(fitting) > 1:
            several = ", ".join(f"`{key}`" for key in sorted(fitting))
            return Met(None, f"several addressees fit, so none is taken: {several}")
        [key] = fitting
        ways = [way for way, keys in (("name", by_name), ("address", by_address)) if key in keys]
        return Met(key, f"addressed by {' and '.join(ways)}")

    def _named(self, written: str) -> set[str]:
        name = _taken_apart(written)
        if name.whole in self._whole:
            return self._whole[name.whole]
        if name.whole in self._part:
            return self._part[name.whole]
        if name.surname:
            return {key for key, known in self._by_surname.get(name.surname, set()) if _may_be(name, known)}
        return set()


def _may_be(written: _Name, known: _Name) -> bool:
    """Say whether two names with one surname may be one person's: `K. de Vries` is Karin, and not Piet."""
    if written.first and known.first:
        return False
    return _initial(known) in ("", _initial(written))


def _initial(name: _Name) -> str:
    return (name.first[0] if name.first else name.initials)[:1]


def name_words(written: str) -> Words:
    """Return the words of a name as they are compared; empty when nothing would be left to find."""
    return tuple(normalised(written).split())


def _taken_apart(written: str) -> _Name:
    whole = name_words(written)
    tokens = written.split()
    if len(tokens) <= 1 or is_team(tokens[0]):
        return _Name(whole, (), "", ())
    initials = ""
    while len(tokens) > 1 and INITIALS.fullmatch(tokens[0]):
        initials += "".join(name_words(tokens.pop(0)))
    first: Words = ()
    if not initials and not begins_surname(tokens[0]):
        first = name_words(tokens.pop(0))
    return _Name(whole, first, initials, _surname(tokens))


def _surname(tokens: list[str]) -> Words:
    """Return the last word with the particles before it: `Willem van den Berg` gives `van den berg`."""
    start = next((at for at, token in enumerate(tokens) if is_particle(token)), len(tokens) - 1)
    return name_words(" ".join(tokens[start:]))
