"""What a scan file says of the device that made it: a replacement decision asks for that (Archiefbesluit)."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from adapters.post.reading.scan import Scan

DEVICE, SOFTWARE, DPI, COLOUR, SCANNED_AT, OPERATOR = "device", "software", "dpi", "colour", "scanned_at", "operator"
_LONGEST = 100
"""Characters of a value: anybody may write there."""
_MAKE, _MODEL, _SERIAL = 0x010F, 0x0110, 0xA431
_SOFTWARE, _CHANGED, _ARTIST, _COMPUTER = 0x0131, 0x0132, 0x013B, 0x013C
_EXIF, _DIGITISED = 0x8769, 0x9004
"""TIFF 6.0 section 8, and Exif 2.32 section 4.6; a TIFF, a JPEG and a PNG name them alike."""
_COLOURS = {"1": "bitonal", "L": "grey", "LA": "grey", "I": "grey", "I;16": "grey", "I;16B": "grey", "F": "grey"}
"""By Pillow's mode; every other one has colours."""
_EXIF_TIME = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_PDF_TIME = re.compile(r"(?:D:)?(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:(Z)|([+-])(\d\d)'?(\d\d)?)?")
"""ISO 32000-1 section 7.9.4."""


def device_of(scan: Scan) -> tuple[tuple[str, str], ...]:
    """Return `device`, `software`, `dpi`, `colour` (`bitonal`, `grey`, `colour`), `scanned_at` (ISO 8601) and `operator`.

    In this order, and only what the file says, of its first page; without control characters, at most 100 characters
    each. Claimed, not proven. Never raises.
    """
    try:
        said = _of_pdf(scan) if scan.kind == "PDF" else _of_picture(scan)
    except Exception:  # noqa: BLE001 - what stands there is anybody's, and no letter depends on it
        return ()
    cleaned = {name: _cleaned(said.get(name)) for name in (DEVICE, SOFTWARE, DPI, COLOUR, SCANNED_AT, OPERATOR)}
    return tuple((name, value) for name, value in cleaned.items() if value)


def _of_pdf(scan: Scan) -> dict[str, Any]:
    """Scanners write themselves down as `Creator`, and as `Author` whoever was signed in."""
    from adapters.post.reading.pdf_scan import PdfScan

    assert isinstance(scan, PdfScan)
    info = scan.information()
    dpi, bits, is_indexed = scan.first_picture()
    colour = {0: "", 1: "bitonal"}.get(bits, "grey" if bits <= 16 and not is_indexed else "colour")
    return {
        DEVICE: info.get("Creator") or info.get("Producer"),
        SOFTWARE: info.get("Producer"),
        DPI: _dpi(dpi),
        COLOUR: colour,
        SCANNED_AT: _pdf_time(info.get("CreationDate", "")),
        OPERATOR: info.get("Author"),
    }


def _of_picture(scan: Scan) -> dict[str, Any]:
    from PIL import Image

    # Headers only; nothing is unpacked.
    with Image.open(io.BytesIO(scan.content), formats=(scan.kind,)) as picture:
        tags = picture.getexif()
        closer = tags.get_ifd(_EXIF)
        info = picture.info
        return {
            DEVICE: _device(tags, closer) or info.get("Source"),
            SOFTWARE: tags.get(_SOFTWARE) or info.get("Software"),
            DPI: _dpi(info.get("dpi", (0.0, 0.0))[0]),
            COLOUR: _COLOURS.get(picture.mode, "colour"),
            SCANNED_AT: _exif_time(closer.get(_DIGITISED))
            or _exif_time(tags.get(_CHANGED) or info.get("Creation Time")),
            OPERATOR: tags.get(_ARTIST) or info.get("Author") or tags.get(_COMPUTER),
        }


def _device(tags: Mapping[int, Any], closer: Mapping[int, Any]) -> str:
    make, model, serial = (_cleaned(value) for value in (tags.get(_MAKE), tags.get(_MODEL), closer.get(_SERIAL)))
    # Many repeat the make in the model.
    named = model if model.lower().startswith(make.lower()) else f"{make} {model}"
    return f"{named} {serial}" if serial else named


def _dpi(said: Any) -> str:
    return str(round(float(said))) if float(said) >= 1 else ""


def _exif_time(said: Any) -> str:
    """Return it as ISO 8601, without a zone: it is the device's own clock."""
    found = _EXIF_TIME.match(str(said or ""))
    return _iso(*(int(part) for part in found.groups())) if found else ""


def _pdf_time(said: str) -> str:
    found = _PDF_TIME.match(said)
    if not found:
        return ""
    parts, (is_utc, sign, hours, minutes) = found.groups()[:6], found.groups()[6:]
    zone = None
    if is_utc or sign:
        ahead = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        zone = timezone(-ahead if sign == "-" else ahead)
    return _iso(*(int(part or 0) for part in parts), zone=zone)


def _iso(*parts: int, zone: timezone | None = None) -> str:
    try:
        year, month, day, hour, minute, second = parts
        return datetime(year, month, day, hour, minute, second, tzinfo=zone).isoformat()
    except ValueError:
        return ""  # a clock that was never set


def _cleaned(said: Any) -> str:
    """Return it as one line of printable characters."""
    if isinstance(said, bytes):
        said = said.decode("utf-8", "replace")
    printable = "".join(sign if sign.isprintable() else " " for sign in str(said or ""))
    return " ".join(printable.split())[:_LONGEST].strip()
