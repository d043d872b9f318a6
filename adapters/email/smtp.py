"""Outward mail over SMTP (RFC 5321), one message per connection.

What aiosmtplib does to the bytes, measured: a line that starts with a dot gets a second one, which the server takes
away again; a bare CR or LF becomes CRLF, and a missing last CRLF is added. A message with CRLF line ends therefore
arrives exactly as stored.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import aiosmtplib
from aiosmtplib.email import quote_address
from aiosmtplib.protocol import PERIOD_REGEX, normalize_message_line_endings

from adapters.email.oauth import Tokens
from adapters.email.pace import Pace, TurnFar
from adapters.email.settings import SmtpSettings
from inbox.errors import (
    AnswerLost,
    CredentialsRefused,
    GatewayError,
    MailRelayUnavailable,
    MessageTooLarge,
    RecipientRefused,
)
from inbox.ports import Claim, Envelope

_GO_ON = 354
# Goodbye is a courtesy: a silent relay costs no more than this.
_QUIT_SECONDS = 2.0
_LONGEST_REPLY = 500
_PIECE_BYTES = 256 << 10
_TOO_LARGE_CODE, _OVER_STORAGE_CODE = 523, 552
_MENDS_SIZE = "raise the limit there, or give the department a folder or a web service instead of a mailbox"
# Authentication required, mechanism too weak, credentials invalid, encryption required (RFC 4954 section 6).
_SIGN_IN_CODES = frozenset({530, 534, 535, 538})
# The message is too large (RFC 3463: X.2.3 for the mailbox, X.3.4 for the system); 523 is seen without such a code.
_TOO_LARGE = re.compile(r"5\.(2\.3|3\.4)\b")
_ENHANCED = re.compile(r"5\.\d{1,3}\.\d{1,3}\b")
# What aiosmtplib raises, and what the socket, TLS and the encoding of a hostile address raise through it.
_FOREIGN = (aiosmtplib.SMTPException, OSError, RuntimeError, ValueError)


@dataclass
class _Attempt:
    """How far one attempt has come."""

    client: aiosmtplib.SMTP
    token: str = ""
    """The access token that it signs in with, where it does."""
    bytes_left: bool = False
    """The first byte of the message has been handed to the network."""


class SmtpSender:
    """The port's MailSender, over one relay."""

    def __init__(self, settings: SmtpSettings) -> None:
        """Keep the settings; nothing is connected yet."""
        self._settings = settings
        self._tls: ssl.SSLContext | None = None
        self._pace = Pace(settings.messages_per_minute, settings.connections)
        self._tokens = None
        if settings.oauth is not None:
            self._tokens = Tokens(
                settings.oauth,
                user=settings.user or "",
                owner="smtp",
                unavailable=MailRelayUnavailable,
                timeout_seconds=min(20, settings.timeout_seconds),
            )

    async def send(self, envelope: Envelope, message: bytes, claim: Claim) -> str:
        """Send the message as it stands; return the relay's reply to the last dot.

        It waits for its turn (`messages_per_minute`, `connections`); when that is far away it raises
        MailRelayUnavailable, which says when to come back. Then one deadline (`timeout_seconds`) for everything.

        Raises before `claim`: MailRelayUnavailable, RecipientRefused (MessageTooLarge), CredentialsRefused,
        SettingsInvalid; after it: MailRelayUnavailable and RecipientRefused (not taken) or AnswerLost (perhaps taken).
        What `claim` raises leaves as it is, and nothing is sent.
        """
        try:
            async with self._pace.turn(is_urgent=envelope.is_urgent):
                return await self._send(envelope, message, claim)
        except TurnFar as far:
            raise MailRelayUnavailable(
                f"{self._place}: it waits for its turn (`smtp.messages_per_minute`, `smtp.connections`)", far.seconds
            ) from None

    async def _send(self, envelope: Envelope, message: bytes, claim: Claim) -> str:
        attempt = await self._new_attempt()
        deadline = asyncio.timeout(self._settings.timeout_seconds)
        try:
            async with deadline:
                await self._connect(attempt)
                with self._translated(attempt):
                    await self._address(attempt.client, envelope, message)
                await claim()
                with self._translated(attempt):
                    reply = await self._hand_over(attempt, message)
        except TimeoutError:
            if not deadline.expired():
                raise  # claim's own
            _abort(attempt.client)
            raise self._too_late(attempt) from None
        except asyncio.CancelledError:
            _abort(attempt.client)
            raise
        finally:
            await _leave(attempt.client)
        return reply

    async def check(self) -> None:
        """Connect, sign in and leave. Raises MailRelayUnavailable, CredentialsRefused, SettingsInvalid."""
        attempt = await self._new_attempt()
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                await self._connect(attempt)
        except TimeoutError:
            _abort(attempt.client)
            raise self._too_late(attempt) from None
        finally:
            await _leave(attempt.client)

    async def _new_attempt(self) -> _Attempt:
        settings, tokens = self._settings, self._tokens
        if self._tls is None:
            self._tls = await asyncio.to_thread(settings.tls_context, "smtp")  # reads the system's certificates
        password = await asyncio.to_thread(settings.password)

        async def token() -> str:
            assert tokens is not None
            attempt.token = await asyncio.to_thread(tokens.token)
            return attempt.token

        client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            username=settings.user,
            password=password,
            oauth_token_generator=token if tokens else None,
            use_tls=settings.tls == "implicit",
            start_tls=settings.tls == "starttls",
            tls_context=self._tls,
            # Said, not looked up: the lookup can take longer than the whole attempt.
            local_hostname=settings.message_id_domain,
            timeout=None,  # one deadline for everything instead
        )
        attempt = _Attempt(client)
        return attempt

    async def _connect(self, attempt: _Attempt) -> None:
        """Connect and sign in. A token that is refused may have been revoked before its time: one more is tried, on a
        fresh line, for some servers cut this one.
        """
        try:
            await self._greet(attempt)
        except CredentialsRefused:
            if self._tokens is None or not attempt.token:
                raise
            self._tokens.forget(attempt.token)
            await _leave(attempt.client)
            attempt.client = (await self._new_attempt()).client
            await self._greet(attempt)

    async def _greet(self, attempt: _Attempt) -> None:
        client = attempt.client
        with self._translated(attempt):
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()

    async def _address(self, client: aiosmtplib.SMTP, envelope: Envelope, message: bytes) -> None:
        """Name the sender and every recipient; all must be accepted."""
        beyond_ascii = not all(address.isascii() for address in (envelope.mail_from, *envelope.rcpt_to))
        if beyond_ascii and not client.supports_extension("smtputf8"):
            raise RecipientRefused(
                f"{self._place}: an address is not ASCII and the relay offers no SMTPUTF8 (RFC 6531)"
            )
        options = ["SMTPUTF8"] if beyond_ascii else []
        if client.supports_extension("size"):
            self._require_fits(client.esmtp_extensions["size"], len(message))
            options.append(f"SIZE={len(message)}")  # too large is said now, not after all the bytes (RFC 1870)
        if not message.isascii() and client.supports_extension("8bitmime"):
            options.append("BODY=8BITMIME")
        encoding = "utf-8" if beyond_ascii else "ascii"
        try:
            _refuse_repairs(envelope)
            await client.mail(envelope.mail_from, options=options, encoding=encoding)
            for recipient in envelope.rcpt_to:
                await client.rcpt(recipient, encoding=encoding)
        except ValueError:
            raise RecipientRefused(f"{self._place}: an address of the envelope cannot be written in SMTP") from None

    async def _hand_over(self, attempt: _Attempt, message: bytes) -> str:
        """DATA, the bytes, the last dot. In two steps, where aiosmtplib's `data` does not say how far it came."""
        start = await attempt.client.execute_command(b"DATA")
        if start.code != _GO_ON:
            raise self._refused(start.code, start.message)
        protocol = attempt.client.protocol
        if protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        attempt.bytes_left = True
        # A relay that refuses in the middle and closes has said why: its reply is read all the same.
        with suppress(ConnectionError):
            for piece in _stuffed(message):
                protocol.write(piece)
                await protocol._drain_helper()
        reply = await protocol.read_response()
        if reply.code // 100 == 2:
            return str(reply)[:_LONGEST_REPLY]
        if reply.code // 100 in {4, 5}:
            raise self._refused(reply.code, reply.message)
        raise aiosmtplib.SMTPResponseException(reply.code, reply.message)  # no answer to this question

    @contextmanager
    def _translated(self, attempt: _Attempt) -> Iterator[None]:
        """Let only our errors out."""
        try:
            yield
        except GatewayError:
            raise
        except _FOREIGN as error:  # a deadline comes as CancelledError, so that a TimeoutError here is the system's
            raise self._translate(error, attempt) from None

    def _translate(self, error: Exception, attempt: _Attempt) -> GatewayError:
        if attempt.bytes_left:
            _abort(attempt.client)
            return AnswerLost(f"{self._place}: no answer to the last dot ({type(error).__name__})")
        cause = error if isinstance(error, ssl.SSLError) else error.__cause__
        if isinstance(cause, ssl.SSLCertVerificationError):
            return MailRelayUnavailable(
                f"{self._place}: its certificate is not trusted ({cause.verify_message}): check `host` and `ca_file`"
            )
        match error:
            case aiosmtplib.SMTPAuthenticationError() if error.code // 100 == 5:
                return self._sign_in_refused(error.code, error.message)
            case aiosmtplib.SMTPSenderRefused() | aiosmtplib.SMTPRecipientRefused():
                # "Sign in first" is no word about the recipient.
                is_about_us = error.code in _SIGN_IN_CODES
                return (self._sign_in_refused if is_about_us else self._refused)(error.code, error.message)
            case aiosmtplib.SMTPResponseException():
                return MailRelayUnavailable(f"{self._place}: {_cut(error.code, error.message)}")
            case OSError():
                words = cause.strerror if isinstance(cause, OSError) and cause.strerror else type(error).__name__
                return MailRelayUnavailable(f"{self._place}: {words}: check `host`, `port` and `tls`")
            case aiosmtplib.SMTPException() if "AUTH" in error.message or "authentication" in error.message:
                return CredentialsRefused(f"{self._place}: it offers no sign-in that we know: check `user` and `tls`")
            case aiosmtplib.SMTPException() if "STARTTLS" in error.message:
                return MailRelayUnavailable(f"{self._place}: it offers no STARTTLS: check `tls` and `port`")
        return MailRelayUnavailable(f"{self._place}: {type(error).__name__}")

    def _require_fits(self, announced: str, size_bytes: int) -> None:
        """Raise MessageTooLarge when the relay announced less (RFC 1870 section 4; 0 and nothing mean no fixed limit)."""
        limit = int(announced) if announced.isdecimal() and len(announced) <= 20 else 0
        if limit and size_bytes > limit:
            raise MessageTooLarge(f"{self._place}: {size_bytes} bytes, it takes {limit}: {_MENDS_SIZE}")

    def _refused(self, code: int, message: str) -> GatewayError:
        """Return what a reply that is no yes means, before or after the message."""
        words = f"{self._place}: {_cut(code, message)}"
        if code // 100 != 5:
            return MailRelayUnavailable(words)
        return MessageTooLarge(f"{words}: {_MENDS_SIZE}") if _is_about_size(code, message) else RecipientRefused(words)

    def _sign_in_refused(self, code: int, message: str) -> GatewayError:
        proof = self._settings.proof if self._settings.user else "password_env"
        return CredentialsRefused(
            f"{self._place}: sign-in refused ({_cut(code, message)}): check `user` and `{proof}`, and `tls`"
        )

    def _too_late(self, attempt: _Attempt) -> GatewayError:
        words = f"{self._place}: no answer within {self._settings.timeout_seconds:g} s (`timeout_seconds`)"
        return AnswerLost(words) if attempt.bytes_left else MailRelayUnavailable(words)

    @property
    def _place(self) -> str:
        return f"smtp, server {self._settings.host}:{self._settings.port}"


