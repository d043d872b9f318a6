"""What a file says of its scanner is taken over, and nothing else that stands there."""

from __future__ import annotations

import io
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, TiffImagePlugin
from PIL.PngImagePlugin import PngInfo

from adapters.post.reading.device import _ORDER, device_of
from adapters.post.reading.scan import open_scan
from adapters.post.reading.xmp import xmp_of
from tests.adapters.post.reading.sheets import LETTER, packed, pdf

PAGE = Image.new("L", (1240, 1754), 250)


def told(content: bytes) -> dict[str, str]:
    with closing(open_scan(content)) as scan:
        said = device_of(scan)
    assert [name for name, _ in said] == [name for name in _ORDER if name in dict(said)]
    return dict(said)


def scanned_pdf(page: Image.Image, **information: str) -> bytes:
    out = io.BytesIO()
    page.save(out, "PDF", resolution=200, **information)
    return out.getvalue()


def scanned_tiff(page: Image.Image, tags: dict[int, str]) -> bytes:
    info = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, said in tags.items():
        info[tag] = said
    out = io.BytesIO()
    page.save(out, "TIFF", tiffinfo=info, dpi=(300, 300))
    return out.getvalue()


def test_a_pdf_names_its_scanner_in_the_information_dictionary() -> None:
    content = scanned_pdf(
        PAGE, creator="KONICA MINOLTA bizhub C258", producer="bizhub firmware 7", author="Balie Noord"
    )
    said = told(content)
    assert said["device"] == "KONICA MINOLTA bizhub C258"
    assert said["software"] == "bizhub firmware 7"
    assert said["operator"] == "Balie Noord"
    assert (said["dpi"], said["colour"]) == ("200", "grey")
    assert said["scanned_at"].startswith("20")


def test_a_tiff_names_it_in_its_tags() -> None:
    tags = {
        271: "Canon",
        272: "Canon DR-M1060",
        305: "CapturePerfect 3.1",
        306: "2026:11:23 09:12:44",
        315: "Scanstraat 2",
    }
    assert told(scanned_tiff(PAGE, tags)) == {
        "device": "Canon DR-M1060",
        "software": "CapturePerfect 3.1",
        "dpi": "300",
        "colour": "grey",
        "scanned_at": "2026-11-23T09:12:44",
        "operator": "Scanstraat 2",
    }


@pytest.mark.parametrize(("mode", "colour"), [("1", "bitonal"), ("L", "grey"), ("RGB", "colour")])
def test_colours_are_told_by_the_picture(mode: str, colour: str) -> None:
    page = PAGE.convert(mode)
    assert told(packed(page, "TIFF"))["colour"] == colour
    assert told(packed(page))["colour"] == colour
    assert told(scanned_pdf(page))["colour"] == colour


def test_a_jpeg_names_it_in_exif() -> None:
    exif = Image.Exif()
    exif[271], exif[272], exif[316] = "Ricoh", "fi-8170", "SCANPC-04"
    exif.get_ifd(0x8769)[0x9004] = "2026:11:24 10:00:00"
    out = io.BytesIO()
    PAGE.save(out, "JPEG", exif=exif, dpi=(240, 240))
    said = told(out.getvalue())
    assert said["device"] == "Ricoh fi-8170"
    assert said["scanned_at"] == "2026-11-24T10:00:00"
    assert said["computer"] == "SCANPC-04"
    assert "operator" not in said
    assert said["dpi"] == "240"


XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" tiff:Make="Kodak" tiff:Model="i3450" xmp:CreateDate="2026-11-24T10:00:00+01:00"
  tiff:XResolution="300/1" tiff:ResolutionUnit="2">
 <xmp:CreatorTool>Capture Pro &amp; Co</xmp:CreatorTool>
 <dc:creator><rdf:Seq><rdf:li>Balie Zuid</rdf:li><rdf:li>Iemand anders</rdf:li></rdf:Seq></dc:creator>
 <dc:description><rdf:Alt><rdf:li xml:lang="x-default">Doos: 2026-118</rdf:li></rdf:Alt></dc:description>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>""".encode()
IN_XMP = {
    "device": "Kodak i3450",
    "software": "Capture Pro & Co",
    "scanned_at": "2026-11-24T10:00:00+01:00",
    "operator": "Balie Zuid",
    "paper_box": "2026-118",
}


def test_xmp_says_what_the_tags_of_a_picture_do_not() -> None:
    out = io.BytesIO()
    PAGE.save(out, "JPEG", xmp=XMP)
    assert told(out.getvalue()) == {**IN_XMP, "dpi": "300", "colour": "grey"}


def test_xmp_says_what_the_information_of_a_pdf_does_not() -> None:
    said = told(pdf([LETTER]) + b"\n" + XMP)
    assert said == {**IN_XMP, "dpi": "300"}


def test_tags_come_before_xmp() -> None:
    exif = Image.Exif()
    exif[271], exif[272] = "Ricoh", "fi-8170"
    out = io.BytesIO()
    PAGE.save(out, "JPEG", exif=exif, xmp=XMP, dpi=(240, 240))
    said = told(out.getvalue())
    assert (said["device"], said["dpi"], said["operator"]) == ("Ricoh fi-8170", "240", "Balie Zuid")


def test_the_paper_box_stands_in_free_words() -> None:
    said = told(scanned_tiff(PAGE, {270: "Batch 7; Doos nr: A-117 ; Operator: Balie Noord", 316: "SCANPC-04"}))
    assert (said["paper_box"], said["operator"], said["computer"]) == ("A-117", "Balie Noord", "SCANPC-04")
    assert told(scanned_pdf(PAGE, keywords="archiefdoos=B 12"))["paper_box"] == "B 12"
    assert "paper_box" not in told(scanned_tiff(PAGE, {270: "Een doos met brieven"}))


def test_a_pdf_may_name_operator_and_paper_box_in_fields_of_their_own() -> None:
    content = scanned_pdf(PAGE, author="scanner@kopieerhoek", producer="Balie Noord", keywords="2026-117")
    # Names as long as those that stood there: the table of what stands where stays true.
    said = told(content.replace(b"/Producer", b"/Operator").replace(b"/Keywords", b"/PaperBox"))
    assert (said["operator"], said["paper_box"]) == ("Balie Noord", "2026-117")


@given(st.binary(max_size=2000))
def test_any_packet_is_read_or_left(inside: bytes) -> None:
    said = xmp_of(b"<?xpacket begin" + inside)
    assert all(isinstance(value, str) and value for value in said.values())


def test_a_png_names_it_in_its_texts() -> None:
    info = PngInfo()
    info.add_text("Software", "XSane 0.999")
    info.add_text("Source", "EPSON DS-530")
    said = told(packed(PAGE, pnginfo=info))
    assert (said["device"], said["software"]) == ("EPSON DS-530", "XSane 0.999")


def test_a_file_of_a_word_processor_has_no_dots() -> None:
    assert told(pdf([LETTER])) == {}


def test_a_clock_that_was_never_set_says_nothing() -> None:
    assert "scanned_at" not in told(scanned_tiff(PAGE, {306: "0000:00:00 00:00:00"}))


@given(st.text(max_size=300))
def test_whatever_stands_there_becomes_one_short_line(said: str) -> None:
    content = scanned_tiff(PAGE.resize((20, 20)), {305: said})
    value = told(content).get("software", "")
    assert len(value) <= 100
    assert value == "" or value.isprintable()
