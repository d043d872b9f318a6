"""Whatever a CSV call log holds, each row comes out of it once: as a leg or as a bad row."""

from __future__ import annotations

import csv
import io
import re

from hypothesis import given
from hypothesis import strategies as st

from adapters.phone.reading.asterisk import Asterisk
from adapters.phone.reading.column_map import ColumnMap
from adapters.phone.reading.csv_map import CsvMap
from adapters.phone.reading.csv_records import ONE_LINE, Dialect, Record, records
from adapters.phone.reading.durations import seconds
from inbox.call import BadRow, Leg
from tests.adapters.phone.reading.csv_corpus import FILES, format_of, rows

_MAP = CsvMap(
    "map", ColumnMap.model_validate({"columns": {"started_at": 1, "caller": 2, "duration": 3}, "has_header": False})
)
_FORMATS = (Asterisk(), _MAP, *(format_of(file) for file in FILES))
_CONTENT = b"".join(file.read_bytes() for file in FILES)

_WORD = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
    [
        "2026-11-16 09:00:00",
        "2026-10-25 02:30:00",
        "ANSWERED",
        "NO ANSWER",
        "-1",
        "12",
        "9999-12-31 23:59:59",
        "0001-01-01",
    ]
)


@given(
    st.binary(max_size=400)
    | st.tuples(st.integers(0, len(_CONTENT)), st.integers(0, 600), st.binary(max_size=6)).map(
        lambda cut: _CONTENT[cut[0] : cut[0] + cut[1]] + cut[2] + _CONTENT[cut[0] : cut[0] + 300]
    )
)
def test_any_bytes_give_legs_and_bad_rows_in_order(content: bytes) -> None:
    for known in _FORMATS:
        found = rows(known, content)
        lines = [line for line, _ in found]
        assert lines == sorted(set(lines))
        assert all(isinstance(row, Leg | BadRow) for _, row in found)
        assert known.recognises(content) in (True, False)
        assert found == rows(known, content)


@given(st.lists(st.lists(_WORD, min_size=2, max_size=22), max_size=12))
def test_every_record_that_was_written_is_read_again_and_makes_one_row(written: list[list[str]]) -> None:
    kept = [[field.replace("\0", "").replace("\ufeff", "") for field in row] for row in written]
    kept = [row for row in kept if any(row)]
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(kept)
    content = text.getvalue().encode()
    if all(sum(field.count("\n") + field.count("\r") for field in row) < 15 for row in kept):
        assert [record.fields for record in records(io.BytesIO(content)) if isinstance(record, Record)] == kept
    assert len(rows(Asterisk(), content)) == len(kept)


@given(st.lists(st.text("ab\"', ;\r\n\0", max_size=12), max_size=30))
def test_no_line_is_lost_however_its_quotation_marks_stand(lines: list[str]) -> None:
    content = "\n".join(lines).encode()
    taken = b"".join(record.raw for record in records(io.BytesIO(content)))
    assert re.sub(rb"[^ab']", b"", taken) == re.sub(rb"[^ab']", b"", content)


class Dripping(io.RawIOBase):
    """A file that is read a few bytes at a time."""

    def __init__(self, content: bytes, size: int) -> None:
        self._content, self._size = io.BytesIO(content), size

    def read(self, size: int = -1, /) -> bytes:
        return self._content.read(self._size)


@given(
    st.lists(
        st.sampled_from(["a", "b ", '"', '""', ",", "\n", "\r\n", "\r", "\0", "é", "\ufeff", '"c,d"', "\x1a"]),
        max_size=60,
    ),
    st.sampled_from([Dialect(), ONE_LINE, Dialect(quote="")]),
    st.integers(1, 9),
)
def test_records_are_the_same_wherever_the_file_is_cut_for_reading(
    parts: list[str], dialect: Dialect, size: int
) -> None:
    content = "".join(parts).encode()
    assert list(records(Dripping(content, size), dialect)) == list(records(io.BytesIO(content), dialect))


def test_a_quotation_mark_that_nobody_closes_costs_no_other_row() -> None:
    content = b'a,"b,c\n' + b"d,e,f\n" * 50_000
    found = list(records(io.BytesIO(content)))
    assert len(found) == 50_001
    assert [record.line for record in found] == list(range(1, 50_002))


def test_marks_of_inches_join_no_rows() -> None:
    found = list(records(io.BytesIO(b'a,5" b,c\nd,e,f\ng,7" h,i\n')))
    assert [record.fields for record in found if isinstance(record, Record)][1] == ["d", "e", "f"]
    assert len(found) == 3


def test_a_line_without_end_is_one_bad_row_and_the_next_one_goes_on() -> None:
    content = b"x" * 3_000_000 + b"\na,b\n"
    first, second = records(io.BytesIO(content))
    assert isinstance(first, BadRow)
    assert (first.code, first.line, len(first.raw)) == ("row_too_long", 1, 65_536)
    assert (second.line, second.raw) == (2, b"a,b\n")


def test_durations() -> None:
    told = {
        "75": 75,
        "75.5": 75.5,
        "75,5": 75.5,
        "1:15": 75,
        "0:01:15": 75,
        "-5": -5,
        "-0:05": -5,
        "": None,
        "1m": None,
    }
    assert {text: seconds(text) for text in told} == told
