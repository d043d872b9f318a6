"""A mailbox as a source of deliveries."""

from __future__ import annotations

from adapters.email.imap_connection import ImapConnection
from adapters.email.imap_errors import translated
from adapters.email.imap_session import ImapSession
from adapters.email.oauth import Tokens
from adapters.email.oauth_settings import OAuthSettings
from adapters.email.settings import ImapSettings
from inbox.errors import CredentialsRefused, SourceUnreachable
from inbox.ports import Connection


class ImapSource:
    """One folder of one mailbox, over IMAP4rev1 (RFC 3501)."""

    def __init__(self, source_id: str, settings: ImapSettings, observes: bool) -> None:
        """`observes`: the folder is opened read-only and nothing in it is ever changed."""
        self.source_id = source_id
        self._settings = settings
        self._observes = observes
        self._tokens = None if settings.oauth is None else self._token_source(settings.oauth)

    def open(self) -> Connection:
        """Connect, sign in and open the folder.

        Raises SourceUnreachable, CredentialsRefused, FolderMissing, SettingsInvalid; the detail names the setting.
        """
        if self._tokens is None:
            return self._opened(self._settings.password(self.source_id))
        token = self._tokens.token()
        try:
            return self._opened(token)
        except CredentialsRefused:
            # It may have been revoked before its time: one more, and on a fresh line, for some servers cut this one.
            self._tokens.forget(token)
            return self._opened(self._tokens.token())

    def _token_source(self, settings: OAuthSettings) -> Tokens:
        return Tokens(
            settings,
            user=self._settings.user,
            owner=f"source {self.source_id}",
            unavailable=SourceUnreachable,
            timeout_seconds=min(30, self._settings.timeout_seconds),
        )

    def _opened(self, secret: str) -> ImapConnection:
        settings = self._settings
        tls = settings.tls_context(f"source {self.source_id}")
        with translated(self.source_id, settings):
            session = ImapSession(settings, tls)
        connection = ImapConnection(self.source_id, settings, session, observes=self._observes)
        try:
            if self._tokens is None:
                connection.sign_in(secret)
            else:
                connection.sign_in_with_token(secret)
            connection.open_folder()
        except BaseException:
            connection.close()
            raise
        return connection
