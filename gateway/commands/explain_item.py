"""`gateway explain --item`: why an item of the ledger was decided so; nothing is written."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from gateway.api.explaining import ItemReasons, reasons
from gateway.bootstrap import remembered
from gateway.settings import Settings, find_settings
from inbox.confidentiality import Confidentiality
from inbox.errors import BadRequest, NotFound
from inbox.reference import parse_reference
from store.listing import Filter, Scope, list_items
from workflows.explaining import explain_item

_EVERYTHING = Scope(departments=None, up_to=Confidentiality.zeer_geheim)
"""Whoever may read the ledger's own settings may read the ledger."""


def explain_reference(reference: str, *, as_json: bool, settings_path: Path | None) -> int:
    """Print why; return 0. Raises BadRequest, NotFound, Conflict, SettingsInvalid, StoreUnavailable."""
    found = asyncio.run(_reasons(reference, find_settings(settings_path)))
    sys.stdout.write(found.model_dump_json(by_alias=True) + "\n" if as_json else _words(found))
    return 0


async def _reasons(reference: str, settings: Settings) -> ItemReasons:
    written = parse_reference(reference)
    if written is None:
        raise BadRequest("this is no reference of ours: its check letter does not fit, look for a mistyped letter")
    async with remembered(settings) as (ledger, _):
        found = await list_items(ledger, _EVERYTHING, Filter(reference=written), 1, None)
        if not found:
            raise NotFound(f"there is no item {written}")
        trusted = frozenset(name.lower() for name in settings.trusted_authserv_ids)
        return reasons(await explain_item(ledger, found[0].item.item_id, trusted))


def _words(found: ItemReasons) -> str:
    lines = [f"{found.reference}, by version {found.version}"]
    for matter in found.matters:
        lines.append(f"  {matter.category} -> {matter.department} (rule {matter.rule or 'none'})")
        if matter.counted is not None:
            how = matter.counted
            skipped = ", ".join(f"{day.on} ({day.because})" for day in how.skipped)
            lines.append(f"  {matter.within}, from {how.received_on}: {how.due_on}")
            lines += [f"  not counted: {skipped}"] if skipped else []
    lines += [f"  filed: {found.filed_because}"] if found.filed_because else []
    held = [step for step in found.trace if step.holds]
    lines += [f"  because {step.rule}: {step.because}" for step in held] or ["  because no rule holds"]
    lines.append(f"  rules tried in vain: {len(found.trace) - len(held)}")
    lines += [f"  next: {rule.rule} -> {rule.category or rule.file}: {rule.because}" for rule in found.next]
    if not found.agrees:
        lines.append(f"  the ledger differs in {', '.join(found.differs)}: {'; '.join(found.because)}")
    lines += [f"  {one.at:%Y-%m-%d %H:%M} {one.actor}: {one.kind} {one.reason}".rstrip() for one in found.by_people]
    return "\n".join(lines) + "\n"
