"""Files as telephone systems write them give exactly the legs and bad rows that stand beside them."""

import io
import json

import pytest

from adapters.phone.reading.format import RowSettings
from inbox.call import BadRow
from tests.adapters.phone.reading.vendor_formats import FORMATS, files

FILES = files()


def told(path):
    rows = FORMATS[path.parent.name].rows(io.BytesIO(path.read_bytes()), RowSettings())
    return [
        {"line": line, "bad": row.code} if isinstance(row, BadRow) else {"line": line, **row.as_json()}
        for line, row in rows
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_file_gives_the_legs_that_stand_beside_it(path):
    assert told(path) == json.loads(path.with_name(f"{path.name}.expected.json").read_text())


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_file_is_recognised_by_its_own_format_and_by_no_other(path):
    recognising = [name for name, each in FORMATS.items() if each.recognises(path.read_bytes()[:65_536])]

    # A file whose header was lost is nobody's: a person says what it is.
    assert recognising == ([] if path.name == "cut-and-joined" else [path.parent.name])


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_bad_row_keeps_its_bytes_as_they_stand_in_the_file(path):
    content = path.read_bytes()

    for _, row in FORMATS[path.parent.name].rows(io.BytesIO(content), RowSettings()):
        if isinstance(row, BadRow):
            assert row.raw in content
