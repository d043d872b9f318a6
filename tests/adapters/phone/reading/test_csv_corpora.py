"""Call logs as CSV, with the calls that they must come to beside them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from adapters.phone.reading.asterisk import Asterisk
from adapters.phone.reading.column_map import ColumnMap
from adapters.phone.reading.registry import FORMATS, recognise
from inbox.call import BadRow, Direction, Leg, Outcome
from tests.adapters.phone.reading.csv_corpus import CORPORA, FILES, calls, expected, format_of, outcome, rows

MORNING = CORPORA / "asterisk" / "newer-columns.csv"
SUITE = CORPORA / "csv" / "suite.csv"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_log_comes_to_the_calls_and_bad_rows_beside_it(file: Path) -> None:
    assert outcome(file) == expected(file)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_log_read_twice_or_backwards_comes_to_the_same_calls(file: Path) -> None:
    found = rows(format_of(file), file.read_bytes())
    assert calls(found + found) == calls(found[::-1]) == expected(file)["calls"]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_every_line_end_gives_the_same(end: bytes) -> None:
    content = MORNING.read_bytes().replace(b"\n", end)
    assert calls(rows(Asterisk(), content)) == expected(MORNING)["calls"]


def test_a_rotated_log_gives_the_same_as_a_whole_one() -> None:
    lines = MORNING.read_bytes().splitlines(keepends=True)
    parts = [row for part in (lines[5:], lines[:5]) for row in rows(Asterisk(), b"".join(part))]
    assert calls(parts) == expected(MORNING)["calls"]


def test_each_set_of_asterisks_columns_is_recognised_and_read() -> None:
    with_all = MORNING.read_bytes().splitlines()[2]
    for drop in (b',"","1763283600.10",12', b',"","","1763283600.10",12', b',"1763283600.10","","","1763283600.10",12'):
        content = with_all.removesuffix(drop) + b"\n"
        assert content != with_all + b"\n"
        assert isinstance(recognise(content), Asterisk)
        [(_, leg)] = rows(Asterisk(), content)
        assert isinstance(leg, Leg)
        assert (leg.caller, leg.agent, leg.outcome) == ("+31612345678", "203", Outcome.answered)


def test_columns_of_ones_own_are_read_by_the_template_of_cdr_custom() -> None:
    template = (
        "Master.csv => ${CSV_QUOTE(${CDR(start)})},${CSV_QUOTE(${CDR(src)})},${CSV_QUOTE(${CDR(did)})},"
        "${CSV_QUOTE(${CDR(dst)})},${CSV_QUOTE(${CDR(end,u)})},${CSV_QUOTE(${CDR(disposition)})},${CDR(linkedid)}"
    )
    known = Asterisk(template)
    content = b'"1763283600.250000","0612345678","0201234567","600","1763283620.250000","NO ANSWER",1763283600.7\n'
    [(line, leg)] = rows(known, content)
    assert isinstance(leg, Leg)
    assert (line, leg.call_key, leg.dialled, leg.direction) == (1, "1763283600.7", "+31201234567", Direction.inbound)
    assert known.recognises(content)
    assert not Asterisk().recognises(content)
    with pytest.raises(ValueError, match="disposition"):
        Asterisk("x => ${CDR(start)}")


def test_a_row_that_stops_with_the_file_is_told_as_cut_off() -> None:
    content = MORNING.read_bytes()
    for cut in range(len(content) - 200, len(content)):
        *before, (_, last) = rows(Asterisk(), content[:cut])
        if content[:cut].endswith(b"\n"):
            continue
        assert isinstance(last, BadRow), cut
        assert last.code == "row_truncated"
        assert all(isinstance(row, Leg) for _, row in before)


def test_a_bad_row_holds_its_bytes_and_none_of_the_callers_words_in_its_detail() -> None:
    for file in FILES:
        for _, row in rows(format_of(file), file.read_bytes()):
            if isinstance(row, BadRow):
                assert row.raw
                assert row.raw in file.read_bytes()
                assert "0612345" not in row.detail


def test_mail_scans_and_other_csv_are_no_call_logs() -> None:
    mail = b"From: jan@x.example\r\nTo: info@gemeente.example\r\nSubject: Lantaarn\r\n\r\nHallo, 1,2,3\r\n"
    for content in (
        mail,
        b"From jan Mon Nov 16 10:00:00 2026\n" + mail,
        b"%PDF-1.7\n",
        b"",
        b"\0" * 100,
        b"a,b,c\n1,2,3\n",
    ):
        assert recognise(content) is None


def test_a_map_is_recognised_by_its_header_and_says_when_it_is_another_file() -> None:
    suite = format_of(SUITE)
    assert suite.recognises(SUITE.read_bytes())
    assert not suite.recognises(MORNING.read_bytes())
    codes = {row.code for _, row in rows(suite, MORNING.read_bytes()) if isinstance(row, BadRow)}
    assert codes == {"row_columns"}
    assert len(rows(suite, MORNING.read_bytes())) == len(MORNING.read_bytes().splitlines())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"encoding": "klingon"}, "encoding"),
        ({"encoding": "base64"}, "encoding"),
        ({"has_header": False}, "positions"),
        ({"delimiter": '"'}, "delimiter"),
    ],
)
def test_a_map_that_cannot_work_is_refused(change: dict, says: str) -> None:
    document = yaml.safe_load(SUITE.with_suffix(".map.yaml").read_text(encoding="utf-8"))
    with pytest.raises(ValidationError, match=says):
        ColumnMap.model_validate(document | change)


def test_formats_have_names_of_their_own() -> None:
    assert len({known.name for known in FORMATS}) == len(FORMATS)
