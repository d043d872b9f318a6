"""A clock that remembers hours tells the same as reading each moment by itself."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.phone.reading.local_clock import LocalClock
from adapters.phone.reading.times import ISO_SECONDS, local

# Amsterdam changes at a full hour, Lord Howe by half an hour; Apia left a day out, Monrovia was 44 minutes and a half off.
_ZONES = ["Europe/Amsterdam", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Monrovia", "UTC"]
_FORMATS = [
    ISO_SECONDS,
    "%d-%m-%Y %H:%M:%S",
    "%d-%m-%Y %H:%M",
    "%Y/%m/%d %H:%M:%S.%f",
    "%H:%M:%S %d-%m-%Y",
    "%Y-%m-%dT%H:%M:%S%z",
]
_NIGHTS = [datetime(2026, 10, 25, 1), datetime(2026, 3, 29, 1), datetime(2026, 4, 5, 1), datetime(2026, 10, 4, 1)]  # noqa: DTZ001

_moments = st.datetimes(datetime(1990, 1, 2), datetime(2099, 12, 30)) | st.builds(  # noqa: DTZ001
    lambda night, hour, minute, second: night.replace(hour=hour, minute=minute, second=second),
    st.sampled_from(_NIGHTS), st.integers(0, 4), st.integers(0, 59), st.integers(0, 59),
)  # fmt: skip


@given(st.lists(_moments, min_size=1, max_size=6), st.sampled_from(_ZONES), st.sampled_from(_FORMATS))
def test_each_moment_is_told_as_if_it_were_the_only_one(moments: list[datetime], zone_name: str, form: str) -> None:
    zone = ZoneInfo(zone_name)
    clock = LocalClock(zone, (form,))
    for moment in moments:
        text = moment.replace(tzinfo=zone).strftime(form) if "%z" in form else moment.strftime(form)
        assert clock.moment(text) == local(text, zone, (form,))


def test_of_two_formats_each_moment_is_read_in_the_one_that_fits_it() -> None:
    clock = LocalClock(ZoneInfo("Europe/Amsterdam"), ("%d-%m-%Y %H:%M", "%d-%m-%Y %H:%M:%S"))
    told = [clock.moment(text) for text in ("16-11-2026 09:30", "16-11-2026 09:30:15", "16-11-2026 09:31")]
    assert [moment and moment[0].strftime("%H:%M:%S") for moment in told] == ["08:30:00", "08:30:15", "08:31:00"]


@pytest.mark.parametrize(
    "text", ["", ":00:00", "2026-11-16 25:00:00", "1969-11-16 09:00:00", "2026-11-16 09:60:00", "9" * 99]
)
def test_what_is_no_moment_of_a_call_is_none(text: str) -> None:
    assert LocalClock(ZoneInfo("Europe/Amsterdam")).moment(text) is None
