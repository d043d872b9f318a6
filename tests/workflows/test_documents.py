"""A mail whose words stand in its attachment: read in the child process, and routed by them."""

from __future__ import annotations

from inbox.channel import Channel
from inbox.ports import WantsChild
from tests.adapters.email.reading.documents import pdf, with_documents
from tests.running import Town


async def test_a_mail_is_routed_by_the_document_that_it_points_at(town: Town) -> None:
    town.mailbox.deliver(
        with_documents(("brief.pdf", "application/pdf", pdf("Graag een vergunning voor een dakkapel.")))
    )
    async with town.working():
        assert town.parts is not None
        here, left_to_the_child = town.parts.readers[Channel.email], []

        def reader(raw: bytes, *, own_addresses: frozenset[str]) -> object:
            try:
                return here(raw, own_addresses=own_addresses)
            except WantsChild:
                left_to_the_child.append(raw)
                raise

        town.parts.readers[Channel.email] = reader  # type: ignore[assignment]
        item = await town.until_status("Bijlage", "forwarded")
    assert len(left_to_the_child) == 1
    assert item.reading["attached_text"] == "Graag een vergunning voor een dakkapel."
    assert town.mail_to("vergunningen@afdeling.test")
