"""`gateway read` and `gateway explain` on scans: one line for each letter, as for each mail."""

from __future__ import annotations

import json
from pathlib import Path

from tests.adapters.post.reading.sheets import packed, sheet
from tests.configuration import SMALL_TOWN, with_sms
from tests.gateway.test_commands import gateway
from tests.letters.batches import batches
from tests.letters.files import as_pdf


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


def test_a_broken_scan_is_quarantined_by_name(tmp_path: Path) -> None:
    (tmp_path / "kapot.pdf").write_bytes(b"%PDF-1.7\nen verder niets")
    ran = gateway("read", "--json", "kapot.pdf", cwd=tmp_path)
    assert ran.returncode == 0
    line = json.loads(ran.stdout)
    assert (line["outcome"], line["error"], line["reading"]) == ("quarantined", "scan_damaged", None)


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
