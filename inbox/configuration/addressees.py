"""What must hold of addressees: departments and categories that exist, names that can be found and are one's own."""

from __future__ import annotations

from collections.abc import Iterator

from inbox.configuration.model import TRIAGE, Addressee, Configuration
from inbox.names import is_title
from inbox.routing.addressee import name_words

Path = tuple[str | int, ...]
Fault = tuple[Path, str]


def addressee_faults(configuration: Configuration) -> Iterator[Fault]:
    """Yield each fault as (path in the document, sentence)."""
    taken: dict[object, str] = {}
    for key, addressee in configuration.addressees.items():
        path: Path = ("addressees", key)
        if not (addressee.names or addressee.addresses):
            yield path, "has neither `names` nor `addresses`, so nothing could ever be addressed to it"
        yield from _outcome(configuration, path, addressee)
        yield from _names(path, key, addressee, taken)
        for at, address in enumerate(addressee.addresses):
            if taken.setdefault(address.lower(), key) != key:
                yield (*path, "addresses", at), f"`{taken[address.lower()]}` has this address, too"


def _outcome(configuration: Configuration, path: Path, addressee: Addressee) -> Iterator[Fault]:
    department = configuration.departments.get(addressee.department)
    if department is None:
        yield (*path, "department"), f"there is no department `{addressee.department}`"
    if addressee.category is None:
        return
    category = configuration.categories.get(addressee.category)
    if category is None:
        yield (*path, "category"), f"there is no category `{addressee.category}`"
    elif addressee.category == TRIAGE:
        yield (*path, "category"), f"leave it out: without a category it is `{TRIAGE}`"
    elif department and not category.statutory and category.confidentiality > department.holds_up_to:
        level, most = category.confidentiality.name, department.holds_up_to.name
        yield (*path, "category"), f"is `{level}`, and a destination of `{addressee.department}` holds up to `{most}`"


def _names(path: Path, key: str, addressee: Addressee, taken: dict[object, str]) -> Iterator[Fault]:
    for at, name in enumerate(addressee.names):
        words = name_words(name)
        if not words:
            yield (*path, "names", at), "holds no letter or digit to find it by"
        elif is_title(name.split()[0]):
            yield (*path, "names", at), f"leave out `{name.split()[0]}`: titles are taken off what people write"
        elif taken.setdefault(words, key) != key:
            yield (*path, "names", at), f"`{taken[words]}` has this name, too"
