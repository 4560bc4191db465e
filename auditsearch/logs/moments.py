"""Moments as people say them: `2 days`, `90 min ago`, `yesterday`, `monday`, `2026-11-01`, `2026-11-01 10:30`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, tzinfo

from auditsearch.exceptions import InvalidValue

UNITS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
SHORT = {"s": "second", "sec": "second", "m": "minute", "min": "minute", "h": "hour", "d": "day", "w": "week"}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

CHOICES = '"2 days", "90 minutes", "1h", "now", "today", "yesterday", "monday", "2026-11-01" or "2026-11-01 10:30"'

_AGO = re.compile(r"(?:last )?(?:(\d{1,6})|an?)? ?([a-z]+?)s?(?: ago)?")


def moment(text: str, now: datetime) -> datetime:
    """Return the aware time that `text` says, seen from the aware `now`, in its zone. Raises InvalidValue."""
    said = " ".join(text.lower().split())
    try:
        return _day(said, now) or _ago(said, now) or _written(text.strip(), now)
    except (ValueError, OverflowError) as error:
        raise InvalidValue(f"{text!r} says no moment; say {CHOICES}.") from error


def _day(said: str, now: datetime) -> datetime | None:
    if said == "now":
        return now
    back = {"today": 0, "yesterday": 1}.get(said)
    if said in WEEKDAYS:
        back = (now.weekday() - WEEKDAYS.index(said)) % 7
    return None if back is None else _midnight(now - timedelta(days=back), now.tzinfo)


def _ago(said: str, now: datetime) -> datetime | None:
    found = _AGO.fullmatch(said)
    unit = found and UNITS.get(SHORT.get(found[2], found[2]))
    if not found or unit is None:
        return None
    return now - int(found[1] or 1) * unit


def _written(text: str, now: datetime) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=now.tzinfo)


def _midnight(moment: datetime, zone: tzinfo | None) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=zone)
