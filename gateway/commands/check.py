"""`gateway check`: every connection is tried, each answer is one line that names the setting to mend."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from pathlib import Path

from gateway.api.signing_in import signing_in
from gateway.bootstrap import assembled
from gateway.oidc_settings import OidcSettings
from gateway.settings import Settings, TemporalSettings, find_settings
from gateway.sources import require_ocr
from inbox.channel import Channel
from inbox.errors import GatewayError, OverlayInvalid, SettingsInvalid
from workflows.parts import ConfiguredSource, Parts

_OVERTAKEN = (
    "`configuration` is not used: another version was published since, or is scheduled (`gateway config versions`)"
)


@dataclass(frozen=True)
class Tried:
    """One connection and its answer."""

    what: str
    code: str
    """`ok`, or the error's code."""
    detail: str


def check(settings_path: Path | None, *, as_json: bool) -> int:
    """Try everything; return 0 when all answer, else 1."""
    settings = find_settings(settings_path)
    return asyncio.run(_check(settings, as_json=as_json))


async def _check(settings: Settings, *, as_json: bool) -> int:
    result = 0
    async for tried in _tried(settings):
        result |= tried.code != "ok"
        if as_json:
            sys.stdout.write(json.dumps({"what": tried.what, "code": tried.code, "detail": tried.detail}) + "\n")
        else:
            sys.stdout.write(f"{'ok  ' if tried.code == 'ok' else 'FAIL'}  {tried.what}  {tried.detail}\n")
    return int(result)


async def _tried(settings: Settings) -> AsyncIterator[Tried]:
    try:
        async with assembled(settings, migrates=not settings.temporal.address) as parts:
            yield Tried("ledger, bytes and configuration", "ok", "" if parts.uses_file else _OVERTAKEN)
            async for tried in _connections(parts, settings):
                yield tried
    except GatewayError as error:
        yield Tried("ledger, bytes and configuration", error.code, error.detail)


async def _connections(parts: Parts, settings: Settings) -> AsyncIterator[Tried]:
    async for tried in _sources(parts):
        yield tried
    if parts.unfolders or parts.attached_scans is not None:
        yield await _try("tesseract", asyncio.to_thread(require_ocr, settings))
    if settings.smtp is not None:
        yield await _try("smtp", parts.sender.check())
    if parts.letter_sender is not None:
        yield await _try("letters", parts.letter_sender.check())
    if parts.sms is not None:
        yield await _try("sms", parts.sms.check())
    if parts.scanning is not None:
        yield await _try("clamd", parts.scanning.scanner.check())
    if parts.audit_receiver is not None:
        yield await _try("audit", parts.audit_receiver.check())
    async for tried in _of_the_house(settings):
        yield tried
    async for tried in _departments(parts):
        yield tried


async def _of_the_house(settings: Settings) -> AsyncIterator[Tried]:
    if not settings.break_glass.alerts or settings.smtp is None:
        yield Tried("break-glass", "ok", "none can be broken: `break_glass.alerts` and `smtp` say who hears of it")
    if settings.oidc is not None:
        yield await _try("oidc", _ask_issuer(settings.oidc))
    if settings.temporal.address:
        yield await _try("temporal", _reach(settings.temporal))


async def _sources(parts: Parts) -> AsyncIterator[Tried]:
    for source_id, configured in parts.sources.items():
        if configured.is_paused:
            yield Tried(
                f"source {source_id} ({configured.mode})", "ok", "not tried: it is paused, and what is there waits"
            )
            continue
        yield await _try(f"source {source_id} ({configured.mode})", asyncio.to_thread(_open, configured))
    for source_id, calls in (parts.calls.sources if parts.calls else {}).items():
        if calls.recordings_folder is not None:
            yield await _try(f"source {source_id}: recordings", _require_folder(calls.recordings_folder))


async def _departments(parts: Parts) -> AsyncIterator[Tried]:
    try:
        compiled = await parts.configurations.current()
    except GatewayError as error:
        yield Tried("configuration", error.code, error.detail)
        return
    for overlay_id in compiled.misfits:
        detail = "names what the configuration no longer has: see `GET /v1/overlays`, and begin another in its place"
        yield Tried(f"overlay {overlay_id}", OverlayInvalid.code, detail)
    for key, department in compiled.document.departments.items():
        for destination in (department.acting, *department.informed):
            if destination.kind == "mailbox" and not parts.speaks:
                yield Tried(f"department {key}: mailbox", "ok", "not tried: `smtp` is not set yet")
                continue
            system = parts.systems[destination.kind]
            yield await _try(f"department {key}: {destination.kind}", system.check(destination))


def _open(configured: ConfiguredSource) -> str:
    connection = configured.source.open()
    try:
        sighting = connection.look()
    finally:
        connection.close()
    what = "messages" if configured.channel is Channel.email else "files"
    return f"{len(sighting.positions)} {what} there now; nothing was touched"


async def _require_folder(folder: Path) -> str:
    if not await asyncio.to_thread(os.access, folder, os.R_OK | os.X_OK):
        raise SettingsInvalid(
            f"`recordings_folder` {folder} is not there, or may not be read: mount it, or give the right"
        )
    return ""


async def _ask_issuer(settings: OidcSettings) -> str:
    async with signing_in(settings) as tells_who:
        return await tells_who.check() if tells_who is not None else ""


async def _reach(settings: TemporalSettings) -> None:
    from workflows.client import connect

    try:
        await connect(
            settings.address,
            settings.namespace,
            tls=settings.tls,
            ca_file=settings.ca_file,
            certificate_file=settings.certificate_file,
            key_file=settings.key_file,
        )
    except RuntimeError:
        raise GatewayError(f"`temporal.address`: nobody answers at {settings.address}") from None


async def _try(what: str, attempt: Awaitable[str | None]) -> Tried:
    try:
        return Tried(what, "ok", await attempt or "")
    except GatewayError as error:
        return Tried(what, error.code, error.detail)
