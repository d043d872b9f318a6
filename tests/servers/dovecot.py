"""Dovecot: a real IMAP server, with LMTP to put mail in."""

from __future__ import annotations

import getpass
import grp
import imaplib
import os
import shutil
import smtplib
import socket
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from imapclient import IMAPClient

from tests.servers.ports import LOOPBACK, end, end_now, free_port, is_root, program, run, start, wait_until

INSTALL = "apt-get install -y dovecot-imapd dovecot-lmtpd"
PASSWORD = 'ge"heim\\x'  # with what a careless client forgets to quote


class Dovecot:
    """One server; every user name exists, with the same password and an empty mailbox."""

    def __init__(
        self,
        folder: Path,
        *,
        capabilities: str = "",
        tls: bool = False,
        time_zone: str = "UTC",
        password: str = PASSWORD,
        mechanisms: str = "plain login",
        introspection_url: str = "",
        names: Sequence[str] = ("localhost", LOOPBACK),
        days: int = 2,
    ) -> None:
        """`folder`: enterable for others. `capabilities`: what the server owns up to, to play a poorer one.

        `tls`: STARTTLS on `port` and TLS on `tls_port`, with a private authority in `ca_file`.
        `names`, `days`: of its certificate; see `make_certificates`.
        `introspection_url`: access tokens sign in too (XOAUTH2), when this vouches for them (RFC 7662).
        """
        self._folder = folder
        self._program = program("dovecot", INSTALL)
        program("lmtp", INSTALL)
        self._time_zone = time_zone
        self.password = password
        self.port, self.tls_port, self.lmtp_port = free_port(), free_port(), free_port()
        self.ca_file = folder / "ca.pem"
        self.password_file = folder / "password"
        self.password_file.write_text(password + "\n", encoding="utf-8")
        self._log = folder / "dovecot.log"
        self._process: subprocess.Popen[bytes] | None = None
        mail = folder / "mail"
        mail.mkdir()
        self._user = "nobody" if is_root() else getpass.getuser()
        self._group = "nogroup" if is_root() else grp.getgrgid(os.getegid()).gr_name
        if is_root():
            shutil.chown(mail, self._user, self._group)
        if tls:
            make_certificates(folder, names, days=days)
        if introspection_url:
            mechanisms += " xoauth2"
        lines = self._configuration(capabilities, mechanisms, tls=tls) + self._tokens(introspection_url)
        (folder / "dovecot.conf").write_text(lines, encoding="utf-8")

    def start(self) -> None:
        """Start; return when it answers."""
        command = [self._program, "-F", "-c", str(self._folder / "dovecot.conf")]
        self._process = start(command, self._log, {"TZ": self._time_zone})
        wait_until(self._answers, "Dovecot", self._process, self._log)

    def stop(self) -> None:
        """Stop it and every connection."""
        if self._process is not None:
            end(self._process)
            self._process = None

    def kill(self) -> None:
        """End it as a power cut would; faster than `stop`."""
        if self._process is not None:
            end_now(self._process)
            self._process = None

    def fill(self, user: str, mails: Iterable[bytes]) -> None:
        """Put mails in the user's new INBOX at once, past the server: tens of thousands come in seconds."""
        folder = self._folder / "mail" / user
        for name in ("cur", "new", "tmp"):
            (folder / name).mkdir(parents=True)
        for number, mail in enumerate(mails):
            (folder / "new" / f"1700000000.M{number:09}.test").write_bytes(mail)
        if is_root():
            for path in (folder, *folder.rglob("*")):
                shutil.chown(path, self._user, self._group)

    def deliver(self, mail: bytes, user: str, sender: str = "jan@inwoner.test") -> None:
        """Put a mail in the user's INBOX, as an MTA would (LMTP). `sender`: of the envelope, becomes Return-Path."""
        with smtplib.LMTP(LOOPBACK, self.lmtp_port, timeout=20) as client:
            client.sendmail(sender, [user], mail)

    def client(self, user: str, folder: str | None = None) -> IMAPClient:
        """Return a signed-in client, to look at a mailbox behind the gateway's back; use it with `with`."""
        client = IMAPClient(LOOPBACK, self.port, ssl=False, timeout=20)
        client.plain_login(user, self.password)
        if folder is not None:
            client.select_folder(folder)
        return client

    def _answers(self) -> None:
        with imaplib.IMAP4(LOOPBACK, self.port, timeout=5):
            pass
        with socket.create_connection((LOOPBACK, self.lmtp_port), timeout=5):
            pass

    def _configuration(self, capabilities: str, mechanisms: str, *, tls: bool) -> str:
        folder = self._folder
        lines = [
            f"base_dir = {folder}/run",
            f"state_dir = {folder}/state",
            f"log_path = {folder}/dovecot.log",
            "protocols = imap lmtp",
            "listen = 127.0.0.1",
            "disable_plaintext_auth = no",
            f"auth_mechanisms = {mechanisms}",
            f"mail_location = maildir:{folder}/mail/%u",
            f"mail_uid = {self._user}",
            f"mail_gid = {self._group}",
            "first_valid_uid = 1",
            "mail_max_userip_connections = 100",
            "auth_failure_delay = 0",
            f"default_internal_user = {'dovecot' if is_root() else self._user}",
            f"default_internal_group = {'dovecot' if is_root() else self._group}",
            f"default_login_user = {'dovenull' if is_root() else self._user}",
            # Else a wrong password in one test slows the sign-ins of all others.
            "service anvil {\n unix_listener anvil-auth-penalty {\n mode = 0\n }\n}",
            _service(
                "imap-login", self._listener("imap", self.port) + self._listener("imaps", self.tls_port if tls else 0)
            ),
            _service("lmtp", self._listener("lmtp", self.lmtp_port)),
            f"passdb {{\n driver = static\n mechanisms = plain login\n args = password={self.password}\n}}",
            (
                f"userdb {{\n driver = static\n args = uid={self._user} gid={self._group} home={folder}/mail/%u"
                " allow_all_users=yes\n}"
            ),
            "protocol lmtp {\n postmaster_address = postmaster@localhost\n}",
        ]
        if not is_root():
            lines += [f"service {name} {{\n chroot =\n}}" for name in ("imap-login", "anvil", "stats")]
        if tls:
            lines += ["ssl = yes", f"ssl_cert = <{folder}/server.pem", f"ssl_key = <{folder}/server.key"]
        else:
            lines.append("ssl = no")
        if capabilities:
            lines.append(f"imap_capability = {capabilities}")
        return "\n".join(lines) + "\n"

    def _tokens(self, introspection_url: str) -> str:
        if not introspection_url:
            return ""
        lines = [f"introspection_url = {introspection_url}", "introspection_mode = post"]
        lines += ["username_attribute = username", "active_attribute = active", "active_value = true"]
        (self._folder / "oauth2.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return f"passdb {{\n driver = oauth2\n mechanisms = xoauth2\n args = {self._folder}/oauth2.conf\n}}\n"

    @staticmethod
    def _listener(name: str, port: int) -> str:
        ssl = " ssl = yes\n" if name == "imaps" else ""
        return f" inet_listener {name} {{\n address = 127.0.0.1\n port = {port}\n{ssl} }}\n"


def make_certificates(folder: Path, names: Sequence[str] = ("localhost", LOOPBACK), *, days: int = 2) -> None:
    """Write a private authority (`ca.pem`) and a server certificate by it (`server.pem`, `server.key`).

    `days`: so long it is valid; below 0 it has expired.
    """
    openssl = program("openssl", "apt-get install -y openssl")
    kinds = ",".join(("IP:" if name[0].isdigit() else "DNS:") + name for name in names)
    extensions = folder / "server.ext"
    extensions.write_text(f"subjectAltName={kinds}\nbasicConstraints=CA:FALSE\n", encoding="utf-8")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    authority = ["-keyout", f"{folder}/ca.key", "-out", f"{folder}/ca.pem"]
    uses = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"]
    run(openssl, "req", "-x509", *key, *authority, "-days", "2", "-subj", "/CN=Test authority", *uses)
    run(
        openssl,
        "req",
        *key,
        "-keyout",
        f"{folder}/server.key",
        "-out",
        f"{folder}/server.csr",
        "-subj",
        "/CN=localhost",
    )
    signing = ["-CA", f"{folder}/ca.pem", "-CAkey", f"{folder}/ca.key", "-CAcreateserial", "-days", str(days)]
    run(openssl, "x509", "-req", "-in", f"{folder}/server.csr", *signing, "-extfile", str(extensions),
        "-out", f"{folder}/server.pem")  # fmt: skip


def _service(name: str, body: str) -> str:
    return f"service {name} {{\n{body}}}"
