"""`gateway read` and `gateway explain` on scans: one line for each letter, as for each mail."""

from __future__ import annotations

import json
from pathlib import Path

from adapters.post.separator_sheet import SheetKind, make_sheet
from tests.adapters.email.reading.documents import docx, with_documents
from tests.adapters.post.reading.sheets import packed, sheet
from tests.adapters.post.reading.test_series_scan import series
from tests.configuration import SMALL_TOWN, with_sms
from tests.gateway.test_commands import gateway
from tests.letters.batches import batches
from tests.letters.files import as_jpeg, as_pdf, as_png
from tests.letters.letter import letters
from tests.letters.typeset import typeset
from tests.mails import mail


def test_each_letter_of_a_scan_is_a_line_with_its_pages_and_fields(tmp_path: Path) -> None:
    batch = batches()[0]
    (tmp_path / "scan.pdf").write_bytes(as_pdf(list(batch.images())))
    ran = gateway("read", "--json", "scan.pdf", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [line["index"] for line in lines] == list(range(len(batch.letters)))
    for line, pages in zip(lines, batch.letters, strict=True):
        reading = line["reading"]
        assert (line["outcome"], reading["channel"]) == ("read", "post")
        assert [page["number"] for page in reading["pages"]] == list(pages)
        assert set(reading["pages"][0]) == {"number", "from", "confidence", "weak_share", "dutch_share", "words"}
        assert reading["pages"][0]["from"] == "ocr"
        assert {"postcode", "city"} <= {field["name"] for field in reading["fields"]}
        assert set(reading["fields"][0]) == {"name", "value", "page", "box", "confidence"}


def test_a_series_is_read_as_the_scan_that_it_is(tmp_path: Path) -> None:
    first, second = (as_png(page.image) for page in typeset(letters()["viewpoint"]))
    (tmp_path / "reeks").write_bytes(series(("0001.png", first), ("0002.png", second)))
    ran = gateway("read", "--json", "reeks", cwd=tmp_path)
    [line] = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [page["number"] for page in line["reading"]["pages"]] == [1, 2]


def test_an_objection_on_paper_is_explained_like_one_by_mail(tmp_path: Path) -> None:
    batch = batches()[0]
    assert batch.names[0] == "objection"
    (tmp_path / "scan.pdf").write_bytes(as_pdf(list(batch.images())))
    (tmp_path / "town.yaml").write_text(SMALL_TOWN, encoding="utf-8")
    ran = gateway("explain", "--json", "--configuration", "town.yaml", "scan.pdf", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    explained = json.loads(ran.stdout.splitlines()[0])
    [assignment] = explained["assignments"]
    assert (assignment["category"], assignment["department"]) == ("bezwaar", "juridisch")
    scan = explained["scan"]
    assert (scan["ordinal"], scan["letters"]) == (1, len(batch.letters))
    assert scan["own_pages"] == list(batch.letters[0])
    assert len(scan["own_pages"]) + len(scan["left_pages"]) < scan["pages"]
    assert scan["scanner"]["dpi"] == "300"


def test_a_file_that_holds_no_letter_is_quarantined_by_name(tmp_path: Path) -> None:
    """As the line would say it: what is called a scan is meant as one, whatever it holds."""
    bad = {
        "een-brief.docx": (docx("Geachte heer"), "not_a_scan"),
        "foto.heic": (b"\0\0\0\x18ftypheic", "not_a_scan"),
        "kapot.pdf": (b"%PDF-1.7\nen verder niets", "scan_damaged"),
        "leeg.PDF": (b"", "empty_file"),
        "vellen.png": (packed(make_sheet()), "no_letter"),
        "woorden.tif": (b"Subject: geen scan\n\nmaar woorden", "not_a_scan"),
    }
    for name, (content, _) in bad.items():
        (tmp_path / name).write_bytes(content)
    ran = gateway("read", "--json", *bad, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert {line["file"]: line["error"] for line in lines} == {name: code for name, (_, code) in bad.items()}
    assert {line["outcome"] for line in lines} == {"quarantined"}
    assert "kapot.pdf [0]\n  quarantined: scan_damaged: " in gateway("read", "kapot.pdf", cwd=tmp_path).stdout


def test_scans_are_taken_apart_by_the_settings(tmp_path: Path) -> None:
    """A sheet of one's own separates, and mails and scans of a folder are read alike."""
    (tmp_path / "gateway.yaml").write_text("post: {separators: {texts: [EIGEN-1]}}\n", encoding="utf-8")
    folder = tmp_path / "in"
    folder.mkdir()
    letter = sheet(TYPED)
    (folder / "a.eml").write_bytes(mail("Lantaarn"))
    (folder / "b.pdf").write_bytes(as_pdf([letter, make_sheet(SheetKind.qr, "EIGEN-1"), letter]))
    ran = gateway("read", "--json", "in", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [(Path(line["file"]).name, line["index"]) for line in lines] == [("a.eml", 0), ("b.pdf", 0), ("b.pdf", 1)]
    assert [page["number"] for line in lines[1:] for page in line["reading"]["pages"]] == [1, 3]


def test_a_language_that_is_not_installed_is_named(tmp_path: Path) -> None:
    (tmp_path / "gateway.yaml").write_text("post: {pages: {languages: [nld, xyz]}}\n", encoding="utf-8")
    (tmp_path / "scan.png").write_bytes(packed(sheet(TYPED)))
    ran = gateway("read", "scan.png", cwd=tmp_path)
    assert ran.returncode == 2
    assert "settings_invalid: `post.pages.languages`: tesseract has no data for xyz" in ran.stderr


def test_a_photographed_letter_on_a_mail_is_read_and_decides(tmp_path: Path) -> None:
    """As the line does it, unless the settings say that pictures are not looked at."""
    photograph = as_jpeg(typeset(letters()["objection"])[0].image)
    (tmp_path / "foto.eml").write_bytes(with_documents(("foto.jpg", "image/jpeg", photograph)))
    (tmp_path / "town.yaml").write_text(SMALL_TOWN, encoding="utf-8")
    reading = json.loads(gateway("read", "--json", "foto.eml", cwd=tmp_path).stdout)["reading"]
    assert "bezwaar" in reading["attached_text"]
    assert reading["remarks"] == ["attached_scan_read"]
    ran = gateway("explain", "--json", "--configuration", "town.yaml", "foto.eml", cwd=tmp_path)
    assert json.loads(ran.stdout)["assignments"][0]["category"] == "bezwaar"
    (tmp_path / "gateway.yaml").write_text("post: {reads_attached: false}\n", encoding="utf-8")
    assert "attached_text" not in json.loads(gateway("read", "--json", "foto.eml", cwd=tmp_path).stdout)["reading"]


def test_a_picture_that_cannot_be_read_is_a_remark_on_its_mail(tmp_path: Path) -> None:
    broken = as_jpeg(typeset(letters()["objection"])[0].image)[:40_000]
    unopened = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"x" * 50_000
    (tmp_path / "kapot.eml").write_bytes(with_documents(("foto.jpg", "image/jpeg", broken)))
    (tmp_path / "telefoon.eml").write_bytes(with_documents(("IMG_1.HEIC", "image/heic", unopened)))
    ran = gateway("read", "--json", "kapot.eml", "telefoon.eml", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    remarks = [json.loads(line)["reading"]["remarks"] for line in ran.stdout.splitlines()]
    assert remarks == [["attached_scan_poor"], ["attached_scan_unread"]]


TYPED = """C. Broekhuizen
Molenstraat 88
4791 JN Havendam
Telefoon: 0612345678

Gemeente Proefstad
Postbus 12
1234 AB Proefstad

Betreft: lantaarn kapot

Geachte heer, mevrouw,

De lantaarn voor onze deur doet het al een week
niet meer. Kunt u die laten maken? In het donker
zien wij de stoep niet en dat is gevaarlijk.

Met vriendelijke groet,
C. Broekhuizen"""


def test_explain_says_who_would_be_told_in_a_text_message(tmp_path: Path) -> None:
    (tmp_path / "scan.png").write_bytes(packed(sheet(TYPED)))
    (tmp_path / "town.yaml").write_text(with_sms(SMALL_TOWN), encoding="utf-8")
    ran = gateway("explain", "--json", "--configuration", "town.yaml", "scan.png", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    answer = json.loads(ran.stdout)["acknowledgement"]
    assert answer["sms_to"] == "+31612345678"
    assert answer["text"].startswith("Wij hebben uw brief ontvangen. U hoort uiterlijk ")
