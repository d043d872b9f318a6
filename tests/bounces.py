"""What mail servers send back, in the shapes in which they do; invented."""

from __future__ import annotations

from email import message_from_bytes, policy
from uuid import uuid4

from tests.servers.smtp_server import Taken

_DATE = "Mon, 16 Nov 2026 10:05:00 +0100"


def postfix(taken: Taken, *, action: str = "failed", status: str = "5.1.1", to: str = "", names: str = "") -> bytes:
    """Return a multipart/report (RFC 3464) with the headers of what was sent. `to`: where it goes, by default where it
    belongs; `names`: whom it speaks of, by default whom we wrote to.
    """
    about = names or taken.rcpt_to[0]
    head, _, _ = taken.message.replace(b"\r\n", b"\n").partition(b"\n\n")
    return _crlf(f"""\
From: MAILER-DAEMON@mx.inwoner.test (Mail Delivery System)
To: {to or taken.mail_from}
Subject: {"Delayed Mail (still being retried)" if action == "delayed" else "Undelivered Mail Returned to Sender"}
Date: {_DATE}
Message-ID: <{uuid4().hex}@mx.inwoner.test>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_grens"

--=_grens
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.inwoner.test.

<{about}>: host mx.inwoner.test said: 550 {status} <{about}>: not here
--=_grens
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.inwoner.test
Arrival-Date: {_DATE}

Final-Recipient: rfc822; {about}
Original-Recipient: rfc822;{about}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} <{about}>: not here

--=_grens
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

{head.decode()}

--=_grens--
""")


def exchange(taken: Taken, status: str = "5.1.10") -> bytes:
    """Return a report as Exchange Online writes it: from a postmaster, the whole message returned, References of ours."""
    message = taken.message.replace(b"\r\n", b"\n").decode()
    ours = message_from_bytes(taken.message, policy=policy.default)["Message-ID"]
    return _crlf(f"""\
From: <postmaster@afdeling.test>
To: <{taken.mail_from}>
Subject: Undeliverable: {uuid4().hex}
Date: {_DATE}
Message-ID: <{uuid4().hex}@afdeling.test>
In-Reply-To: {ours}
References: {ours}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="_000_grens"
X-Auto-Response-Suppress: All

--_000_grens
Content-Type: text/plain; charset="us-ascii"

Delivery has failed to these recipients or groups:

{taken.rcpt_to[0]}
The recipient's e-mail address was not found.
--_000_grens
Content-Type: message/delivery-status

Reporting-MTA: dns;AM0PR01.afdeling.test
Received-From-MTA: dns;relay.gemeente.test
Arrival-Date: {_DATE}

Final-Recipient: rfc822;{taken.rcpt_to[0]}
Action: failed
Status: {status}
Diagnostic-Code: smtp;550 {status} RESOLVER.ADR.RecipientNotFound; not found

--_000_grens
Content-Type: message/rfc822

{message}
--_000_grens--
""")


def exim(taken: Taken) -> bytes:
    """Return what an old Exim writes: words, and a copy. It goes to the local part in lower case."""
    message = taken.message.replace(b"\r\n", b"\n").decode()
    return _crlf(f"""\
From: Mail Delivery System <Mailer-Daemon@mail.inwoner.test>
To: {taken.mail_from.lower()}
Auto-Submitted: auto-replied
X-Failed-Recipients: {taken.rcpt_to[0]}
Subject: Mail delivery failed: returning message to sender
Date: {_DATE}
Message-ID: <{uuid4().hex}@mail.inwoner.test>

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {taken.rcpt_to[0]}
    SMTP error from remote mail server after RCPT TO:<{taken.rcpt_to[0]}>:
    host mx.inwoner.test: 552 5.2.2 mailbox is full

------ This is a copy of the message, including all the headers. ------

{message}
""")


def out_of_office(taken: Taken) -> bytes:
    """Return an automatic answer that went to the envelope sender, as RFC 3834 asks."""
    ours = message_from_bytes(taken.message, policy=policy.default)["Message-ID"]
    return _crlf(f"""\
From: Jan <{taken.rcpt_to[0]}>
To: {taken.mail_from}
Subject: Afwezig: Wij hebben uw bericht ontvangen
Date: {_DATE}
Message-ID: <{uuid4().hex}@inwoner.test>
In-Reply-To: {ours}
Auto-Submitted: auto-replied (vacation)

Ik ben er tot maandag niet.
""")


def _crlf(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()
