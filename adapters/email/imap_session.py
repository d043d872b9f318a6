"""An IMAP conversation in typed words: what of imapclient we use, and nothing untyped leaves.

Raises what imaplib, imapclient and the socket raise; `imap_errors` translates it.
"""

from __future__ import annotations

import imaplib
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.imapclient import SENT

from adapters.email.imap_wire import Wire
from adapters.email.settings import ImapSettings

_ORIGIN_UNSAID = b"BODY[]"


@dataclass(frozen=True)
class Selected:
    """What the server says about a folder when it is opened (RFC 3501 section 6.3.1)."""

    exists: int
    uid_validity: int
    uid_next: int | None
    permanent_flags: frozenset[bytes]
    """What may be stored, lower case; holds `\\*` where new keywords may be made."""


class ImapSession(IMAPClient):  # type: ignore[misc]  # an untyped base class
    """One connection, from greeting to shutdown. Not for two threads, save `break_off`."""

    def __init__(self, settings: ImapSettings, tls: ssl.SSLContext | None) -> None:
        """Connect, and encrypt as the settings say."""
        self._tls = tls
        implicit = settings.tls == "implicit"
        timeout = SocketTimeout(connect=settings.timeout_seconds, read=settings.timeout_seconds)
        super().__init__(settings.host, settings.port, ssl=implicit, ssl_context=tls, timeout=timeout)
        # imapclient sends every line, mail included, to the log level `debug`: not here.
        self._wire.debug = 0
        # Else INTERNALDATE comes in the time zone of this machine, without saying so.
        self.normalise_times = False
        if settings.tls == "starttls":
            try:
                self.starttls(tls)
            except BaseException:
                self.drop()
                raise

    def _create_IMAP4(self) -> Wire:  # noqa: N802  # imapclient's name; the only place to choose the connection
        tls = self._tls if self.ssl else None
        self._wire = Wire(self.host, self.port, self._timeout.connect, tls)
        return self._wire

    def sign_in(self, user: str, password: str) -> None:
        """Sign in, by AUTHENTICATE PLAIN (RFC 4616) where offered: it alone carries every character."""
        if self.has_capability("AUTH=PLAIN"):
            self._wire.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
        elif user.isascii() and password.isascii():
            quoted = user.replace("\\", "\\\\").replace('"', '\\"')
            self._wire.login(f'"{quoted}"', password)
        else:
            raise imaplib.IMAP4.error("LOGIN carries ASCII only")
        self._cached_capabilities = None  # they change when somebody signs in

    def sign_in_with_token(self, answer: bytes) -> None:
        """Sign in by AUTHENTICATE XOAUTH2. What the server explains a refusal with is acknowledged, and not kept."""
        answers = iter((answer,))
        self._wire.authenticate("XOAUTH2", lambda _: next(answers, b""))
        self._cached_capabilities = None

    def open_folder(self, name: str, *, readonly: bool) -> Selected:
        """SELECT or EXAMINE the folder, afresh also when it is the one that is open."""
        answer: dict[bytes, Any] = self.select_folder(name, readonly=readonly)
        # From here on a word about EXISTS is news; see `told_of_mail`.
        self._wire.untagged_responses.pop("EXISTS", None)
        return Selected(
            exists=int(answer[b"EXISTS"]),
            uid_validity=int(answer[b"UIDVALIDITY"]),
            uid_next=answer.get(b"UIDNEXT"),
            permanent_flags=frozenset(flag.lower() for flag in answer.get(b"PERMANENTFLAGS", ())),
        )

    def has_folder(self, name: str) -> bool:
        """Say whether LIST shows the folder."""
        found = {str(row[2]) for row in self.list_folders("", name)}
        return name in found or (name.upper() == "INBOX" and any(row.upper() == "INBOX" for row in found))

    def make_folder(self, name: str) -> None:
        """Create the folder and subscribe to it, so that people see it in their mail program."""
        self.create_folder(name)
        self.subscribe_folder(name)

    def uids(self) -> list[int]:
        """Return every UID in the folder, ascending: in order of arrival."""
        return sorted({int(uid) for uid in self.search("ALL")})

    def uids_from(self, uid: int) -> list[int]:
        """Return every UID from this one on, ascending. `n:*` names the last mail also when it is older."""
        return sorted(found for found in map(int, self.search(f"UID {uid}:*")) if found >= uid)

    def uids_since(self, day: date) -> list[int]:
        """Return every UID that came on this day or later (INTERNALDATE), ascending."""
        return sorted(int(uid) for uid in self.search(["SINCE", day]))

    def sent_folder(self) -> str | None:
        """Return the folder of sent mail: by SPECIAL-USE (RFC 6154), else by its usual names; None without any."""
        name = self.find_special_folder(SENT)
        return None if name is None else str(name)

    def headers(self, uids: list[int], names: tuple[str, ...]) -> Iterator[tuple[bytes, datetime | None]]:
        """Yield these header fields of each mail, at most 64 KiB of them, and INTERNALDATE; nothing is marked."""
        item = f"BODY.PEEK[HEADER.FIELDS ({' '.join(names)})]<0.65536>"
        found: dict[int, dict[bytes, Any]] = self.fetch(uids, [item, "INTERNALDATE"])
        for uid in uids:
            data = found.get(uid, {})
            header = next((value for key, value in data.items() if key.startswith(b"BODY[HEADER.FIELDS")), None)
            if header is not None:
                yield _octets(header), _as_utc(data.get(b"INTERNALDATE"))

    def shows(self, uid: int) -> bool:
        """Say whether the server lists this mail, after it has told what others removed."""
        self.poke()
        return uid in {int(found) for found in self.search(f"UID {uid}")}

    def size_and_date(self, uid: int) -> tuple[int, datetime | None] | None:
        """Return RFC822.SIZE and INTERNALDATE (aware UTC), or None when the server shows no such mail."""
        data = self._fetch_one(uid, "RFC822.SIZE", "INTERNALDATE")
        size = data.get(b"RFC822.SIZE")
        return (size, _as_utc(data.get(b"INTERNALDATE"))) if isinstance(size, int) else None

    def ahead(self, uids: list[int], largest: int, together: int) -> dict[int, tuple[int, datetime | None, bytes]]:
        """Return RFC822.SIZE, INTERNALDATE and the whole of each mail from the first on, while they are small.

        `largest`: bytes that a mail may have; `together`: bytes that all may have. None is marked read.
        """
        sizes: dict[int, dict[bytes, Any]] = self.fetch(uids, ["RFC822.SIZE", "INTERNALDATE"])
        wanted, total = [], 0
        for uid in uids:
            size = sizes.get(uid, {}).get(b"RFC822.SIZE")
            if not isinstance(size, int) or size > largest or total + size > together:
                break
            wanted.append(uid)
            total += size
        if not wanted:
            return {}
        found: dict[int, dict[bytes, Any]] = self.fetch(wanted, [f"BODY.PEEK[]<0.{largest}>"])
        bodies = {uid: data[b"BODY[]<0>"] for uid, data in found.items() if uid in wanted and b"BODY[]<0>" in data}
        return {
            uid: (sizes[uid][b"RFC822.SIZE"], _as_utc(sizes[uid].get(b"INTERNALDATE")), body)
            for uid, body in bodies.items()
            # Anything else than what was announced is asked for by itself, and doubted there.
            if isinstance(body, bytes) and len(body) == sizes[uid][b"RFC822.SIZE"]
        }

    def piece(self, uid: int, offset: int, length: int) -> bytes | None:
        """Return a range of the raw mail without marking it read; None when the server shows no such mail.

        Empty at the end. Longer than `length`, at offset 0 only, where the server knows no ranges.
        """
        data = self._fetch_one(uid, f"BODY.PEEK[]<{offset}.{length}>")
        keys = [b"BODY[]<%d>" % offset] + ([_ORIGIN_UNSAID] if offset == 0 else [])
        for key in keys:
            if key in data:
                return _octets(data[key])
        return None

    def move_to(self, uid: int, folder: str) -> None:
        """MOVE it (RFC 6851). Nothing happens when it is gone."""
        self.move([uid], folder)

    def copy_to(self, uid: int, folder: str) -> bool:
        """COPY it; say whether the server proves that it did (COPYUID, RFC 4315 section 3)."""
        self._wire.untagged_responses.pop("COPYUID", None)
        self.copy([uid], folder)
        return bool(self._wire.untagged_responses.pop("COPYUID", None))

    def expunge_one(self, uid: int) -> None:
        r"""Mark it \Deleted and remove this one alone (UID EXPUNGE, RFC 4315 section 2.1)."""
        self.flag(uid, b"\\Deleted")
        self.uid_expunge([uid])

    def flag(self, uid: int, flag: bytes) -> None:
        """Add a flag or keyword. Nothing happens when the mail is gone."""
        self.add_flags([uid], [flag], silent=True)

    @property
    def moved_bytes(self) -> int:
        """Bytes sent and received so far; other threads may look."""
        return self._wire.moved_bytes

    @property
    def told_of_mail(self) -> bool:
        """The server has named a new number of mails since the folder was opened."""
        return "EXISTS" in self._wire.untagged_responses

    def poke(self) -> bool:
        """Ask by NOOP whether something changed."""
        _, answers = self.noop()
        return bool(answers) or self.told_of_mail

    def idle_for(self, seconds: float) -> bool:
        """Wait in IDLE (RFC 2177); say whether the server told of a change. Its `* OK Still here` is none."""
        deadline = time.monotonic() + seconds
        tag = self._wire._command("IDLE")  # imapclient's idle() fails on an answer before the `+`
        changed = False
        while (line := self._next_line()) is not None:
            changed = changed or _is_news(line)
            if self._wire.tagged_commands[tag] is not None:  # NO or BAD
                raise imaplib.IMAP4.error("IDLE refused")
        while not changed and self._wire.has_input(deadline - time.monotonic()):
            changed = _is_news(self._next_line() or b"")
        self._wire.send(b"DONE\r\n")
        self._checkok("IDLE", *self._wire._command_complete("IDLE", tag))  # the public way is IDLE's own
        return changed

    def break_off(self) -> None:
        """End the conversation, from any thread."""
        self._wire.break_off()

    def leave(self, seconds: float) -> None:
        """Say goodbye, waiting at most so long for each answer, and release the socket."""
        self._wire.sock.settimeout(seconds)
        self._wire.logout()

    def drop(self) -> None:
        """Release the socket without a word."""
        self._wire.shutdown()

    def _next_line(self) -> bytes | None:
        take: Callable[[], bytes | None] = self._wire._get_response  # no public way to one line
        return take()

    def _fetch_one(self, uid: int, *items: str) -> dict[bytes, Any]:
        found: dict[int, dict[bytes, Any]] = self.fetch([uid], list(items))
        return found.get(uid, {})


def _is_news(line: bytes) -> bool:
    return line.startswith(b"* ") and not line.startswith(b"* OK")


def _as_utc(moment: object) -> datetime | None:
    if not isinstance(moment, datetime):
        return None
    try:
        # `-0000` reads as no zone at all: it means UTC (RFC 5322 section 3.3).
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        return None


def _octets(value: object) -> bytes:
    if value is None:  # NIL
        return b""
    if not isinstance(value, bytes):
        raise TypeError("a body that is no string")
    return value
