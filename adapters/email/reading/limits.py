"""How much of a mail is looked at. Each number bounds something that a stranger chooses; the bytes keep the rest."""

from __future__ import annotations

from typing import NamedTuple

READ_LIMIT_BYTES = 150 * 1024 * 1024
"""Larger mails are not read at all (TooLarge). Most servers refuse 25 to 50 MiB, Exchange Online allows 150 MB."""


class HeaderLimit(NamedTuple):
    """How much of one header is looked at."""

    size_bytes: int
    fields: int


MAIL_HEADER = HeaderLimit(256 * 1024, 1_000)
"""A mail's own header. Long Received, ARC and DKIM chains stay below 64 KiB."""

PART_HEADER = HeaderLimit(16 * 1024, 200)
"""One part's header; there may be many parts."""

VALUE_LIMIT = 64 * 1024
"""Characters of one field's raw value: a To with a thousand people still fits."""

WORDS_LIMIT = 8 * 1024
"""Raw characters of a field that are decoded as words (RFC 2047)."""

PARAMETERS_LIMIT = 4 * 1024
"""Raw characters of a Content-Type or Content-Disposition: a file name of 200 characters is 2,400 at worst."""

DEPTH_LIMIT = 20
"""Levels of nested parts. Forwarded threads reach eight; more is a bomb and stays an opaque part."""

ENTITY_LIMIT = 500
"""Parts of all levels together."""

FALSE_BOUNDARY_LIMIT = 1_000
"""Lines that begin like a boundary and are none, per multipart."""

WORDS_BYTES_LIMIT = 4 * 1024 * 1024
"""Encoded bytes of one text part: 200,000 characters are 2.4 MB at worst (four bytes each, half of them escaped)."""

HTML_LIMIT = 1_000_000
"""Characters of HTML in one mail, all its parts together, without the pictures inside it."""

ELEMENT_LIMIT = 30_000
"""HTML elements that are laid out (about 10 µs each); beyond that only the tags are taken out."""

SUBJECT_LIMIT = 1_000

NAME_LIMIT = 200
"""Characters of a sender's display name, and of a part's file name."""

EXTENSION_LIMIT = 20

ADDRESS_LIMIT = 320
"""RFC 3696 erratum 1690: 64 for the local part, 255 for the domain, and the @."""

RECIPIENT_LIMIT = 1_000

MESSAGE_ID_LIMIT = 998
"""RFC 5322 section 2.1.1: longest line."""

REPLY_TO_LIMIT = 100

TRACE_LIMIT = 30
"""Received fields. RFC 5321 section 6.3 lets servers stop a mail at 100; real ones have below 15."""

RETURNED_LIMIT = 256 * 1024
"""Bytes of a delivery report's status part, and of what it returns, that are looked at."""

CALENDAR_LIMIT = 256 * 1024
"""Encoded bytes of an invitation that are looked at."""

TNEF_ATTRIBUTE_LIMIT = 5_000
"""Attributes of one winmail.dat; each attachment has five or so."""

HEAD_LIMIT = 8 * 1024
"""Decoded bytes of a part from which its media type is told."""

DIAGNOSTIC_LIMIT = 500
"""Characters of a server's words about one recipient."""

REPORTED_LIMIT = 100
"""Recipients that one delivery report speaks of."""

HEADER_FIELDS_KEPT = 200
HEADER_VALUE_KEPT = 2_000
"""What `Reading.headers` holds, for rules."""
