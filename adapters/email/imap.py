"""A mailbox as a source of deliveries."""

from __future__ import annotations

from adapters.email.imap_connection import ImapConnection
from adapters.email.imap_errors import translated
from adapters.email.imap_session import ImapSession
from adapters.email.settings import ImapSettings
from inbox.ports import Connection


class ImapSource:
    """One folder of one mailbox, over IMAP4rev1 (RFC 3501)."""

    def __init__(self, source_id: str, settings: ImapSettings, observes: bool) -> None:
        """`observes`: the folder is opened read-only and nothing in it is ever changed."""
        self.source_id = source_id
        self._settings = settings
        self._observes = observes

    def open(self) -> Connection:
        """Connect, sign in and open the folder.

        Raises SourceUnreachable, CredentialsRefused, FolderMissing, SettingsInvalid; the detail names the setting.
        """
        settings = self._settings
        password = settings.password(self.source_id)
        tls = settings.tls_context(f"source {self.source_id}")
        with translated(self.source_id, settings):
            session = ImapSession(settings, tls)
        connection = ImapConnection(self.source_id, settings, session, observes=self._observes)
        try:
            connection.sign_in(password)
            connection.open_folder()
        except BaseException:
            connection.close()
            raise
        return connection
