"""The one place that picks implementations. Everything else is handed what it needs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
from sqlalchemy import make_url

from adapters.departments.folder import FolderSystem
from adapters.departments.mailbox import MailboxSystem
from adapters.departments.registry import registry
from adapters.departments.webhook import WebhookSystem
from adapters.email.bounded import ChildProcess
from adapters.email.notice import MailNotices
from adapters.email.reading.read import read_light_mail
from adapters.email.settings import SmtpSettings
from adapters.email.smtp import SmtpSender
from adapters.intake.document import as_message
from adapters.intake.reader import SubmissionChild, SubmissionReader
from adapters.notify_nl.client import NotifyNl
from adapters.notify_nl.letters import NotifyNlLetters
from adapters.notify_nl.sms import NotifyNlSms
from adapters.post.letters.print_folder import PrintFolder
from adapters.scanning.clamd import Clamd
from adapters.syslog.syslog import Syslog
from gateway.current_sources import CurrentSources
from gateway.settings import Settings, SourceSettings
from gateway.sources import attached_scans, call_register, channel_of, handed_in, source_of, unfolders
from inbox.channel import INTAKE_CHANNELS, Channel
from inbox.errors import SettingsInvalid
from inbox.item import NoticeChannel
from inbox.ports import ByteStore, Follower, LetterRenderer, LetterSender, Source
from store.byte_folder import ByteFolder
from store.byte_objects import ByteObjects
from store.configurations import Configurations, FileStanding, publish_file
from store.installation import has_deliveries, installation_id
from store.ledger import Ledger
from store.migrate import migrate, require_current
from store.sources import register_source
from workflows.parts import Identity, Intake, Parts
from workflows.scanning import Scanning

_OF_OUR_MAKING = (*INTAKE_CHANNELS, Channel.phone)
"""Channels whose originals we made ourselves (docs/adr/0016)."""


@asynccontextmanager
async def assembled(settings: Settings, *, migrates: bool) -> AsyncIterator[Parts]:
    """Yield the working parts; let go of them at the end.

    `migrates`: bring the ledger's tables up to date (one process that does everything), else require that they are.
    Raises SettingsInvalid, ConfigurationInvalid, StoreUnavailable.
    """
    async with AsyncExitStack() as stack:
        if not settings.ledger_url().startswith("postgresql"):
            settings.var.mkdir(parents=True, exist_ok=True)
        ledger = Ledger(settings.ledger_url())
        stack.push_async_callback(ledger.close)
        if migrates:
            await migrate(ledger)
        else:
            await require_current(ledger)
        store = _bytes(settings)
        await _require_own_bytes(ledger, store, settings)
        uses_file = await _publish_configured(ledger, settings)
        if settings.forward_folder is None:
            await asyncio.to_thread(settings.forward_root().mkdir, parents=True, exist_ok=True)
        client = await stack.enter_async_context(httpx.AsyncClient(follow_redirects=False))
        smtp = _smtp(settings)
        sender = SmtpSender(smtp)
        letters, letter_sender = _letters(settings, client)
        sms = _sms(settings, client)
        own = own_addresses(settings)
        domains = own_domains(own)
        child = ChildProcess()
        parts = Parts(
            ledger=ledger,
            bytes=store,
            configurations=Configurations(ledger),
            readers={
                Channel.email: read_light_mail,
                **dict.fromkeys(_OF_OUR_MAKING, SubmissionReader(read_light_mail)),
            },
            child_readers={Channel.email: child, **dict.fromkeys(_OF_OUR_MAKING, SubmissionChild(child))},
            notices=MailNotices(smtp.from_address, smtp.from_name, smtp.envelope_sender),
            sender=sender,
            systems=registry(
                MailboxSystem(
                    sender,
                    smtp.from_address,
                    smtp.from_name,
                    smtp.message_id_domain,
                    smtp.envelope_sender,
                    settings.thread_key(),
                ),
                WebhookSystem(client, resolve_secret, settings.event_source),
                FolderSystem(settings.forward_root()),
            ),
            identity=Identity(
                thread_key=settings.thread_key(),
                message_id_domain=smtp.message_id_domain,
                own_addresses=own,
                trusted_authserv_ids=frozenset(name.lower() for name in settings.trusted_authserv_ids),
            ),
            speaks=settings.smtp is not None,
            scanning=_scanning(settings),
            unfolders=unfolders(settings, domains),
            attached_scans=attached_scans(settings, domains),
            letters=letters,
            letter_sender=letter_sender,
            sms=sms,
            followers=_followers(letter_sender, sms),
            intake=Intake(as_message, "message/rfc822", handed_in(settings), settings.intake),
            calls=call_register(settings),
            second_person=settings.publishing.second_person,
            glass_alerts=settings.break_glass.alerts if settings.smtp is not None else (),
            audit_receiver=Syslog(settings.audit.syslog) if settings.audit.syslog is not None else None,
            uses_file=uses_file,
        )
        current = CurrentSources(settings, parts, own_addresses)
        await current.require_own_ids()
        for source in settings.sources:
            await register_source(ledger, source.id, channel_of(source), source.mode, source.live_from, source.place)
        await current.begin()
        parts.take_up_sources = current.take_up
        keeping_up = asyncio.create_task(current.run())
        stack.push_async_callback(_ended, keeping_up)
        yield parts


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


@asynccontextmanager
async def remembered(settings: Settings) -> AsyncIterator[tuple[Ledger, ByteStore]]:
    """Yield what the installation remembers, to be looked at: nothing is made, published or registered.

    Raises SettingsInvalid, StoreUnavailable.
    """
    url = settings.ledger_url()
    file = make_url(url).database if url.startswith("sqlite") else None
    if file is not None and not await asyncio.to_thread(Path(file).exists):
        raise SettingsInvalid(f"`ledger` ({file}) is not there: nothing ran with these settings yet")
    ledger = Ledger(url)
    try:
        await require_current(ledger)
        store = _bytes(settings)
        if await has_deliveries(ledger):
            ours = await installation_id(ledger)
            _require_ours(await store.mark(ours, may_be_new=False), ours, settings)
        yield ledger, store
    finally:
        await ledger.close()


def observed(source: SourceSettings) -> Source:
    """Return the source, to be looked at: its folder is opened read-only."""
    return source_of(source, observes=True)


def own_addresses(settings: Settings) -> frozenset[str]:
    """Return every address that is ours, lower case: nothing is acknowledged there."""
    mailboxes = [source.imap for source in settings.sources if source.imap is not None]
    addresses = {address for mailbox in mailboxes for address in mailbox.addresses}
    addresses |= {mailbox.user.lower() for mailbox in mailboxes if "@" in mailbox.user}
    if settings.smtp is not None:
        addresses.add(settings.smtp.from_address)
    return frozenset(address.lower() for address in addresses)


def own_domains(own: frozenset[str]) -> frozenset[str]:
    """Return the domains of our own addresses."""
    return frozenset(address.rpartition("@")[2] for address in own)


def resolve_secret(place: str) -> str:
    """Return the secret that `env:NAME` points at. Raises SettingsInvalid, naming the variable."""
    name = place.removeprefix("env:")
    secret = os.environ.get(name, "")
    if not secret:
        raise SettingsInvalid(f"the environment variable {name} is not set: it holds a secret that is needed")
    return secret


def _letters(settings: Settings, client: httpx.AsyncClient) -> tuple[LetterRenderer | None, LetterSender | None]:
    """Return who writes letters and who brings them to the printer; nobody where they are not configured."""
    if settings.letters is None:
        return None, None
    from adapters.post.letters.window_letter import WindowLetters

    written = WindowLetters(settings.letters.house)
    if settings.letters.print_folder is not None:
        return written, PrintFolder(settings.letters.print_folder)
    assert settings.letters.notify_nl is not None
    notify_nl = NotifyNl(client, settings.letters.notify_nl, resolve_secret, "letters.notify_nl")
    return written, NotifyNlLetters(notify_nl)


def _sms(settings: Settings, client: httpx.AsyncClient) -> NotifyNlSms | None:
    if settings.sms is None:
        return None
    return NotifyNlSms(NotifyNl(client, settings.sms, resolve_secret, "sms"), settings.sms)


def _followers(letters: LetterSender | None, sms: NotifyNlSms | None) -> dict[NoticeChannel, Follower]:
    """Return who can be asked what became of a notice: a print folder cannot."""
    followers: dict[NoticeChannel, Follower] = {}
    if isinstance(letters, NotifyNlLetters):
        followers[NoticeChannel.post] = letters
    if sms is not None:
        followers[NoticeChannel.sms] = sms
    return followers


def _smtp(settings: Settings) -> SmtpSettings:
    if settings.smtp is not None:
        return settings.smtp
    if any(source.mode == "live" for source in settings.sources):
        raise SettingsInvalid("`smtp` is missing: a live source needs a relay to acknowledge through")
    # While everything only observes, nothing is rendered or sent (`Parts.speaks`).
    return SmtpSettings(host="127.0.0.1", port=25, tls="none", from_address="nobody@localhost.invalid")


def _scanning(settings: Settings) -> Scanning | None:
    if settings.clamd is None:
        return None
    return Scanning(Clamd(settings.clamd), passes_large=settings.clamd.too_large == "pass")


def _bytes(settings: Settings) -> ByteFolder | ByteObjects:
    if settings.bytes_url is not None:
        return ByteObjects(settings.bytes_url, settings.bytes_options)
    return ByteFolder(settings.bytes_root())


async def _require_own_bytes(ledger: Ledger, store: ByteFolder | ByteObjects, settings: Settings) -> None:
    await store.check()
    ours = await installation_id(ledger)
    _require_ours(await store.mark(ours, may_be_new=not await has_deliveries(ledger)), ours, settings)


def _require_ours(marked: str | None, ours: str, settings: Settings) -> None:
    place = f"`bytes_url` ({settings.bytes_url})" if settings.bytes_url else f"`bytes_folder` ({settings.bytes_root()})"
    if marked is None:
        raise SettingsInvalid(f"{place} is empty and the ledger knows deliveries: is it mounted?")
    if marked != ours:
        raise SettingsInvalid(f"{place} belongs to another installation: its bytes are not in this ledger")


async def _publish_configured(ledger: Ledger, settings: Settings) -> bool:
    """Publish the document that the settings name; return False when something else was published since."""
    if settings.configuration is None:
        return True
    try:
        document = settings.configuration.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsInvalid(f"`configuration`: {settings.configuration}: {error.strerror}") from None
    standing = await publish_file(ledger, document, settings.configuration.name)
    return standing is FileStanding.in_force
