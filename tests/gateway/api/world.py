"""A gateway's API over a real ledger and real bytes, with items made by the functions that make them in production."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, cast

import httpx
from sqlalchemy import select, update

from adapters.email.notice import MailNotices
from adapters.intake.document import as_message
from gateway.api.app import make_api
from gateway.api.signing_in import SigningIn
from gateway.settings import Settings
from gateway.source_desk import SourceDesk
from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.errors import MalformedMail
from inbox.item import ForwardRole, ForwardState, HeldBecause
from inbox.ports import Delivered, MailSender
from inbox.reading import Part, Reading, Sender
from inbox.submission import SubmissionLimits
from store.byte_folder import ByteFolder
from store.configurations import Configurations, publish
from store.deciding import standing
from store.forwarding import claim_forward, forward_row, settle_delivered, settle_withdrawn
from store.keeping import NewDelivery, delivery_id, keep
from store.keys import Role, make_key
from store.ledger import Ledger
from store.reading import commit_reading, item_row, quarantine
from store.tables import events, items
from tests.configuration import SMALL_TOWN
from tests.mails import mail
from workflows.deciding import decide_item, link_item
from workflows.launching import launch_item
from workflows.parts import Identity, Intake, IntakeSource, Parts

MARK = "Geheimwoord-7731"
"""Planted in what a sender or a person wrote; may stand in nothing but authorised answers."""

HANDED_IN = {
    "website": IntakeSource(Channel.web, "live", Confidentiality.zaakvertrouwelijk),
    "balie": IntakeSource(Channel.desk, "live", Confidentiality.vertrouwelijk),
    "balie-zuid": IntakeSource(Channel.desk, "live", Confidentiality.zaakvertrouwelijk),
    "tafel": IntakeSource(Channel.area_table, "observe", Confidentiality.zaakvertrouwelijk),
}
"""Where the intake API takes in."""

RELAY = {"host": "127.0.0.1", "tls": "none", "from_address": "kcc@gemeente.test"}
MANAGED = [{"id": "website", "intake": {"channel": "web"}}]
"""What the settings file of this world says of sources, for whoever changes them."""

Headers = dict[str, str]


@dataclass
class World:
    """One gateway: its parts, a client of its API, and ways to make items."""

    parts: Parts
    client: httpx.AsyncClient
    bytes_root: Path
    _positions: Any = field(default_factory=lambda: count(1))

    @property
    def api(self) -> Any:
        """The application that the client asks."""
        return cast("Any", self.client._transport).app

    @property
    def ledger(self) -> Ledger:
        """The ledger."""
        return self.parts.ledger

    async def key(
        self,
        role: Role = Role.admin,
        departments: list[str] | None = None,
        up_to: Confidentiality = Confidentiality.vertrouwelijk,
        name: str = "",
        sources: list[str] | None = None,
    ) -> Headers:
        """Make a key; return the headers that use it."""
        made = await make_key(self.ledger, name or f"{role} {next(self._positions)}", role, departments, up_to, sources)
        return {"Authorization": f"Bearer {made}"}

    async def kept(self, raw: bytes | None = None, **changes: Any) -> str:
        """Keep a mail; return its item's id."""
        position = str(next(self._positions))
        content = raw if raw is not None else mail(f"Mail {position}")

        async def chunks() -> AsyncIterator[bytes]:
            yield content

        sha256, size = await self.parts.bytes.put(delivery_id("imap://t", position), chunks())
        made = NewDelivery(
            **{
                "source_id": "info",
                "channel": Channel.email,
                "key_space": "imap://t",
                "position": position,
                "sha256": sha256,
                "size_bytes": size,
                "media_type": "message/rfc822",
                "received_at": datetime.now(UTC) - timedelta(minutes=5),
                "received_basis": "source",
                "confidentiality": Confidentiality.zaakvertrouwelijk,
                "held_because": None,
                "is_observed": False,
                **changes,
            }
        )
        item_id = await keep(self.ledger, made)
        assert item_id is not None
        return item_id

    async def read(
        self, subject: str = "Lantaarn kapot", text: str = "De lantaarn doet het niet.", **changes: Any
    ) -> str:
        """Keep and read a mail; return its item's id."""
        message_id = changes.pop("message_id", f"{next(self._positions)}@inwoner.test")
        item_id = await self.kept(mail(subject, text), **changes)
        reading = Reading(
            channel=Channel.email,
            sender=Sender(address="jan@inwoner.test", name="Jan"),
            recipients=("info@gemeente.test",),
            addressed_to=("Karin de Vries",),
            subject=subject,
            text=text,
            language="nl",
            parts=(Part(name="foto.jpg", media_type="image/jpeg", size_bytes=1200),),
            message_id=message_id,
        )
        await commit_reading(self.ledger, item_id, reading)
        return item_id

    async def decided(
        self, subject: str = "Lantaarn kapot", text: str = "De lantaarn doet het niet.", **changes: Any
    ) -> str:
        """Keep, read, link and decide a mail; it is `forwarding`, `triage` or, when held, still `received`."""
        item_id = await self.read(subject, text, **changes)
        await link_item(self.parts, await item_row(self.ledger, item_id))
        row = await item_row(self.ledger, item_id)
        if row.status == "received":
            await decide_item(self.parts, row)
        return item_id

    async def launched(self, *words: str, **changes: Any) -> str:
        """Decide a mail and store what is to leave the house."""
        item_id = await self.decided(*words, **changes)
        await self.drive(item_id)
        return item_id

    async def forwarded(self, *words: str, **changes: Any) -> str:
        """Bring a mail to the department."""
        item_id = await self.launched(*words, **changes)
        await self.deliver(item_id)
        return item_id

    async def quarantined(self, detail: str = "the header ends nowhere", **changes: Any) -> str:
        """Keep a mail that cannot be read."""
        item_id = await self.kept(b"\x00 nothing that we know", **changes)
        await quarantine(self.ledger, item_id, MalformedMail(detail), None)
        return item_id

    async def held(self, subject: str = "Lantaarn kapot", **changes: Any) -> str:
        """Decide a mail that waits for a person."""
        return await self.decided(subject, **{"held_because": HeldBecause.observe, **changes})

    async def copy_of_same(self, subject: str = "Dubbel") -> tuple[str, str]:
        """Forward a mail and link its copy; return both ids."""
        original = await self.forwarded(subject, message_id="een@inwoner.test")
        copy = await self.decided(subject, message_id="een@inwoner.test")
        return original, copy

    async def drive(self, item_id: str) -> None:
        """Do what the workflow would do until nothing is left but what goes outside."""
        while await launch_item(self.parts, await standing(self.ledger, item_id)):
            pass

    async def deliver(self, item_id: str) -> None:
        """Let every wanted forward arrive and every withdrawal be heard."""
        for forward in (await standing(self.ledger, item_id)).forwards:
            if forward.state == ForwardState.wanted:
                await claim_forward(self.ledger, forward.forward_id)
                row = await forward_row(self.ledger, forward.forward_id)
                await settle_delivered(self.ledger, row, Delivered(f"remote-{forward.forward_id[:8]}", "250 taken"))
            elif forward.state == ForwardState.withdrawing:
                await settle_withdrawn(self.ledger, forward, ForwardState.withdrawn)

    async def acting_forward(self, item_id: str) -> Any:
        """Return the newest acting forward's row."""
        found = [row for row in (await standing(self.ledger, item_id)).forwards if row.role == ForwardRole.acting]
        return max(found, key=lambda row: row.round)

    async def row(self, item_id: str) -> Any:
        """Return the item's row."""
        return await item_row(self.ledger, item_id)

    async def change(self, item_id: str, **columns: Any) -> None:
        """Write columns of the item's row, behind everybody's back."""
        async with self.ledger.begin() as connection:
            await connection.execute(update(items).where(items.c.item_id == item_id).values(**columns))

    async def events(self, item_id: str) -> list[Any]:
        """Return the item's events, in order."""
        async with self.ledger.read() as connection:
            query = select(events).where(events.c.item_id == item_id).order_by(events.c.event_id)
            return list((await connection.execute(query)).all())

    def bytes_path(self, delivery: str) -> Path:
        """Return where the delivery's bytes stand."""
        return self.bytes_root / delivery[:2] / delivery

    async def get(self, path: str, headers: Headers | None = None, **query: Any) -> httpx.Response:
        """GET below /v1."""
        return await self.client.get(f"/v1{path}", headers=headers, params=query or None)

    async def post(self, path: str, headers: Headers | None = None, **body: Any) -> httpx.Response:
        """POST a JSON body below /v1."""
        return await self.client.post(f"/v1{path}", headers=headers, json=body)

    async def do(
        self, action: str, item_id: str, headers: Headers, reason: str = "omdat het moet", **body: Any
    ) -> httpx.Response:
        """Carry out an action."""
        return await self.post(f"/items/{item_id}/{action}", headers, reason=reason, **body)


