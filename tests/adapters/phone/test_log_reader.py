"""Which format a log is read in: the one that its source names, else the one that it shows."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from adapters.phone.log_reader import LogReader
from adapters.phone.settings import CallReadingSettings
from inbox.call import Leg

CORPORA = Path(__file__).parents[2] / "corpora/phone"
SUITE = {
    "suite": {"columns": {"call": "Gespreks-ID", "started_at": "Begin", "caller": "Van"}},
    "cut": {"has_header": False, "columns": {"call": 1, "started_at": 2}},
}


def test_a_log_is_known_by_what_it_holds() -> None:
    reader = LogReader(CallReadingSettings(), {})
    for path, name in (
        ("asterisk/newer-columns.csv", "asterisk"),
        ("freeswitch-json/one.json", "freeswitch-json"),
        ("3cx/cdr.log", "3cx"),
        ("cucm/cdr_MOERDIJK_02_202603020900_1001", "cucm"),
        ("teams/direct-routing-page.json", "teams"),
    ):
        content = (CORPORA / path).read_bytes()
        assert reader.format_of("telefonie", content[:65_536]) == name
        legs = [row for _, row in reader.rows(name, BytesIO(content)) if isinstance(row, Leg)]
        assert legs, name
    assert reader.format_of("telefonie", b"%PDF-1.7\n") is None


def test_what_a_source_names_counts_for_that_source_only() -> None:
    reader = LogReader(CallReadingSettings.model_validate({"csv": SUITE}), {"oud": "cut"})
    header = b"Gespreks-ID;Begin;Van\n"
    assert reader.format_of("oud", header) == "cut"
    assert reader.format_of("nieuw", header) == "suite"
    [(line, leg)] = reader.rows("cut", BytesIO(b"c-1;2026-11-02 09:00:00\n"))
    assert isinstance(leg, Leg)
    assert (line, leg.call_key) == (1, "c-1")


def test_settings_of_ones_own_stand_before_ours_under_the_same_name() -> None:
    template = (
        "Master.csv => ${CSV_QUOTE(${CDR(start)})},${CSV_QUOTE(${CDR(disposition)})},${CSV_QUOTE(${CDR(uniqueid)})}"
    )
    reader = LogReader(CallReadingSettings(asterisk_template=template), {})
    [(_, leg)] = reader.rows("asterisk", BytesIO(b'"2026-11-02 09:00:00","ANSWERED","1762070400.1"\n'))
    assert isinstance(leg, Leg)
