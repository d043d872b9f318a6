"""Whether one condition surely holds wherever another does: for rules that can never decide."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from inbox.channel import Channel
from inbox.configuration.conditions import WORD_FIELDS
from inbox.configuration.rule import Bounds, Condition
from inbox.routing.phrases import Phrase, is_pattern, phrase, phrase_covers
from inbox.routing.postcodes import area

_IN_WORDS = ("words", "subject", "text", "attached_words")
"""Whatever stands in one of these stands in `words`."""

_DEEPEST = 8
"""Conditions inside conditions that are looked into; what is deeper is not compared."""


def implies(narrow: Condition, wide: Condition, deepest: int = _DEEPEST) -> bool:
    """Say whether the wide condition surely holds where the narrow one does. False may mean that it is not known.

    Both can be compiled: see `compile_condition`.
    """
    if narrow == wide:
        return True
    if deepest == 0:
        return False
    below = deepest - 1
    return (
        all(_entails_field(narrow, name, wide, below) for name in wide.model_fields_set if name not in _ASKED_ELSEWHERE)
        and all(implies(narrow, part, below) for part in wide.all)
        and (not wide.any or _entails_any(narrow, wide.any, below))
        and (wide.not_ is None or _entails_not(narrow, wide.not_, below))
    )


_ASKED_ELSEWHERE = {"any", "all", "not_", "confidence"}
"""Fields that hold by what is inside them; and how sure a topic must be, which is asked with the topic."""


def _entails_field(narrow: Condition, name: str, wide: Condition, deepest: int) -> bool:
    """Say whether one field of the wide condition surely holds."""
    if name == "channel" and set(wide.channel) == set(Channel):
        return True
    if _field_covers(narrow, name, wide):
        return True
    if not (narrow.all or narrow.any):
        return False
    single = Condition.model_construct(_fields_set={name}, **{name: getattr(wide, name), "confidence": wide.confidence})
    return _by_what_is_inside(narrow, single, deepest)


def _entails_any(narrow: Condition, alternatives: tuple[Condition, ...], deepest: int) -> bool:
    if any(implies(narrow, alternative, deepest) for alternative in alternatives):
        return True
    whole = Condition.model_construct(_fields_set={"any"}, any=alternatives)
    return _by_what_is_inside(narrow, whole, deepest)


def _entails_not(narrow: Condition, denied: Condition, deepest: int) -> bool:
    if narrow.not_ is not None and implies(denied, narrow.not_, deepest):
        return True
    whole = Condition.model_construct(_fields_set={"not_"}, not_=denied)
    return _by_what_is_inside(narrow, whole, deepest)


def _by_what_is_inside(narrow: Condition, wide: Condition, deepest: int) -> bool:
    """One of `all` is enough, for each of them holds; of `any` each must do, for one of them holds."""
    if deepest == 0:
        return False
    if any(implies(part, wide, deepest - 1) for part in narrow.all):
        return True
    return bool(narrow.any) and all(implies(part, wide, deepest - 1) for part in narrow.any)


def _field_covers(narrow: Condition, name: str, wide: Condition) -> bool:
    """Say whether a field of the narrow condition makes the field of the wide one hold."""
    if name in WORD_FIELDS:
        fields = _IN_WORDS if name == "words" else (name,)
        return any(
            getattr(narrow, field) and _all_covered(getattr(narrow, field), getattr(wide, name), _word_covers)
            for field in fields
        )
    if name in ("header", "letter_field"):
        return _named_cover(getattr(narrow, name), getattr(wide, name), is_header=name == "header")
    if name not in narrow.model_fields_set:
        return False
    if name == "topic" and narrow.least_confidence < wide.least_confidence:
        return False
    mine, other = getattr(narrow, name), getattr(wide, name)
    if name in _COVERS:
        return _all_covered(mine, other, _COVERS[name])
    if isinstance(mine, Bounds):
        return _bounds_cover(mine, other)
    if isinstance(mine, tuple):
        return set(mine) <= set(other)
    return bool(mine == other)


def _all_covered(narrow: tuple[str, ...], wide: tuple[str, ...], covers: Callable[[str, str], bool]) -> bool:
    return all(any(covers(other, mine) for other in wide) for mine in narrow)


def _named_cover(narrow: dict[str, tuple[str, ...]], wide: dict[str, tuple[str, ...]], *, is_header: bool) -> bool:
    known: dict[str, list[tuple[str, ...]]] = {}
    for name, values in narrow.items():
        known.setdefault(name.lower() if is_header else name, []).append(values)
    return all(
        any(
            "*" in values or _all_covered(mine, values, _word_covers)
            for mine in known.get(name.lower() if is_header else name, [])
        )
        for name, values in wide.items()
    )


@lru_cache(maxsize=50_000)
def _phrase(written: str) -> Phrase | None:
    return None if is_pattern(written) or written == "*" else phrase(written)


def _word_covers(wide: str, narrow: str) -> bool:
    wide_phrase, narrow_phrase = _phrase(wide), _phrase(narrow)
    if wide_phrase is None or narrow_phrase is None:
        return wide == narrow
    return phrase_covers(wide_phrase, narrow_phrase)


def _address_covers(wide: str, narrow: str) -> bool:
    if wide.startswith("/") or narrow.startswith("/"):
        return wide == narrow
    wide, narrow = wide.lower(), narrow.lower()
    host = narrow.rpartition("@")[2]
    return wide == narrow or (wide.startswith("@") and (host == wide[1:] or host.endswith(f".{wide[1:]}")))


def _type_covers(wide: str, narrow: str) -> bool:
    return wide == narrow or (wide.endswith("/*") and narrow.startswith(wide[:-1]))


def _area_covers(wide: str, narrow: str) -> bool:
    return area(narrow).startswith(area(wide))


def _call_covers(wide: str, narrow: str) -> bool:
    wide, narrow = wide.strip().casefold(), narrow.strip().casefold()
    return wide == narrow or (wide == "*" and narrow != "")


def _bounds_cover(narrow: Bounds, wide: Bounds) -> bool:
    least = wide.at_least is None or (narrow.at_least is not None and narrow.at_least >= wide.at_least)
    most = wide.at_most is None or (narrow.at_most is not None and narrow.at_most <= wide.at_most)
    return least and most


_COVERS: dict[str, Callable[[str, str], bool]] = {
    "sender": _address_covers,
    "recipient": _address_covers,
    "attachment_type": _type_covers,
    "postcode": _area_covers,
    **dict.fromkeys(("queue", "menu_choice", "dialled", "caller"), _call_covers),
}
