"""Whatever a file holds: nothing raises, no row is lost without a word, and a cut costs the row it is in."""

import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.phone.reading import json_rows
from adapters.phone.reading.format import RowSettings
from inbox.call import BadRow, Leg
from tests.adapters.phone.reading.vendor_formats import FORMATS, files

CONTENTS = {(path.parent.name, path.name): path.read_bytes() for path in files()}
SEPARATED = {"3cx", "cucm", "freeswitch-csv"}
QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

of_a_file = st.sampled_from(sorted(CONTENTS))
of_a_format = st.sampled_from(sorted(FORMATS))


def read(name, content):
    return list(FORMATS[name].rows(io.BytesIO(content), RowSettings()))


def ends(name, content):
    """Where each row that is told ends, in bytes."""
    if name in SEPARATED:
        line_ends = [0]
        for line in content.splitlines(keepends=True):
            line_ends.append(line_ends[-1] + len(line.rstrip(b"\r\n")) + len(line) - len(line.rstrip(b"\r\n")))
        return [line_ends[line] for line, _ in read(name, content)]
    found, at = [], 0
    for row in json_rows.rows(io.BytesIO(content), FORMATS_FIRST[name]):
        at = content.index(row.raw, at) + len(row.raw)
        found.append(at)
    return found


FORMATS_FIRST = {"teams": r"id|correlationId|callId|@odata\.type", "freeswitch-json": "core-uuid|switchname"}


@QUIET
@given(of_a_file, st.data())
def test_cut_file_loses_at_most_the_row_it_is_cut_in(file, data):
    name, content = file[0], CONTENTS[file]
    cut_at = data.draw(st.integers(0, len(content)))
    whole = [row for row, end in zip(read(name, content), ends(name, content), strict=True) if end <= cut_at]

    cut = read(name, content[:cut_at])

    assert cut[: len(whole)] == whole
    assert len(cut) <= len(whole) + 1


@QUIET
@given(of_a_file, st.data())
def test_bytes_put_anywhere_raise_nothing(file, data):
    name, content = file[0], CONTENTS[file]
    at = data.draw(st.integers(0, len(content)))
    until = data.draw(st.integers(at, min(len(content), at + 200)))
    put = data.draw(st.binary(max_size=20) | st.sampled_from([b'"', b"{", b"}", b"\n", b"[", b"]", b",", b"\\", b"-1"]))

    for line, row in read(name, content[:at] + put + content[until:]):
        assert line >= 1
        assert isinstance(row, Leg | BadRow)


@QUIET
@given(of_a_format, st.binary(max_size=400) | st.text(alphabet='{}[]",:\\\n1e-"value', max_size=200).map(str.encode))
def test_any_bytes_give_rows_or_bad_rows(name, content):
    FORMATS[name].recognises(content)

    for line, row in read(name, content):
        assert 1 <= line <= content.count(b"\n") + content.count(b"\r") + 1
        assert isinstance(row, Leg | BadRow)


@QUIET
@given(st.sampled_from(sorted(SEPARATED)), st.data())
def test_lines_in_are_legs_and_bad_rows_and_the_named_remainder(name, data):
    source = next(content for (each, _), content in CONTENTS.items() if each == name)
    lines = data.draw(st.lists(st.sampled_from(source.splitlines()), max_size=20))
    remainder = sum(line.startswith((b'"cdrRecordType"', b"INTEGER", b"2,")) for line in lines) if name == "cucm" else 0

    rows = read(name, b"".join(line + b"\n" for line in lines))

    assert len(rows) + remainder == len(lines)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_reading_twice_gives_the_same_keys(name):
    for (each, _), content in CONTENTS.items():
        if each == name:
            assert read(name, content) == read(name, content)
