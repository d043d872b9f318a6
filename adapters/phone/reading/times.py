"""Moments as telephone systems write them, as UTC."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

ISO_SECONDS = "%Y-%m-%d %H:%M:%S"
"""How Asterisk and FreeSWITCH write a local time."""


def local(text: str, zone: ZoneInfo, formats: Iterable[str]) -> tuple[datetime, bool] | None:
    """Give the moment in UTC and whether it is ambiguous; None when none of the formats (as of `strptime`) fits.

    A format with `%z` goes by the offset in the text and is never ambiguous. Without one it is a local time of the zone:
    of an hour that exists twice (clocks go back) the earlier moment is told, and one of the hour that is left out (clocks
    go forward) counts as if they had not been put forward yet. Never raises.
    """
    for form in formats:
        try:
            moment = _parse(text.strip(), form)
            if moment.tzinfo is not None:
                return moment.astimezone(UTC), False
            first, second = (moment.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        except (ValueError, OverflowError):
            continue
        # In the hour that is left out the second is the earlier one.
        return first, second > first
    return None


def epoch(written: str | float, per_second: int = 1) -> datetime | None:
    """Give the moment that many seconds (or parts, as many to a second) after 1970-01-01 UTC; None when it is no such.

    Zero and less is None: telephone systems write it for what never happened. Never raises.
    """
    if not written:
        return None
    try:
        # Whole numbers stay whole: as a float, microseconds since 1970 lose none yet, but thousandths of them do.
        count = int(written)
    except ValueError:
        try:
            fraction = float(written)
        except ValueError:
            return None
        if not math.isfinite(fraction):
            return None
        whole, micros = divmod(round(fraction * 1_000_000 / per_second), 1_000_000)
    except OverflowError:
        return None
    else:
        whole, rest = divmod(count, per_second)
        micros = rest * 1_000_000 // per_second
    if whole < 0 or (whole == 0 and micros == 0):
        return None
    try:
        moment = datetime.fromtimestamp(whole, UTC)
        return moment.replace(microsecond=micros) if micros else moment
    except (ValueError, OverflowError, OSError):
        return None


def _parse(text: str, form: str) -> datetime:
    if form == ISO_SECONDS and len(text) == 19 and text[10:11] == " ":
        # Ten times as fast as strptime, and nearly every row of a log goes through here.
        return datetime.fromisoformat(text)
    # Without a zone on purpose: the caller knows it.
    return datetime.strptime(text, form)  # noqa: DTZ007
