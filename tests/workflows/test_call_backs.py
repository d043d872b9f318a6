"""A call that nobody answered goes the way of every message; a later conversation tells its department."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any, cast

from adapters.intake.document import as_message
from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.ports import CallLogReader
from store.sources import register_source
from tests.configuration import SMALL_TOWN
from tests.ringing import OURS, Ringing, answered, leg
from tests.running import Town, until
from workflows.parts import CallRegister, ConfiguredCalls


async def test_it_ends_at_the_department_and_is_withdrawn_when_the_caller_was_spoken_to(
    make_town: Callable[..., Any],
) -> None:
    town: Town = await make_town(document=SMALL_TOWN + "calls: {category: lantaarn}\n")
    assert town.parts is not None
    configured = {OURS: ConfiguredCalls("live", Confidentiality.zaakvertrouwelijk)}
    town.parts.calls = CallRegister(cast("CallLogReader", None), as_message, configured)
    await register_source(town.ledger, OURS, Channel.phone, "live", datetime(2000, 1, 1, tzinfo=UTC))
    ringing = Ringing(town.ledger, town.parts)
    subject = "Terugbelverzoek: gemiste oproep van 06 12 34 56 78 (wachtrij Balie)"
    async with town.working():
        await ringing.judged(leg("c1", queue="Balie"))
        row = await town.until_status(subject, "forwarded")
        [forwarded] = town.mail_to("kcc@afdeling.test")
        await ringing.judged(answered("a", 20))

        async def withdrawn() -> bool:
            return [forward.state for forward in await town.forwards(row.item_id)] == ["withdrawn"]

        await until(withdrawn, "the department knows that it need not call")
    message = message_from_bytes(forwarded, policy=policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    words = body.get_content()
    assert "Bel terug: +31612345678" in words
    assert "Wachtrij: Balie" in words
    assert "Bel deze persoon terug: 06 12 34 56 78." in words
    assert (await town.item(subject)).status == "completed"
    [notice] = await town.notices(row.item_id)
    assert notice.state == "withheld"
    told = message_from_bytes(town.mail_to("kcc@afdeling.test")[-1], policy=policy.default)
    told_body = told.get_body(("plain",))
    assert told_body is not None
    assert "de beller is intussen gesproken" in told_body.get_content()
