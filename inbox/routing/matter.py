"""A reading prepared for matching: each text is prepared at most once."""

from __future__ import annotations

from functools import cached_property

from inbox.reading import Reading
from inbox.routing.moments import Clock
from inbox.routing.postcodes import postcodes_of
from inbox.routing.topics import Told, Topics
from inbox.routing.words import Text


class Matter:
    """What conditions of rules are tried on."""

    def __init__(
        self,
        reading: Reading,
        source_id: str,
        addressee: str | None = None,
        clock: Clock | None = None,
        topics: Topics | None = None,
    ) -> None:
        """`source_id`: the source that showed us the item. `addressee`: key of the one it addresses, if it is one.

        `clock`: when it was received; without it no condition about that holds. `topics`: the same of what it is about.
        """
        self.reading = reading
        self.source_id = source_id
        self.addressee = addressee
        self.clock = clock
        self._topics = topics
        self._headers: dict[str, tuple[Text, ...]] = {}

    @cached_property
    def subject(self) -> Text:
        """The subject; nothing of a call, whose subject is ours."""
        return Text("" if self.reading.call else self.reading.subject)

    @cached_property
    def text(self) -> Text:
        """What the sender says: no quoted replies, no signature; nothing where it is unread, or was never written: the
        words of a call are ours.
        """
        return Text("" if self.reading.is_envelope or self.reading.call else self.reading.said)

    @cached_property
    def attached(self) -> Text:
        """The words of attached documents."""
        return Text(self.reading.attached_text)

    @cached_property
    def topic(self) -> Told | None:
        """What it is about, as subject and text tell it; where no word of those is known, attached documents. None of calls
        and closed envelopes: nobody has said, or read, what they are about.
        """
        if self._topics is None or self.reading.call or self.reading.is_envelope:
            return None
        return self._topics.of(Text(f"{self.subject.raw}\n{self.text.raw}")) or self._topics.of(self.attached)

    @cached_property
    def attachments(self) -> tuple[Text, ...]:
        """The file names of the attachments."""
        return tuple(Text(part.name) for part in self.reading.parts)

    @cached_property
    def postcodes(self) -> frozenset[str]:
        """Postcodes of the sender: `4761AB`, or `4761` where no letters stand behind it."""
        return postcodes_of(self.reading, self.text.raw)

    def header(self, name: str) -> tuple[Text, ...]:
        """Return the values of a header field; none when it is not there. `name`: lower case."""
        if name not in self._headers:
            self._headers[name] = tuple(Text(value) for value in self.reading.headers.get(name, ()))
        return self._headers[name]
