"""An open mailbox folder: look, fetch, confirm, wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from imaplib import IMAP4
from typing import TypeVar
from urllib.parse import quote

from adapters.email.imap_errors import credentials_refused, folder_missing, is_gone, is_transient_refusal, translated
from adapters.email.imap_session import ImapSession, Selected
from adapters.email.oauth import xoauth2
from adapters.email.sent import SentFolder
from adapters.email.settings import ImapSettings
from inbox.errors import GatewayError, SourceUnreachable
from inbox.ports import Answers, Fetched, Sighting

_T = TypeVar("_T")
_PIECE_BYTES = 1024 * 1024
_SMALL_BYTES = 64 * 1024
"""Mails up to here are fetched together: one by one, most of their time is spent on waiting for the server."""
_TOGETHER_BYTES = 256 * 1024
"""All that are fetched together: on a slow line the first must not wait long for the last."""
_KEPT = b"$InboxGatewayKept"
# A server without IDLE is asked this often, which also keeps the connection alive.
_NOOP_SECONDS = 30.0
# Goodbye is a courtesy: a silent server costs no more than this.
_LOGOUT_SECONDS = 2.0


class ImapConnection:
    """The port's Connection. Positions are UIDs in the key space of the last look; look first after opening.

    Any SourceUnreachable ends it: an answer that comes late would be taken for the next command's.
    """

    def __init__(self, source_id: str, settings: ImapSettings, session: ImapSession, *, observes: bool) -> None:
        """Take over a connected session. `observes`: nothing at the source is ever changed."""
        self._source_id = source_id
        self._settings = settings
        self._session = session
        # Where nothing will be written, ask for no right to write.
        self._readonly = observes or settings.after_keep == "leave"
        self._selected: Selected | None = None
        self._idles = True
        self._ahead: dict[int, tuple[int, datetime | None, bytes]] = {}
        self._ended = threading.Event()
        self._in_use = threading.Lock()

    @property
    def moved_bytes(self) -> int:
        """Bytes sent and received so far; grows while a call goes on."""
        return self._session.moved_bytes

    def sign_in(self, password: str) -> None:
        """Sign in. Raises CredentialsRefused, SourceUnreachable."""
        self._sign_in(lambda session: session.sign_in(self._settings.user, password))

    def sign_in_with_token(self, token: str) -> None:
        """Sign in with an access token. Raises CredentialsRefused, SourceUnreachable."""
        self._sign_in(lambda session: session.sign_in_with_token(xoauth2(self._settings.user, token)))

    def _sign_in(self, how: Callable[[ImapSession], None]) -> None:
        with self._use() as session:
            try:
                how(session)
            except IMAP4.error as error:
                if is_transient_refusal(error):
                    raise
                raise credentials_refused(self._source_id, self._settings) from None

    def open_folder(self) -> Selected:
        """Open the folder, afresh also when it is open. Raises FolderMissing, SourceUnreachable."""
        with self._use() as session:
            try:
                self._selected = session.open_folder(self._settings.folder, readonly=self._readonly)
            except IMAP4.abort:
                raise
            except IMAP4.error as error:
                if is_transient_refusal(error) or session.has_folder(self._settings.folder):
                    raise
                raise folder_missing(self._source_id, self._settings, "folder", self._settings.folder) from None
            return self._selected

    def look(self) -> Sighting:
        """Return every UID in the folder. It is opened again first: new mail and a new UIDVALIDITY are noticed."""
        self._ahead = {}
        selected = self.open_folder()
        with self._use() as session:
            uids = session.uids()
        if selected.exists and not uids:
            raise self._unreachable(f"it counts {selected.exists} mails and shows none")
        following = selected.uid_next
        if following is not None and uids:
            following = max(following, uids[-1] + 1)  # mail may come between SELECT and SEARCH
        return Sighting(
            key_space=self._key_space(selected),
            positions=tuple(str(uid) for uid in uids),
            next_position="" if following is None else str(following),
        )

    def fetches(self, positions: Sequence[str]) -> None:
        """Take the small ones of these, which are about to be fetched in this order, at one go."""
        with self._use() as session:
            self._ahead = session.ahead([int(position) for position in positions], _SMALL_BYTES, _TOGETHER_BYTES)

    def fetch(self, position: str) -> Fetched | None:
        """Return the mail with this UID, unmarked, or None when it is gone."""
        if (whole := self._ahead.pop(int(position), None)) is not None:
            return Fetched(position=position, source_received_at=whole[1], chunks=iter((whole[2],)))
        with self._use() as session:
            uid = int(position)
            found = session.size_and_date(uid)
            # The first piece now: of a mail that was just removed, Dovecot still gives the size, and 1970 as its date.
            first = session.piece(uid, 0, _PIECE_BYTES) if found else None
            if found is None or first is None:
                if session.shows(uid):  # not believed at once: what is called gone is reported as lost
                    raise self._unreachable(f"it lists UID {uid} and does not give it")
                return None
        size, received_at = found
        return Fetched(position=position, source_received_at=received_at, chunks=self._chunks(uid, size, first))

    def confirm(self, position: str) -> None:
        """Move, flag or leave the mail, as `after_keep` says. Nothing happens when it is gone."""
        if self._readonly:
            return
        with self._use() as session:
            try:
                if self._settings.after_keep == "move":
                    self._move(session, int(position))
                else:
                    self._flag(session, int(position))
            except IMAP4.error as error:
                if not is_gone(error):
                    raise

    def answers(self, key_space: str, position: str) -> Answers | None:
        """Return what colleagues answered by themselves since the last look; None when that is not to be watched."""
        if self._settings.sent_folder is None:
            return None
        with self._use() as session:
            return SentFolder(self._source_id, self._settings).answers(session, key_space, position)

    def wait(self, seconds: float) -> None:
        """Return when the server tells of a change, or after so many seconds."""
        deadline = time.monotonic() + seconds
        with self._use() as session:
            changed = session.told_of_mail
            while not changed and (left := deadline - time.monotonic()) > 0 and not self._ended.is_set():
                changed = self._idle(session, left) if self._idles else self._ask(session, left)

    def close(self) -> None:
        """Let go of the connection; a call that another thread is in raises SourceUnreachable at once."""
        left_before = self._ended.is_set()
        self._ended.set()
        if not self._in_use.acquire(blocking=False):
            self._session.break_off()  # the other thread releases the socket
            return
        try:
            with suppress(GatewayError), translated(self._source_id, self._settings):
                if not left_before:
                    self._session.leave(_LOGOUT_SECONDS)
            self._session.drop()
        finally:
            self._in_use.release()

    def _chunks(self, uid: int, size: int, piece: bytes) -> Iterator[bytes]:
        """Yield the raw mail. RFC822.SIZE is an estimate with some servers: in doubt, read on until nothing comes."""
        offset, doubted = 0, False
        while True:
            if piece:
                doubted = False
                for start in range(0, len(piece), _PIECE_BYTES):
                    yield piece[start : start + _PIECE_BYTES]
                offset += len(piece)
                if len(piece) > _PIECE_BYTES or (len(piece) < _PIECE_BYTES and offset == size):
                    return
            elif offset >= size:
                return
            elif doubted and not offset:
                raise self._unreachable(f"UID {uid} has {size} bytes and comes empty")
            elif doubted:
                self._shorter_than_announced(uid)
                return
            else:
                doubted = True  # less than announced: asked once more before it is believed
            piece = self._piece(uid, offset)

    def _shorter_than_announced(self, uid: int) -> None:
        """Raise SourceUnreachable when it is not short, but gone."""
        with self._use() as session:
            if not session.shows(uid):
                raise self._unreachable(f"UID {uid} vanished while it was read")

    def _piece(self, uid: int, offset: int) -> bytes:
        with self._use() as session:
            piece = session.piece(uid, offset, _PIECE_BYTES)
            if piece is None:
                raise self._unreachable(f"UID {uid} vanished while it was read")
            if offset and len(piece) > _PIECE_BYTES:
                raise self._unreachable(f"UID {uid} comes in pieces that were not asked for")
            return piece

    def _move(self, session: ImapSession, uid: int) -> None:
        folder = self._settings.processed_folder
        if session.has_capability("MOVE"):
            self._with_folder(session, lambda: session.move_to(uid, folder))
        # Never EXPUNGE without UIDPLUS: it would also remove what others marked as deleted.
        elif not session.has_capability("UIDPLUS"):
            self._flag(session, uid)
        elif self._with_folder(session, lambda: session.copy_to(uid, folder)):
            session.expunge_one(uid)
        else:
            self._flag(session, uid)  # gone, or copied without proof: nothing is removed on trust

    def _with_folder(self, session: ImapSession, action: Callable[[], _T]) -> _T:
        """Do it; when the folder is missing, make it and do it again."""
        try:
            return action()
        except IMAP4.abort:
            raise
        except IMAP4.error as error:
            name = self._settings.processed_folder
            if is_transient_refusal(error) or session.has_folder(name):
                raise
            try:
                session.make_folder(name)
            except IMAP4.abort:
                raise
            except IMAP4.error:
                if not session.has_folder(name):  # else another reader was first
                    raise folder_missing(self._source_id, self._settings, "processed_folder", name) from None
            return action()

    def _flag(self, session: ImapSession, uid: int) -> None:
        allowed = self._selected.permanent_flags if self._selected else frozenset[bytes]()
        session.flag(uid, _KEPT if {b"\\*", _KEPT.lower()} & allowed else b"\\Flagged")

    def _idle(self, session: ImapSession, left: float) -> bool:
        if not session.has_capability("IDLE"):
            self._idles = False
            return False
        try:
            return session.idle_for(min(left, self._settings.idle_seconds))
        except IMAP4.abort:
            raise
        except IMAP4.error:  # offered and refused
            self._idles = False
            return False

    def _ask(self, session: ImapSession, left: float) -> bool:
        if session.poke():
            return True
        self._ended.wait(min(left, _NOOP_SECONDS))
        return False

    def _key_space(self, selected: Selected) -> str:
        """Build the IMAP URL of the folder (RFC 5092 section 11)."""
        settings = self._settings
        user = quote(settings.user, safe="!$'()*+,&=")
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        folder = "INBOX" if settings.folder.upper() == "INBOX" else quote(settings.folder, safe="!$'()*+,&=:@/")
        return f"imap://{user}@{host}:{settings.port}/{folder};UIDVALIDITY={selected.uid_validity}"

    @contextmanager
    def _use(self) -> Iterator[ImapSession]:
        """Hold the session for one thread; translate what it raises; release it when it was closed meanwhile."""
        with self._in_use:
            try:
                if self._ended.is_set():
                    raise self._unreachable("the connection has ended")
                with translated(self._source_id, self._settings):
                    yield self._session
                if self._ended.is_set():
                    raise self._unreachable("the connection was closed")
            except SourceUnreachable:
                self._ended.set()
                raise
            finally:
                if self._ended.is_set():
                    self._session.drop()

    def _unreachable(self, words: str) -> SourceUnreachable:
        return SourceUnreachable(
            f"source {self._source_id}, server {self._settings.host}:{self._settings.port}: {words}"
        )
