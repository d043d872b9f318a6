"""From a source's settings to the source: a mailbox, or a folder of scans or call logs. What reads scans is loaded only for those."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice

from adapters.email.attached_files import AttachedFiles
from adapters.email.imap import ImapSource
from adapters.intake.document import as_message
from adapters.phone.log_reader import LogReader
from adapters.phone.recordings import FolderRecordings
from adapters.phone.source import call_source
from adapters.phone.source_settings import CallPushSettings
from adapters.post.reading.settings import PageReaderSettings
from adapters.watched.opening import opened
from gateway.settings import Settings, SourceSettings
from inbox.channel import Channel
from inbox.errors import SettingsInvalid
from inbox.ports import Source, Unfolder
from workflows.parts import AttachedScans, CallRegister, ConfiguredCalls, ConfiguredSource, IntakeSource

_MAIL = "message/rfc822"
_FILE = "application/octet-stream"
"""A scan or a call log is what its bytes say, which is seen when it is read."""

_PATIENCE_SECONDS = 60.0

_ATTACHED_PAGES = 30
_ATTACHED_SECONDS = 150.0
"""Of one attached file: who mails a scan of a whole archive is read by a person."""


def source_of(settings: SourceSettings, *, observes: bool) -> Source:
    """Return the source. `observes`: it is only looked at. Raises SettingsInvalid when what it needs is not installed."""
    if settings.imap is not None:
        return ImapSource(settings.id, settings.imap, observes=observes)
    logs = settings.call_folder or settings.call_sftp
    if logs is not None:
        return call_source(settings.id, logs, observes=observes)
    try:
        from adapters.post.scans import scan_source

        scans = settings.scan_folder or settings.sftp
        assert scans is not None
        return scan_source(settings.id, scans, observes=observes)
    except ImportError as error:
        raise _not_installed(error) from None


def files_there(settings: SourceSettings, at_most: int) -> int | None:
    """Return how many files, or scans of several, stand in the source's folder, counting no further than `at_most`; None
    where it is no folder. None is read. Raises as the source's own `open`.
    """
    folder = settings.scan_folder or settings.sftp or settings.call_folder or settings.call_sftp
    if folder is None:
        return None
    scans = settings.scan_folder or settings.sftp
    on_their_way = tuple(suffix.lower() for suffix in folder.ignored_suffixes)
    files = opened(settings.id, folder, moves=False)
    try:
        names = [entry.name for entry in islice(files.listed(), at_most)]
        if scans is not None and scans.series:
            names += [name for name in islice(files.folders(), at_most) if name != folder.processed_name]
    finally:
        files.close()
    left = (name for name in names if not name.startswith(".") and not name.lower().endswith(on_their_way))
    return sum(1 for _ in islice(left, at_most))


def configured(settings: SourceSettings, *, is_paused: bool = False) -> ConfiguredSource:
    """Return the source with what the installation decided about it. Raises as `source_of`."""
    # An answer may take `timeout_seconds`; what still stands still after that is left.
    remote = settings.imap or settings.sftp or settings.call_sftp
    answers_within = remote.timeout_seconds if remote else 0.0
    return ConfiguredSource(
        source=source_of(settings, observes=settings.mode == "observe"),
        channel=channel_of(settings),
        mode=settings.mode,
        live_from=settings.live_from,
        confidentiality=settings.confidentiality,
        media_type=_MAIL if settings.imap else _FILE,
        sweep_seconds=settings.sweep_seconds,
        holds_envelopes=any(place is not None and place.envelopes for place in (settings.scan_folder, settings.sftp)),
        holds_calls=settings.calls is not None,
        patience_seconds=max(_PATIENCE_SECONDS, answers_within + 5),
        is_paused=is_paused,
    )


def handed_in(settings: Settings, paused: frozenset[str] = frozenset()) -> dict[str, IntakeSource]:
    """Return the sources of which nothing is fetched."""
    return {
        source.id: IntakeSource(
            Channel(source.intake.channel), source.mode, source.confidentiality, is_paused=source.id in paused
        )
        for source in settings.sources
        if source.intake is not None
    }


def call_register(settings: Settings, paused: frozenset[str] = frozenset()) -> CallRegister | None:
    """Return what puts call logs into the register; None where no source gives any."""
    sources = {source.id: source for source in settings.sources if source.calls is not None}
    if not sources:
        return None
    named = {name: one.calls.format for name, one in sources.items() if one.calls and one.calls.format}
    folders = {name: one.calls.recordings_folder for name, one in sources.items() if one.calls}
    return CallRegister(
        reader=LogReader(settings.calls, named),
        write=as_message,
        sources={name: _configured_calls(one, is_paused=name in paused) for name, one in sources.items()},
        quiet=timedelta(seconds=settings.calls.quiet_seconds),
        recordings=FolderRecordings({name: folder for name, folder in folders.items() if folder is not None}),
    )


def _configured_calls(settings: SourceSettings, *, is_paused: bool) -> ConfiguredCalls:
    records = settings.calls
    assert records is not None
    return ConfiguredCalls(
        settings.mode,
        settings.confidentiality,
        records.recordings_folder,
        push_bytes=records.bytes_at_most if isinstance(records, CallPushSettings) else 0,
        is_paused=is_paused,
    )


def channel_of(settings: SourceSettings) -> Channel:
    """Return the channel that the source gives messages of."""
    if settings.intake is not None:
        return Channel(settings.intake.channel)
    if settings.calls is not None:
        return Channel.phone
    return Channel.email if settings.imap is not None else Channel.post


def moves_what_is_kept(settings: SourceSettings) -> bool:
    """Say whether what is kept leaves the place where it came in."""
    stays = settings.imap or settings.call_folder or settings.call_sftp
    return settings.mode == "live" and (stays is None or stays.after_keep == "move")


def unfolders(settings: Settings, own_domains: frozenset[str]) -> dict[Channel, Unfolder]:
    """Return who takes scan files apart; nobody where no source gives any. `own_domains`: of our own addresses.

    Raises SettingsInvalid when what reads scans is not installed.
    """
    return {Channel.post: scan_unfolder(settings, own_domains)} if _has_scans(settings) else {}


def scan_unfolder(settings: Settings, own_domains: frozenset[str]) -> Unfolder:
    """Return who takes scan files apart, whether or not a source gives any. Raises as `unfolders`."""
    return _unfolder(settings, own_domains, settings.post.pages, settings.post.seconds_at_most)


def attached_scans(settings: Settings, own_domains: frozenset[str]) -> AttachedScans | None:
    """Return who reads the pictures that hang on mails; nobody where that is off. Raises as `unfolders`."""
    wished = settings.post.reads_attached
    if not (_has_scans(settings) if wished is None else wished):
        return None
    pages = settings.post.pages.model_copy(update={"pages": min(settings.post.pages.pages, _ATTACHED_PAGES)})
    seconds = min(settings.post.seconds_at_most, _ATTACHED_SECONDS)
    return AttachedScans(AttachedFiles(), _unfolder(settings, own_domains, pages, seconds))


def require_ocr(settings: Settings) -> str:
    """Return in which languages scans are read, empty where none are.

    Raises SettingsInvalid when tesseract, or the data of a language, is not on this machine: every scan would wait for it.
    """
    if not (_has_scans(settings) or settings.post.reads_attached):
        return ""
    try:
        from adapters.post.reading.ocr import check_languages
    except ImportError as error:
        raise _not_installed(error) from None
    languages = settings.post.pages.languages
    check_languages(languages)
    return ", ".join(languages)


def _has_scans(settings: Settings) -> bool:
    return any(source.scan_folder is not None or source.sftp is not None for source in settings.sources)


def _unfolder(
    settings: Settings, own_domains: frozenset[str], pages: PageReaderSettings, seconds_at_most: float
) -> Unfolder:
    try:
        from adapters.post.reading.fields.ours import Ours
        from adapters.post.reading.plan import plan_of
        from adapters.post.unfolder import ScanUnfolder
    except ImportError as error:
        raise _not_installed(error) from None
    plan = plan_of(settings.post.model_copy(update={"pages": pages}), Ours(domains=own_domains))
    return ScanUnfolder(plan, seconds_at_most=seconds_at_most, memory_bytes=settings.post.memory_bytes)


def _not_installed(error: ImportError) -> SettingsInvalid:
    return SettingsInvalid(f"`{error.name}` is missing: reading scans (`sources`, `post`) needs the extra `ocr`")
