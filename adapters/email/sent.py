"""Answers that colleagues sent from the mailbox themselves, as its folder of sent mail shows them. Only looked at.

A forward inside the house names the same message in its header: what counts is that it went to somebody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from imaplib import IMAP4

from adapters.email.imap_errors import folder_missing, is_transient_refusal
from adapters.email.imap_session import ImapSession
from adapters.email.reading.addresses import mailboxes
from adapters.email.reading.fields import Fields, read_fields
from adapters.email.reading.identifiers import reply_to_ids
from adapters.email.reading.limits import MAIL_HEADER
from adapters.email.reading.remarks import Remarks
from adapters.email.settings import ImapSettings
from inbox.ports import Answer, Answers

_LOOKS_BACK = timedelta(days=7)
"""At the first look, and when the folder counts anew: what was answered earlier is no longer waiting to be told."""

_PAGE = 200
_NAMES = ("IN-REPLY-TO", "REFERENCES", "TO", "CC", "AUTO-SUBMITTED")


@dataclass(frozen=True)
class SentFolder:
    """Where to look."""

    source_id: str
    settings: ImapSettings

    def answers(self, session: ImapSession, key_space: str, position: str) -> Answers:
        """Return the answers that came since this position of this key space; another folder is opened afterwards.

        Raises what imaplib raises, and FolderMissing, naming `sent_folder`.
        """
        name = self._name(session)
        try:
            selected = session.open_folder(name, readonly=True)
        except IMAP4.abort:
            raise
        except IMAP4.error as error:
            if is_transient_refusal(error) or session.has_folder(name):
                raise
            raise folder_missing(self.source_id, self.settings, "sent_folder", name) from None
        present = f"{name};UIDVALIDITY={selected.uid_validity}"
        if present == key_space and position:
            uids = session.uids_from(int(position))
        else:
            uids = session.uids_since((datetime.now(UTC) - _LOOKS_BACK).date())
        following = max([selected.uid_next or 1, *(uid + 1 for uid in uids)])
        found = tuple(answer for page in _pages(uids) for answer in self._read(session, page))
        return Answers(key_space=present, position=str(following), answers=found)

    def _name(self, session: ImapSession) -> str:
        if self.settings.sent_folder != "auto":
            return str(self.settings.sent_folder)
        name = session.sent_folder()
        if name is None:
            raise folder_missing(self.source_id, self.settings, "sent_folder", "\\Sent")
        return name

    def _read(self, session: ImapSession, uids: list[int]) -> Iterator[Answer]:
        for header, answered_at in session.headers(uids, _NAMES):
            fields, _ = read_fields(header, 0, len(header), MAIL_HEADER, Remarks())
            if fields.first("auto-submitted").partition(";")[0].strip().lower() in ("", "no"):
                yield from _answers(fields, answered_at or datetime.now(UTC))


def _answers(fields: Fields, answered_at: datetime) -> Iterator[Answer]:
    # The nearest one: what stands before it in References was written earlier in the thread.
    answered = reply_to_ids(fields)[-1:]
    values = [*fields.all("to"), *fields.all("cc")]
    recipients = {one.address.lower() for value in values for one in mailboxes(value, Remarks()) if one.address}
    if answered and recipients:
        yield Answer(message_id=answered[0], recipients=frozenset(recipients), answered_at=answered_at)


def _pages(uids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(uids), _PAGE):
        yield uids[start : start + _PAGE]
