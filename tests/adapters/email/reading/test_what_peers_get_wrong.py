"""What other systems get wrong in reading a mail, each failure by the name of who has it: ours survives.

The failures were found in their code, documentation and issue trackers. Those of picking mail up, of threads and of
limits are tested where those are: beside the IMAP source, the links and the acknowledgements.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.email.reading.read import read_mail
from inbox.reading import Reading


def mail(*fields: str, body: str = "De lamp is kapot.", sender: str = "sanne@postbus.example") -> Reading:
    return read_mail("\n".join([f"From: {sender}", *fields, "", body]).encode())


def report(kind: str, body: str, *fields: str) -> Reading:
    content_type = f'Content-Type: multipart/{kind}; report-type=delivery-status; boundary="r"'
    return mail("Return-Path: <>", content_type, *fields, body=body, sender="MAILER-DAEMON@mx.example")


def is_persons(reading: Reading) -> bool:
    return not reading.is_automatic and reading.may_acknowledge


def is_machines(reading: Reading) -> bool:
    return reading.is_automatic and not reading.may_acknowledge


def is_kept(reading: Reading) -> bool:
    return reading.text == "De lamp is kapot."


def is_bounce_of(address: str) -> Callable[[Reading], bool]:
    def holds(reading: Reading) -> bool:
        return reading.report is not None and [one.address for one in reading.report.recipients] == [address]

    return holds


STATUS = (
    "--r\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; weg@x.example\n"
)
RETURNED = "--r\nContent-Type: message/rfc822\n\nMessage-ID: <ack@havendam.example>\n\nOntvangen.\n--r--\n"
LARGE = "De lamp is kapot.\n" * 1_000_000

PEERS: dict[str, tuple[Callable[[], Reading], Callable[[Reading], bool]]] = {
    "FreeScout: any Auto-Submitted counts, `no` too": (lambda: mail("Auto-Submitted: no"), is_persons),
    "osTicket and Zammad: only two values of Auto-Submitted count": (
        lambda: mail("Auto-Submitted: auto-notified"),
        is_machines,
    ),
    "Zammad and osTicket: a wish in X-Auto-Response-Suppress is missed unless it is All or comes first": (
        lambda: mail("X-Auto-Response-Suppress: DR, NDR, RN, NRN, OOF"),
        lambda reading: not reading.may_acknowledge,
    ),
    "sisimai and others: X-Auto-Response-Suppress is taken as proof of a machine": (
        lambda: mail("X-Auto-Response-Suppress: All"),
        lambda reading: not reading.is_automatic,
    ),
    "nobody looks at List-Id and List-Post": (lambda: mail("List-Id: <nieuws.brieven.example>"), is_machines),
    "Zammad: a newsletter is known by List-Unsubscribe only": (
        lambda: mail("List-Help: <https://brieven.example>"),
        is_machines,
    ),
    "FreeScout: a null Return-Path is seen only in the first field": (
        lambda: mail("Received: by mx.example; Mon, 5 Jan 2026 09:15:00 +0100", "Return-Path: <>"),
        is_machines,
    ),
    "RT and libredesk: Precedence list, and libredesk any, is not seen": (
        lambda: mail("Precedence: list"),
        lambda reading: not reading.may_acknowledge,
    ),
    "libredesk: multipart/report is not seen": (
        lambda: mail("Content-Type: multipart/report; report-type=disposition-notification"),
        is_machines,
    ),
    "FreeScout: of the machines' names only mailer-daemon is known": (
        lambda: mail(sender="noreply@brieven.example"),
        is_machines,
    ),
    "nobody knows the Dutch no-reply names: geenantwoord": (
        lambda: mail(sender="geenantwoord@brieven.example"),
        is_machines,
    ),
    "nobody knows the Dutch no-reply names: niet-beantwoorden": (
        lambda: mail(sender="niet-beantwoorden@brieven.example"),
        is_machines,
    ),
    "libredesk and iTop: an automatic mail is thrown away": (lambda: mail("Auto-Submitted: auto-replied"), is_kept),
    "Chatwoot and libredesk: a mail without Message-ID is skipped for ever": (
        mail,
        lambda reading: reading.message_id == "" and is_kept(reading) and reading.may_acknowledge,
    ),
    "RT: a mail that cannot be parsed is sent to the owner and gone": (
        lambda: mail('Content-Type: multipart/mixed; boundary="', "To: <<,;", "Date: gisteren"),
        is_kept,
    ),
    "RT: an attachment above 10 MiB is dropped; Zammad, Znuny and iTop: so is the mail": (
        lambda: mail(
            'Content-Type: multipart/mixed; boundary="r"',
            body=f"--r\n\nDe lamp is kapot.\n--r\nContent-Disposition: attachment; filename=a.txt\n\n{LARGE}\n--r--",
        ),
        lambda reading: is_kept(reading) and reading.parts[0].size_bytes == len(LARGE),
    ),
    "most: a missing Return-Path is guessed from From": (mail, lambda reading: reading.return_path is None),
    "most: a null path is the same as none": (
        lambda: mail("Return-Path: <>"),
        lambda reading: reading.return_path == "",
    ),
    "RT: an empty From is a machine; ours: nobody to answer, and kept": (
        lambda: mail(sender=""),
        lambda reading: not reading.is_automatic and not reading.may_acknowledge and is_kept(reading),
    ),
    "FreeScout: a report is known, but not what it says": (
        lambda: report("report", f"{STATUS}Action: failed\nStatus: 5.1.1\n{RETURNED}"),
        is_bounce_of("weg@x.example"),
    ),
    "Zammad and Cerb: a bounce finds its message only by the returned one": (
        lambda: report("report", f"{STATUS}Action: failed\nX-Original-Message-ID: <ack@havendam.example>\n--r--\n"),
        lambda reading: reading.report is not None and reading.report.original_message_id == "ack@havendam.example",
    ),
    "most: a delay is a failure": (
        lambda: report("report", f"{STATUS}Action: delayed\nStatus: 4.4.1\n{RETURNED}"),
        lambda reading: reading.report is not None and reading.report.recipients[0].action == "delayed",
    ),
    "several: a bounce in plain words is a message of a person": (
        lambda: mail(
            "Return-Path: <>",
            sender="MAILER-DAEMON@mx.example",
            body="Hi. This is the qmail-send program at mx.example.\n\n<weg@x.example>:\nNo such user. (#5.1.1)\n",
        ),
        is_bounce_of("weg@x.example"),
    ),
    "osTicket: the own notice that comes back is known by its Message-ID only": (
        lambda: mail("X-Inbox-Gateway-Loop: 1.abc"),
        is_machines,
    ),
    "all: a web form's mail is a machine's, and nobody asks whom to answer": (
        lambda: mail("Auto-Submitted: auto-generated", "Reply-To: jan@postbus.example"),
        lambda reading: is_kept(reading) and reading.reply_to == ("jan@postbus.example",),
    ),
}


@pytest.mark.parametrize(("read", "survives"), PEERS.values(), ids=PEERS.keys())
def test_failure_of_a_peer_is_none_of_ours(read: Callable[[], Reading], survives: Callable[[Reading], bool]) -> None:
    reading = read()

    assert survives(reading), reading.model_dump(exclude={"text", "new_text"})
