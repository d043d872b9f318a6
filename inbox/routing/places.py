"""Where the words are that rules need: for each field of a condition, what a matter has there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from inbox.letter_facts import likely_values
from inbox.routing.matter import Matter
from inbox.routing.needs import HEADER, LETTER_FIELD, PRESENT
from inbox.routing.words import Text


@dataclass(frozen=True)
class Place:
    """What stands at one place of a matter: texts for fields of words, values for all others."""

    texts: Callable[[Matter], tuple[Text, ...]]
    values: Callable[[Matter], frozenset[str]]

    def words(self, matter: Matter) -> frozenset[str]:
        """Return the distinct normalised words of its texts, and its values."""
        return self.values(matter).union(*(text.distinct for text in self.texts(matter)))

    def stems(self, matter: Matter) -> frozenset[str]:
        """Return the stems of the words."""
        return frozenset[str]().union(*(text.stems for text in self.texts(matter)))


def place_of(name: str) -> Place:
    """Return the place of a `Need`. Raises KeyError when there is none of the name."""
    if name.startswith(HEADER):
        header = name.removeprefix(HEADER)
        return _that_may_be_there(lambda matter: matter.header(header))
    if name.startswith(LETTER_FIELD):
        field = name.removeprefix(LETTER_FIELD)
        return _that_may_be_there(lambda matter: tuple(map(Text, likely_values(matter.reading, field))))
    return _PLACES[name]


def _no_texts(_: Matter) -> tuple[Text, ...]:
    return ()


def _no_values(_: Matter) -> frozenset[str]:
    return frozenset()


def _that_may_be_there(texts: Callable[[Matter], tuple[Text, ...]]) -> Place:
    return Place(texts, lambda matter: frozenset([PRESENT]) if texts(matter) else frozenset())


def _texts(texts: Callable[[Matter], tuple[Text, ...]]) -> Place:
    return Place(texts, _no_values)


def _values(values: Callable[[Matter], frozenset[str]]) -> Place:
    return Place(_no_texts, values)


def _with_domains(addresses: tuple[str, ...]) -> frozenset[str]:
    """Return the addresses in lower case, and `@domain` for each domain that one is at or below."""
    found = set()
    for address in addresses:
        found.add(address.lower())
        host = address.lower().rpartition("@")[2]
        labels = host.split(".")
        found.update(f"@{'.'.join(labels[at:])}" for at in range(len(labels)))
    return frozenset(found)


def _of_call(name: str) -> Place:
    def values(matter: Matter) -> frozenset[str]:
        call = matter.reading.call
        value = str(getattr(call, name)).casefold() if call else ""
        return frozenset([value, "*"]) if value else frozenset([""])

    return _values(values)


_PLACES: dict[str, Place] = {
    "subject": _texts(lambda matter: (matter.subject,)),
    "text": _texts(lambda matter: (matter.text,)),
    "words": _texts(lambda matter: (matter.subject, matter.text, matter.attached)),
    "attachment": _texts(lambda matter: matter.attachments),
    "attached_words": _texts(lambda matter: (matter.attached,)),
    "channel": _values(lambda matter: frozenset([str(matter.reading.channel)])),
    "source": _values(lambda matter: frozenset([matter.source_id])),
    "language": _values(lambda matter: frozenset([matter.reading.language])),
    "addressed_as": _values(lambda matter: frozenset([str(matter.reading.addressed_as)])),
    "addressed_to": _values(lambda matter: frozenset([matter.addressee or ""])),
    "sender": _values(lambda matter: _with_domains((matter.reading.sender.address,))),
    "recipient": _values(lambda matter: _with_domains(matter.reading.recipients)),
    "queue": _of_call("queue"),
    "menu_choice": _of_call("choice"),
    "dialled": _of_call("dialled"),
    "caller": _of_call("caller"),
    "call_outcome": _of_call("outcome"),
    "call_direction": _of_call("direction"),
    "topic": _values(lambda matter: frozenset([matter.topic.topic] if matter.topic else [])),
    "postcode": _values(lambda matter: matter.postcodes),
}
"""By the field of a condition of the same name."""
