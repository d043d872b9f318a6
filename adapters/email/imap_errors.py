"""The one place where what imaplib, imapclient and the socket raise becomes an error of ours."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from imaplib import IMAP4

from imapclient.exceptions import CapabilityError

from adapters.email.settings import ImapSettings
from inbox.errors import CredentialsRefused, FolderMissing, GatewayError, SourceUnreachable

# What imaplib and imapclient raise while they parse an answer that makes no sense.
_NONSENSE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)
# A refusal with one of these codes may be none in a minute (RFC 5530 section 3).
_LATER = frozenset({"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG"})
_CODES = frozenset(
    {
        *("ALERT", "BADCHARSET", "PARSE", "READ-ONLY", "TRYCREATE"),  # RFC 3501 section 7.1
        *("UNAVAILABLE", "AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED", "PRIVACYREQUIRED", "CONTACTADMIN"),
        *("NOPERM", "INUSE", "EXPUNGEISSUED", "CORRUPTION", "SERVERBUG", "CLIENTBUG", "CANNOT", "LIMIT", "OVERQUOTA"),
        *("ALREADYEXISTS", "NONEXISTENT"),  # RFC 5530 section 3, as the two lines above
    }
)
"""Whatever else stands in brackets may be anybody's words."""


def is_transient_refusal(error: IMAP4.error) -> bool:
    """Say whether the server's NO means: perhaps later. So does a broken connection, and a BAD."""
    words = str(error)
    code = re.search(r"\[([A-Z]+)", words)
    return isinstance(error, IMAP4.abort) or " BAD " in words or (code is not None and code[1] in _LATER)


def is_gone(error: IMAP4.error) -> bool:
    """Say whether the server's NO means: another session has removed that mail (RFC 5530 section 3)."""
    return not isinstance(error, IMAP4.abort) and "[EXPUNGEISSUED]" in str(error)


@contextmanager
def translated(source_id: str, settings: ImapSettings) -> Iterator[None]:
    """Let only our errors out. They name the source, the server and the setting to mend, never the server's data."""
    place = f"source {source_id}, server {settings.host}:{settings.port}"
    try:
        yield
    except GatewayError:
        raise
    except IMAP4.readonly:
        raise FolderMissing(
            f"{place}: `user` may only read the folder {settings.folder!r} (setting `folder`), and `after_keep` is"
            f" {settings.after_keep}: give the right to change it, or set `after_keep: leave`"
        ) from None
    except ssl.SSLCertVerificationError as error:
        raise SourceUnreachable(
            f"{place}: its certificate is not trusted ({error.verify_message}): check `host` and `ca_file`"
        ) from None
    except TimeoutError:
        raise SourceUnreachable(
            f"{place}: no answer within {settings.timeout_seconds:g} s: check `host`, `port`, `tls`, `timeout_seconds`"
        ) from None
    except OSError as error:
        words = error.strerror or type(error).__name__
        raise SourceUnreachable(f"{place}: {words}: check `host`, `port` and `tls`") from None
    except IMAP4.abort:
        # Its words may quote what came instead of an answer.
        raise SourceUnreachable(f"{place}: the connection broke off: check `host`, `port` and `tls`") from None
    except CapabilityError as error:
        raise SourceUnreachable(f"{place}: {error}: check `tls` and `port`") from None
    except IMAP4.error as error:
        # Only its response code (RFC 5530): its other words may quote what it was asked or what it holds.
        codes = [code for code in re.findall(r"\[([A-Z-]{2,30})", str(error)) if code in _CODES]
        raise SourceUnreachable(f"{place}: the server refused a command ({codes[0] if codes else 'no code'})") from None
    except _NONSENSE as error:
        raise SourceUnreachable(f"{place}: the answer makes no sense ({type(error).__name__})") from None


def credentials_refused(source_id: str, settings: ImapSettings) -> CredentialsRefused:
    """Return the error that names the settings of the user and of what proves it."""
    hint = ", and whether that application may open this mailbox" if settings.oauth else ", and `tls`"
    return CredentialsRefused(
        f"source {source_id}, server {settings.host}:{settings.port}: the sign-in of {settings.user!r} is refused:"
        f" check `user` and `{settings.proof}`{hint}"
    )


def folder_missing(source_id: str, settings: ImapSettings, setting: str, name: str) -> FolderMissing:
    """Return the error that names the folder and the setting it comes from."""
    return FolderMissing(
        f"source {source_id}, server {settings.host}:{settings.port}: there is no folder {name!r} that"
        f" {settings.user!r} can open: check `{setting}`"
    )
