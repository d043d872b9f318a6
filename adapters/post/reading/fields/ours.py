"""What we know of ourselves, so that our own address is not taken for a sender's."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ours:
    """The organisation that receives the letters."""

    postcodes: frozenset[str] = frozenset()
    """As `4761 AB`, of its buildings and boxes."""
    names: tuple[str, ...] = ()
    """`Gemeente Zevenbergen`: how senders address it; any case."""
    domains: frozenset[str] = frozenset()
    """Of its e-mail addresses, lower case: an address of ours in a letter is not its sender's."""


NOBODY = Ours()
