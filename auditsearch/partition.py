"""Partitions: stretches of event time in UTC, whose name is fixed at capture and never changes for an event."""

from __future__ import annotations

import time
from datetime import datetime
from functools import lru_cache

from auditsearch.conf import settings
from auditsearch.event import from_micros

HOUR = 3_600_000_000
"""Microseconds of an hour."""

LIVE = (48 * HOUR, HOUR)
"""How far back and ahead of now an event that is captured live may lie; beyond, it goes to the edge partition."""

PERIODS = {"day": "%Y.%m.%d", "week": "%G.w%V", "month": "%Y.%m", "year": "%Y"}
"""Name of a period -> the form of its partitions' names after the prefix."""


def partition_of(
    ts: int,
    *,
    now: int | None = None,
    window: tuple[int, int] | None = LIVE,
    period: str | None = None,
    log: str | None = None,
) -> str:
    """Return the partition's name, such as `auditsearch-2026.11`, for an event at `ts` microseconds.

    `window` is (back, ahead) in microseconds around `now`; None, as importers say, takes any time. `period` is day,
    week, month or year, by default the setting PARTITION. A `log` with an index of its own has partitions of its own.
    """
    prefix = settings.INDEX_PREFIX
    if log is not None and settings.LOGS and settings.LOGS.get(log, {}).get("index"):
        prefix = f"{prefix}-{log}"
    if window is not None:
        moment = now if now is not None else time.time_ns() // 1000
        if not moment - window[0] <= ts <= moment + window[1]:
            return f"{prefix}-edge"
    return _name(ts // (24 * HOUR), period or settings.PARTITION, prefix)


def alias_of(partition: str) -> str:
    """Return the search alias of a partition: its name without the stretch of time."""
    return partition.rpartition("-")[0]


def search_aliases(prefix: str) -> list[str]:
    """Return all search aliases: the prefix, and those of logs that have or had an index of their own."""
    return [prefix, *(f"{prefix}-{log}" for log, given in settings.LOGS.items() if "index" in given)]


@lru_cache(maxsize=4096)
def _name(day: int, period: str, prefix: str) -> str:
    return f"{prefix}-{_stamp(from_micros(day * 24 * HOUR), period)}"


def _stamp(moment: datetime, period: str) -> str:
    stamp = moment.strftime(PERIODS[period])
    year, dot, rest = stamp.partition(".")
    return f"{int(year):04d}{dot}{rest}"  # strftime pads early years on some platforms only