async def make_world(ledger: Ledger, folder: Path, signing_in: SigningIn | None = None) -> World:
    """Return a gateway for the small town; nothing runs but its API."""
    await publish(ledger, SMALL_TOWN.replace("FOLDER", str(folder / "forwarded")), "test")
    parts = Parts(
        ledger=ledger,
        bytes=ByteFolder(folder / "bytes"),
        configurations=Configurations(ledger),
        readers={},
        child_readers={},
        notices=MailNotices("kcc@gemeente.test", "Gemeente Proefstad"),
        sender=cast("MailSender", None),
        systems={},
        identity=Identity(
            thread_key=b"k" * 32,
            message_id_domain="gemeente.test",
            own_addresses=frozenset({"info@gemeente.test"}),
        ),
        intake=Intake(as_message, "message/rfc822", HANDED_IN, SubmissionLimits(wait_seconds=0)),
        glass_alerts=("fg@gemeente.test",),
    )
    settings = Settings.model_validate(
        {
            "source_roots": [folder / "scans"],
            "source_secret_roots": [folder / "secrets"],
            "smtp": RELAY,
            "sources": MANAGED,
        }
    )
    transport = httpx.ASGITransport(make_api(parts, signing_in, SourceDesk(settings)))
    return World(parts, httpx.AsyncClient(transport=transport, base_url="http://gateway.test"), folder / "bytes")
