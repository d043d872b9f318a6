"""Reports about mail itself, for whoever keeps the mail servers: DMARC (RFC 7489) and TLS (RFC 8460)."""

from __future__ import annotations

import re

from adapters.email.reading.entity import Entity

# RFC 7489 section 7.2.1.1 and RFC 8460 section 5.3; Microsoft and others put words in front.
_SUBJECT = re.compile(
    r"(?:\[[^\]]{1,30}\]\s*)?(?:dmarc (?:aggregate )?)?report[- ]domain:\s*\S+.{0,200}\bsubmitter:", re.IGNORECASE
)
_FILE = re.compile(
    r"[^!\s]{1,255}![^!\s]{1,255}!\d{9,11}!\d{9,11}(?:![^!\s]{1,100})?\.(?:xml|json|zip|gz|xml\.gz|json\.gz)", re.IGNORECASE
)  # fmt: skip
_TLS_PARTS = frozenset({"application/tlsrpt+gzip", "application/tlsrpt+json"})


def is_about_mail(mail: Entity, subject: str) -> bool:
    """Say whether this is such a report: by its subject, its TLS-Report field, or as nothing but the named file.

    A person who sends a report on writes words or another subject.
    """
    if _SUBJECT.match(subject) or mail.fields.all("tls-report-domain"):
        return True
    if mail.children:
        return any(child.media_type in _TLS_PARTS for child in mail.children)
    return _FILE.fullmatch(mail.file_name) is not None
