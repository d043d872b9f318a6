"""What a scan file says of the device that made it: a replacement decision asks for that (Archiefbesluit)."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from adapters.post.reading.scan import Scan
from adapters.post.reading.series_scan import SeriesScan
from adapters.post.reading.xmp import xmp_of

DEVICE, SOFTWARE, DPI, COLOUR, SCANNED_AT, OPERATOR = "device", "software", "dpi", "colour", "scanned_at", "operator"
COMPUTER, PAPER_BOX = "computer", "paper_box"
_ORDER = (DEVICE, SOFTWARE, DPI, COLOUR, SCANNED_AT, OPERATOR, COMPUTER, PAPER_BOX)
_LONGEST = 100
"""Characters of a value: anybody may write there."""
_LONGEST_WORDS = 1000
"""Characters of free words that are looked through."""
_MAKE, _MODEL, _SERIAL = 0x010F, 0x0110, 0xA431
_SOFTWARE, _CHANGED, _ARTIST, _COMPUTER = 0x0131, 0x0132, 0x013B, 0x013C
_DOCUMENT_NAME, _DESCRIPTION, _COMMENT = 0x010D, 0x010E, 0x9286
_EXIF, _DIGITISED = 0x8769, 0x9004
"""TIFF 6.0 section 8, and Exif 2.32 section 4.6; a TIFF, a JPEG and a PNG name them alike."""
_WRITTEN = {
    OPERATOR: re.compile(r"\b(?:operator|gescand door|scanned by)\s{0,5}[:=]\s{0,5}([^;|,\r\n]{1,100})", re.IGNORECASE),
    PAPER_BOX: re.compile(
        r"\b(?:paper ?box|archief ?doos|doos(?: ?nummer| ?nr)?|box)\s{0,5}[:=]\s{0,5}([^;|,\r\n]{1,100})", re.IGNORECASE
    ),
}
"""No standard has a field for the box of the paper: scanning programs write what is asked for into a field for free words,
as `Doos: 2026-117; Operator: Balie Noord`."""
_COLOURS = {"1": "bitonal", "L": "grey", "LA": "grey", "I": "grey", "I;16": "grey", "I;16B": "grey", "F": "grey"}
"""By Pillow's mode; every other one has colours."""
_EXIF_TIME = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_PDF_TIME = re.compile(r"(?:D:)?(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:(Z)|([+-])(\d\d)'?(\d\d)?)?")
"""ISO 32000-1 section 7.9.4."""


def device_of(scan: Scan) -> tuple[tuple[str, str], ...]:
    """Return `device`, `software`, `dpi`, `colour` (`bitonal`, `grey`, `colour`), `scanned_at` (ISO 8601), `operator`,
    `computer` and `paper_box`.

    In this order, and only what the file says, of its first page; without control characters, at most 100 characters
    each. Tags and the information dictionary come before XMP, and a field of its own before free words. Claimed, not
    proven. Never raises.
    """
    try:
        # Of a series, its first file.
        scan = scan.first() if isinstance(scan, SeriesScan) else scan
        said = _of_pdf(scan) if scan.kind == "PDF" else _of_picture(scan)
        xmp = xmp_of(scan.content)
    except Exception:  # noqa: BLE001 - what stands there is anybody's, and no letter depends on it
        return ()
    free_words = " ; ".join(
        _cleaned(words, _LONGEST_WORDS) for words in (*said.pop(_FREE_WORDS, ()), *_free_words(xmp))
    )
    cleaned = {}
    for name, later in _of_xmp(xmp).items():
        written = _WRITTEN[name].search(free_words) if name in _WRITTEN else None
        cleaned[name] = _cleaned(said.get(name)) or _cleaned(later) or _cleaned(written and written[1])
    return tuple((name, cleaned[name]) for name in _ORDER if cleaned[name])


_FREE_WORDS = "free words"


def _of_xmp(xmp: Mapping[str, str]) -> dict[str, Any]:
    """Return what XMP says under every name (ISO 16684-1 section 8, and its part 2 for TIFF and Exif)."""
    make, model = xmp.get("tiff:Make", ""), xmp.get("tiff:Model", "")
    return {
        DEVICE: _named(make, model, xmp.get("aux:SerialNumber", "")),
        SOFTWARE: xmp.get("xmp:CreatorTool") or xmp.get("tiff:Software"),
        DPI: _dpi(_fraction(xmp.get("tiff:XResolution", ""))) if xmp.get("tiff:ResolutionUnit") == "2" else "",
        COLOUR: "",
        SCANNED_AT: _iso_time(xmp.get("exif:DateTimeDigitized") or xmp.get("xmp:CreateDate", "")),
        OPERATOR: xmp.get("dc:creator") or xmp.get("tiff:Artist"),
        COMPUTER: "",
        PAPER_BOX: "",
    }


def _free_words(xmp: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(xmp.get(name, "") for name in ("dc:description", "dc:subject", "pdf:Keywords"))


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
        OPERATOR: info.get("Operator") or info.get("Author"),
        PAPER_BOX: info.get("PaperBox"),
        _FREE_WORDS: (info.get("Title"), info.get("Subject"), info.get("Keywords")),
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
            OPERATOR: tags.get(_ARTIST) or info.get("Author"),
            COMPUTER: tags.get(_COMPUTER),
            _FREE_WORDS: (
                tags.get(_DOCUMENT_NAME),
                tags.get(_DESCRIPTION),
                _without_charset(closer.get(_COMMENT)),
                info.get("Description"),
                info.get("Comment") or info.get("comment"),
            ),
        }


def _device(tags: Mapping[int, Any], closer: Mapping[int, Any]) -> str:
    return _named(tags.get(_MAKE), tags.get(_MODEL), closer.get(_SERIAL))


def _named(*said: Any) -> str:
    make, model, serial = (_cleaned(value) for value in said)
    # Many repeat the make in the model.
    named = model if model.lower().startswith(make.lower()) else f"{make} {model}"
    return f"{named} {serial}" if serial else named


def _without_charset(said: Any) -> Any:
    """Return an Exif comment behind the eight bytes that name its characters (Exif 2.32 section 4.6.5)."""
    return said[8:] if isinstance(said, bytes) else said


def _fraction(said: str) -> float:
    above, _, below = said.partition("/")
    try:
        return float(above) / float(below or 1)
    except (ValueError, ZeroDivisionError):
        return 0.0


def _dpi(said: Any) -> str:
    return str(round(float(said))) if float(said) >= 1 else ""


def _exif_time(said: Any) -> str:
    """Return it as ISO 8601, without a zone: it is the device's own clock."""
    found = _EXIF_TIME.match(str(said or ""))
    return _iso(*(int(part) for part in found.groups())) if found else ""


def _iso_time(said: str) -> str:
    try:
        return datetime.fromisoformat(said).isoformat(timespec="seconds") if said else ""
    except ValueError:
        return ""


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


def _cleaned(said: Any, longest: int = _LONGEST) -> str:
    """Return it as one line of printable characters."""
    if isinstance(said, bytes):
        said = said.decode("utf-8", "replace")
    printable = "".join(sign if sign.isprintable() else " " for sign in str(said or ""))
    return " ".join(printable.split())[:longest].strip()
