"""How fast items are decided by few and by thousands of rules, against trying each rule in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.configuration.model import Configuration
from inbox.configuration.rule import Rule
from inbox.reading import Reading, Sender
from inbox.routing.compiled import CompiledConfiguration
from inbox.routing.decide import decide
from inbox.routing.index import RuleIndex
from inbox.routing.matter import Matter
from store.ledger import now
from tests.bench.row import Row, in_turn
from tests.inbox.topics import corpus_topics

_COUNTS = (10, 100, 1_000, 5_000)
_MAILS = 20
_BODY = (
    "Geachte heer of mevrouw, wij hebben een vraag over de nieuwe bestrating in onze straat. Sinds vorige week ligt er een "
    "tegel los en de buren zijn er al over gevallen. Kunt u laten weten wanneer dit wordt hersteld en bij wie wij terecht "
    "kunnen? Met vriendelijke groet, "
)


def rows() -> Iterator[Row]:
    """Yield decisions per second for each count of rules."""
    for count in _COUNTS:
        yield _row(count)
    yield _row_of_topics()


def _row(count: int) -> Row:
    compiled = CompiledConfiguration(_configuration(count), 1)
    mails = list(_mails(count))
    received_at = now()

    def ours() -> None:
        for reading in mails:
            decide(reading, "bench", Confidentiality.intern, received_at, compiled)

    plain = CompiledConfiguration(compiled.document, 1)
    plain.index = _EveryRule(plain.document.rules)

    def each_in_turn() -> None:
        for reading in mails:
            decide(reading, "bench", Confidentiality.intern, received_at, plain)

    mine, yardstick = in_turn(ours, each_in_turn, rounds=41 if count <= 100 else 3)
    return Row(
        f"decide by {count:,} rules".replace(",", " "),
        len(mails) / mine,
        len(mails) / yardstick,
        "decisions/s",
        # Ten rules are tried in turn by both: they differ by noise.
        ">= 0.9" if count < 100 else ">= 1",
        "mails of 80 words of which half meet one of the rules, anywhere in their order; yardstick: the same decisions, "
        "each rule tried in turn until one holds",
    )


def _row_of_topics() -> Row:
    plain, topics = _configuration(100), corpus_topics()
    asks = [{"id": f"t-{topic}", "when": {"topic": topic}, "category": "melding"} for topic in topics]
    document = plain.model_dump(by_alias=True, exclude_defaults=True)
    with_topics = Configuration.model_validate({**document, "topics": topics, "rules": [*document["rules"], *asks]})
    mails = list(_mails(100))
    received_at = now()

    def deciding(by: CompiledConfiguration) -> Callable[[], None]:
        def decide_all() -> None:
            for reading in mails:
                decide(reading, "bench", Confidentiality.intern, received_at, by)

        return decide_all

    ours, yardstick = in_turn(
        deciding(CompiledConfiguration(with_topics, 1)), deciding(CompiledConfiguration(plain, 1)), rounds=21
    )
    return Row(
        "decide by 100 rules and 8 topics",
        len(mails) / ours,
        len(mails) / yardstick,
        "decisions/s",
        "",
        "the same mails, each told its topic, too; yardstick: the same rules without those that ask for a topic",
    )


class _EveryRule(RuleIndex):
    """The yardstick: no rule is left out."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._numbers = range(len(rules))

    def candidates(self, matter: Matter) -> list[int]:
        return list(self._numbers)


def _configuration(count: int) -> Configuration:
    rules: Sequence[dict[str, object]] = [_rule(number) for number in range(count)]
    destination = {"kind": "mailbox", "address": "kcc@afdeling.test"}
    norm = {"within": 2, "unit": "working_days"}
    category = {"name": "uw bericht", "department": "kcc", "answer": "dated", "norm": norm}
    return Configuration.model_validate(
        {
            "organisation": {"name": "Gemeente Proefstad"},
            "departments": {"kcc": {"name": "Klantcontactcentrum", "acting": destination}},
            "categories": {"triage": category, "melding": category},
            "texts": {},
            "rules": rules,
        }
    )


def _rule(number: int) -> dict[str, object]:
    """Return one of six kinds of rules, as they stand in a municipality's document."""
    kinds: tuple[dict[str, object], ...] = (
        {"words": [f"onderwerp{number}*", f"losse zaak{number}"]},
        {"subject": [f"onderwerp{number}"], "not": {"words": ["compliment"]}},
        {"sender": [f"@domein{number}.test"]},
        {"any": [{"subject": f"zaak{number}"}, {"text": f"~onderwerp{number}"}]},
        {"header": {"x-formulier": f"formulier{number}"}},
        {"text": [f"/zaak-{number}-[0-9]+/"]},
    )
    return {"id": f"r{number}", "when": kinds[number % len(kinds)], "category": "melding"}


def _mails(count: int) -> Iterator[Reading]:
    for number in range(_MAILS):
        meets = number * count // _MAILS
        said = f"onderwerp{meets} zaak{meets} zaak-{meets}-1" if number % 2 else "niets"
        yield Reading(
            channel=Channel.email,
            sender=Sender(address=f"jan@domein{meets}.test" if number % 2 else "jan@inwoner.test"),
            subject=f"Een vraag over {said}",
            text=f"{_BODY} {said}",
            headers={"x-formulier": (f"formulier{meets}",)} if number % 2 else {},
        )
