"""How the sample comes in: mails to mailboxes, scans and call logs to folders, notes through the intake."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.commands.intake_file import lines_of, wanted_of
from gateway.demo.expected import Kind, Sample, SampleDelivery, Stands, differences
from gateway.demo.servers import DemoMailbox
from workflows.parts import Parts
from workflows.receiving import position_of, receive

_PLACEHOLDER = "{{acknowledgement of "
_CALLS_END_BEFORE = timedelta(minutes=20)
"""So long ago the sample's last call ended: all of them are quiet, and their callers still wait."""
_MOMENT = re.compile(rb"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}")
_WRITTEN = "%Y-%m-%d %H:%M:%S"


@dataclass
class Demo:
    """What the demo knows while it runs."""

    sample: Sample
    example: Path
    folder: Path
    mailboxes: dict[str, DemoMailbox] = field(default_factory=dict)
    file_at: dict[tuple[str, str], str] = field(default_factory=dict)
    """(source, position) of each delivery that was put in → its file."""

    def stand_of(self, delivery: SampleDelivery, all_stand: list[Stands]) -> list[Stands]:
        """Return the items of one delivery."""
        return [
            stands for stands in all_stand if self.file_at.get((stands.source_id, stands.position)) == delivery.file
        ]

    def wrong(self, stand: list[Stands]) -> dict[str, list[str]]:
        """Return file → what differs, of each delivery that does not stand as it must."""
        compared = {one.file: differences(one, self.stand_of(one, stand)) for one in self.sample.deliveries}
        return {file: told for file, told in compared.items() if told}


def scans(folder: Path) -> Path:
    """Return where the demo's scanner writes."""
    return folder / "scanned"


def call_logs(folder: Path) -> Path:
    """Return where the demo's telephone system writes."""
    return folder / "calls"


async def put_in(demo: Demo, parts: Parts, waiting: list[SampleDelivery], stand: list[Stands]) -> list[SampleDelivery]:
    """Let each arrive whose turn it is, in order; return those that wait for another's acknowledgement."""
    left = []
    for delivery in waiting:
        content = (demo.example / delivery.file).read_bytes()
        if delivery.after is not None:
            acknowledgement = _acknowledgement_id(demo, delivery.after)
            if acknowledgement is None or not _is_settled(demo, delivery.after, stand):
                left.append(delivery)
                continue
            content = content.replace(f"{_PLACEHOLDER}{delivery.after}}}}}".encode(), acknowledgement.encode())
        for source_id in delivery.sources:
            for position in await _arrive(demo, parts, delivery, source_id, content):
                demo.file_at[source_id, position] = delivery.file
    return left


async def _arrive(demo: Demo, parts: Parts, delivery: SampleDelivery, source_id: str, content: bytes) -> Sequence[str]:
    """Let it come in at one source; return the positions under which it is kept."""
    match delivery.kind:
        case Kind.mail:
            return [await asyncio.to_thread(demo.mailboxes[source_id].put, content)]
        case Kind.scan:
            return [await asyncio.to_thread(_write, scans(demo.folder), delivery.file, content)]
        case Kind.call_log:
            recent = _as_of_now(content, datetime.now(UTC))
            return [await asyncio.to_thread(_write, call_logs(demo.folder), delivery.file, recent)]
        case Kind.notes:
            return await _hand_in(parts, source_id, content)


def _write(folder: Path, file: str, content: bytes) -> str:
    """Do as a scanner or a telephone system does; return the position under which the file is kept."""
    name = Path(file).name
    hidden = folder / f".{name}"
    hidden.write_bytes(content)
    hidden.rename(folder / name)
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _as_of_now(log: bytes, now: datetime) -> bytes:
    """Return the log of calls as if the last of them had just ended: what nobody can be promised any more is held."""
    zone = ZoneInfo("Europe/Amsterdam")
    written = {
        found: datetime.strptime(found.decode(), _WRITTEN).replace(tzinfo=zone) for found in set(_MOMENT.findall(log))
    }
    last = now.astimezone(zone).replace(microsecond=0) - _CALLS_END_BEFORE
    ahead = last - max(written.values())
    return _MOMENT.sub(lambda found: (written[found[0]] + ahead).strftime(_WRITTEN).encode(), log)


async def _hand_in(parts: Parts, source_id: str, content: bytes) -> Sequence[str]:
    intake = parts.intake
    assert intake is not None
    zone = (await parts.configurations.current()).zone
    lines, faults = lines_of(content, intake.sources[source_id].channel, zone, intake.limits.text_characters)
    assert not faults, faults
    wanted = wanted_of(lines, intake.write)
    await receive(parts, intake, source_id, wanted)
    return [position_of(one.idempotency_key) for one in wanted]


def _is_settled(demo: Demo, file: str, stand: list[Stands]) -> bool:
    answered = next(one for one in demo.sample.deliveries if one.file == file)
    return not differences(answered, demo.stand_of(answered, stand))


def _acknowledgement_id(demo: Demo, file: str) -> str | None:
    """Return the Message-ID of the acknowledgement that the mail's sender received, without brackets."""
    from email import message_from_bytes, policy

    asked = message_from_bytes((demo.example / file).read_bytes(), policy=policy.default)
    own = str(asked["message-id"]).strip()
    for answer in sorted((demo.folder / "sent").glob("*/*.eml")):
        message = message_from_bytes(answer.read_bytes(), policy=policy.default)
        if str(message["in-reply-to"] or "").strip() == own and message["auto-submitted"] == "auto-replied":
            return str(message["message-id"]).strip().strip("<>")
    return None
