"""The stretch of time that a partition's name tells of."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from auditsearch.event import micros
from auditsearch.partition import LIVE

_STAMP = re.compile(r"-(\d{4})(?:\.(?:w(\d\d)|(\d\d)(?:\.(\d\d))?))?$")


def span(partition: str) -> tuple[int, int] | None:
    """Return start and end in microseconds since the epoch; None for the edge partition, which takes any time."""
    found = _STAMP.search(partition)
    if found is None:
        return None
    try:
        start, end = _days(*found.groups())
    except (ValueError, OverflowError):
        return None
    return micros(start), micros(end)


def is_over(partition: str, now: int) -> bool:
    """Whether no live event can come for it any more: its time has passed, and with it how far back they may lie."""
    times = span(partition)
    return times is not None and times[1] + LIVE[0] <= now


def _days(year: str, week: str | None, month: str | None, day: str | None) -> tuple[datetime, datetime]:
    if week:
        start = datetime.fromisocalendar(int(year), int(week), 1).replace(tzinfo=UTC)
        return start, start + timedelta(days=7)
    start = datetime(int(year), int(month or 1), int(day or 1), tzinfo=UTC)
    if day:
        return start, start + timedelta(days=1)
    if month:
        return start, (start + timedelta(days=31)).replace(day=1)
    return start, start.replace(year=start.year + 1)
