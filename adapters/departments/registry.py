"""Which system serves which kind of destination. The list is explicit: nothing is found by scanning."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from inbox.errors import SettingsInvalid
from inbox.ports import DepartmentSystem

KINDS = ("mailbox", "webhook", "folder")
"""Every kind of destination that a configuration may name (inbox/configuration/model.py)."""


def registry(*systems: DepartmentSystem) -> Mapping[str, DepartmentSystem]:
    """Return kind → system. Raises SettingsInvalid for a kind that no destination has, or that comes twice."""
    by_kind: dict[str, DepartmentSystem] = {}
    for system in systems:
        if system.kind not in KINDS:
            raise SettingsInvalid(f"no destination has the kind `{system.kind}`; known are {', '.join(KINDS)}")
        if system.kind in by_kind:
            raise SettingsInvalid(f"two systems for destinations of kind `{system.kind}`")
        by_kind[system.kind] = system
    return MappingProxyType(by_kind)


def system_for(kind: str, systems: Mapping[str, DepartmentSystem]) -> DepartmentSystem:
    """Return the system for this kind of destination. Raises SettingsInvalid when this installation has none."""
    try:
        return systems[kind]
    except KeyError:
        raise SettingsInvalid(f"this installation has no system for destinations of kind `{kind}`") from None
