"""Objects are told apart in a file of any size, and a broken one costs nothing but itself."""

import io
import json
import tracemalloc

import pytest

from adapters.phone.reading import json_rows
from inbox.call import BadRow

ROWS = [{"id": f"r{number}", "deep": {"in": [number, {"to": "}"}]}} for number in range(5)]


def read(content, first="id"):
    return list(json_rows.rows(io.BytesIO(content), first))


def ids(rows):
    return [row.code if isinstance(row, BadRow) else row.members["id"] for row in rows]


WRITTEN = {
    "one object": json.dumps(ROWS[0]),
    "lines": "\n".join(map(json.dumps, ROWS)),
    "back to back": "".join(map(json.dumps, ROWS)),
    "array": json.dumps(ROWS),
    "indented array": json.dumps(ROWS, indent=2),
    "page": json.dumps({"@odata.context": 'a "quoted" one', "@odata.count": 5, "value": ROWS, "@odata.nextLink": "x"}),
    "indented page": json.dumps({"value": ROWS, "@odata.count": 5}, indent=4),
    "lines of pages": "\n".join(json.dumps({"@odata.count": 1, "value": [row]}) for row in ROWS),
    "array of pages": json.dumps([{"value": ROWS[:2]}, {"value": []}, {"value": ROWS[2:]}]),
    "with a byte order mark": "\ufeff" + json.dumps(ROWS),
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN.keys())
def test_objects_come_one_by_one_however_they_are_written(written):
    expected = [row["id"] for row in ROWS]

    assert ids(read(written.encode())) == expected[: 1 if written == WRITTEN["one object"] else 5]


def test_lines_are_counted_from_the_first_of_an_object():
    assert [row.line for row in read(json.dumps(ROWS, indent=0).encode())] == [2, 13, 24, 35, 46]


def test_object_broken_in_its_middle_leaves_the_others_on_the_same_line():
    content = json.dumps(ROWS).replace('"r2", "deep": {', '"r2", "deep" {').encode()

    assert ids(read(content)) == ["r0", "r1", "row_json", "r3", "r4"]


def test_line_cut_within_a_word_leaves_the_next_line():
    lines = [json.dumps(row) for row in ROWS]

    assert ids(read("\n".join([lines[0], lines[1][:10], *lines[2:]]).encode())) == ["r0", "row_json", "r2", "r3", "r4"]


def test_page_cut_between_two_rows_is_told():
    rows = read(WRITTEN["page"][: WRITTEN["page"].index(', {"id": "r3"')].encode())

    assert ids(rows) == ["r0", "r1", "r2", "row_truncated"]
    assert rows[-1].raw == b""


def test_invalid_utf_8_is_replaced_in_a_row_and_kept_in_a_bad_one():
    good, bad = read(b'{"id": "J\xfcrgen"}\n{"id": J\xfcrgen}')

    assert json_rows.text_of(good.members["id"]) == "J\ufffdrgen"
    assert bad.raw == b'{"id": J\xfcrgen}'


def test_half_a_pair_is_no_text():
    (row,) = read(b'{"id": "\\ud83d"}')

    assert json_rows.text_of(row.members["id"]) == "\ufffd"


@pytest.mark.parametrize("inner", ["[" * 100_000, '{"id":' * 5_000, '"id": ' + "1" * 10_000, "x" * 3_000_000])
def test_what_no_decoder_can_bear_is_a_bad_row(inner):
    rows = read(b'{"id": "r0"}\n{"id": ' + inner.encode() + b'\n{"id": "r1"}')

    assert ids(rows)[0] == "r0"
    assert ids(rows)[-1] == "r1"
    assert all(len(row.raw) <= 65_536 for row in rows[1:-1])
    assert len(rows) > 2


class Endless(io.RawIOBase):
    """One page of so many rows, written while it is read."""

    def __init__(self, count):
        self.count, self.held = count, b'{"@odata.context": "x", "value": ['

    def read(self, size=-1):
        while self.count and len(self.held) < size:
            self.count -= 1
            self.held += json.dumps({"id": "r", "text": "x" * 900}).encode() + (b"," if self.count else b"]}")
        part, self.held = self.held[:size], self.held[size:]
        return part


@pytest.mark.parametrize("count", [5_000, 50_000])
def test_one_page_of_any_size_takes_the_same_memory(count):
    tracemalloc.start()
    try:
        assert sum(1 for _ in json_rows.rows(Endless(count), "id")) == count
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()
