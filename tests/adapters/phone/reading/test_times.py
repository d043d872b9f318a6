"""Local times become moments, and the night on which clocks go back is told."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.phone.reading.times import ISO_SECONDS, epoch, local

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.mark.parametrize(
    ("text", "expected", "is_ambiguous"),
    [
        ("2026-07-01 09:00:00", datetime(2026, 7, 1, 7, tzinfo=UTC), False),
        ("2026-01-05 09:00:00", datetime(2026, 1, 5, 8, tzinfo=UTC), False),
        ("2026-10-25 01:59:59", datetime(2026, 10, 24, 23, 59, 59, tzinfo=UTC), False),
        ("2026-10-25 02:30:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), True),
        ("2026-10-25 03:00:00", datetime(2026, 10, 25, 2, tzinfo=UTC), False),
        ("2026-03-29 02:30:00", datetime(2026, 3, 29, 1, 30, tzinfo=UTC), False),
    ],
)
def test_local_time_becomes_utc(text, expected, is_ambiguous):
    assert local(text, AMSTERDAM, (ISO_SECONDS,)) == (expected, is_ambiguous)


def test_first_format_that_fits_is_used():
    assert local("01-07-2026 09:00", AMSTERDAM, (ISO_SECONDS, "%d-%m-%Y %H:%M")) == (
        datetime(2026, 7, 1, 7, tzinfo=UTC),
        False,
    )


def test_offset_in_the_text_goes_before_the_zone():
    assert local("2026-10-25 02:30:00+0100", AMSTERDAM, ("%Y-%m-%d %H:%M:%S%z",)) == (
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
        False,
    )


@pytest.mark.parametrize("text", ["", "yesterday", "2026-02-30 09:00:00", "0001-01-01 00:00:00", "2026-07-01T09:00:00"])
def test_what_is_no_such_time_is_none(text):
    assert local(text, AMSTERDAM, (ISO_SECONDS,)) is None


@pytest.mark.parametrize(
    ("written", "per_second", "expected"),
    [
        ("1782889200", 1, datetime(2026, 7, 1, 7, tzinfo=UTC)),
        (1782889200, 1, datetime(2026, 7, 1, 7, tzinfo=UTC)),
        ("1782889200250000", 1_000_000, datetime(2026, 7, 1, 7, 0, 0, 250_000, tzinfo=UTC)),
        ("1782889200.25", 1, datetime(2026, 7, 1, 7, 0, 0, 250_000, tzinfo=UTC)),
        ("0", 1, None),
        ("-1", 1, None),
        ("", 1, None),
        ("nan", 1, None),
        ("1e400", 1, None),
        ("99999999999999999999", 1, None),
    ],
)
def test_epoch(written, per_second, expected):
    assert epoch(written, per_second) == expected


@given(st.one_of(st.text(max_size=40), st.integers(), st.floats()))
def test_epoch_never_raises(written):
    moment = epoch(written)

    assert moment is None or moment.tzinfo is UTC


@given(st.text(max_size=40))
def test_local_never_raises(text):
    local(text, AMSTERDAM, (ISO_SECONDS, "%d/%m/%Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"))


@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)))  # noqa: DTZ001
def test_unambiguous_local_time_comes_back_the_same(moment):
    found = local(moment.strftime(ISO_SECONDS), AMSTERDAM, (ISO_SECONDS,))

    assert found is not None
    back = found[0].astimezone(AMSTERDAM).replace(tzinfo=None)
    is_left_out = moment.replace(tzinfo=AMSTERDAM).astimezone(UTC).astimezone(AMSTERDAM).hour != moment.hour
    assert back == moment.replace(microsecond=0) or is_left_out
