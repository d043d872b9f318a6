"""Tell whoever must know that somebody looked at an item above their confidentiality.

Told at least once: who dies between sending and writing it down leaves it to the next, who tells again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import structlog

from inbox.confidentiality import Confidentiality
from inbox.errors import GatewayError, PermanentError
from inbox.ports import NoticeMail
from inbox.thread_token import loop_mark
from store.break_glass import claim_alert, note_told, settle_alert
from workflows.for_ever import for_ever
from workflows.parts import Parts

log = structlog.get_logger()

_LOOKS_EVERY_SECONDS = 5.0

_BODY = """\
{actor} bekijkt een bericht waarvoor de eigen vertrouwelijkheid niet volstaat.

Bericht: {item_id}
Vertrouwelijkheid: {level}
Van: {made_at:%d-%m-%Y %H:%M} UTC
Tot: {ends_at:%d-%m-%Y %H:%M} UTC

De opgegeven reden staat in het logboek: GET /v1/break-glass, {glass_id}.
Hoort u hiervan op te kijken? Vraag het na, en trek zo nodig de sleutel in.
"""


async def tell_of_glass_for_ever(parts: Parts) -> None:
    """Tell of broken glass until cancelled. Whatever stands in the way is tried again."""
    if not parts.glass_alerts:
        return

    async def look() -> None:
        while await alert_once(parts):
            pass

    await for_ever(look, every_seconds=_LOOKS_EVERY_SECONDS, trouble="break_glass_alert_in_trouble")


async def alert_once(parts: Parts) -> bool:
    """Tell the addresses that were not told of one time; return whether there was one.

    It is settled when each address was told, or refuses for good while another was told. Raises what stood in the way
    of the others, and when nobody takes it: they are tried again, without those that were told.
    """
    row = await claim_alert(parts.ledger)
    if row is None:
        return False
    told: list[str] = list(row.told)
    trouble: list[GatewayError] = []
    for ordinal, address in enumerate(parts.glass_alerts):
        if address in told:
            continue
        envelope, message = parts.notices(_mail(parts, row, ordinal, address))
        try:
            await parts.sender.send(replace(envelope, is_urgent=True), message, _no_claim)
        except GatewayError as error:
            trouble.append(error)
            log.error("break_glass_alert_failed", code=error.code, glass=row.glass_id)
        else:
            told.append(address)
            await note_told(parts.ledger, row.glass_id, told)
    passing = [error for error in trouble if not isinstance(error, PermanentError)]
    if passing or (trouble and not told):
        raise (passing or trouble)[0]
    await settle_alert(parts.ledger, row.glass_id)
    return True


async def _no_claim() -> None:
    """Nothing to write down before the data: to be told twice is better than not at all."""


def _mail(parts: Parts, row: Any, ordinal: int, address: str) -> NoticeMail:
    identity = parts.identity
    return NoticeMail(
        to_address=address,
        subject="Vertrouwelijk bericht ingezien buiten de eigen bevoegdheid",
        body=_BODY.format(
            actor=row.actor,
            item_id=row.item_id,
            level=Confidentiality(row.up_to).name,
            made_at=row.made_at,
            ends_at=row.ends_at,
            glass_id=row.glass_id,
        ),
        message_id=f"glass-{row.glass_id}-{ordinal}@{identity.message_id_domain}",
        reference=row.reference,
        loop_mark=loop_mark(row.reference, identity.thread_key),
        in_reply_to="",
        references=(),
        answers_message=False,
    )