def _stuffed(message: bytes) -> Iterator[bytes]:
    """Yield what goes over the line after DATA, in pieces: whole line ends, dots doubled (RFC 5321 section 4.5.2), and
    the last dot. As a whole it would take four times a large message's size in memory.
    """
    start = 0
    while start < len(message) or start == 0:
        end = message.find(b"\n", start + _PIECE_BYTES) + 1 or len(message)
        yield PERIOD_REGEX.sub(b"..", normalize_message_line_endings(message[start:end]))
        start = end or 1
    yield b".\r\n"


def _is_about_size(code: int, message: str) -> bool:
    """Say whether it is the message that is too large. 552 is also said of a mailbox that is full (5.2.2)."""
    if _TOO_LARGE.match(message):
        return True
    return code == _TOO_LARGE_CODE or (code == _OVER_STORAGE_CODE and not _ENHANCED.match(message))


def _refuse_repairs(envelope: Envelope) -> None:
    """Raise ValueError for an address that aiosmtplib would write otherwise than it stands: that is another mailbox."""
    addresses = envelope.rcpt_to if envelope.mail_from == "" else (envelope.mail_from, *envelope.rcpt_to)
    if not envelope.rcpt_to or not all(address and quote_address(address) == f"<{address}>" for address in addresses):
        raise ValueError("not an address")


async def _leave(client: aiosmtplib.SMTP) -> None:
    """Say QUIT where somebody listens, and release the socket. What fails here changes nothing."""
    with suppress(*_FOREIGN):
        if client.is_connected:
            async with asyncio.timeout(_QUIT_SECONDS):
                await client.quit()
    _abort(client)


def _abort(client: aiosmtplib.SMTP) -> None:
    """Release the socket at once. An orderly close would go on sending what is left of the message."""
    transport = client.transport
    if isinstance(transport, asyncio.WriteTransport) and not transport.is_closing():
        transport.abort()
    client.close()


def _cut(code: int, message: str) -> str:
    return f"{code} {message}"[:_LONGEST_REPLY]
