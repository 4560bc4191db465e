"""Ages and dates as people write them: `3 years`, `90 days`, `2024-01-01`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from auditsearch.exceptions import AuditSearchError

_AGE = re.compile(r"(\d{1,5}) (day|week|month|year)s?")
_DATE = re.compile(r"\d+[-./]")


class NoTime(AuditSearchError):
    """What was said is no age and no date; the message says how they are written."""


def back(age: str, now: datetime) -> datetime:
    """Return the moment that lies `age` before `now`, such as `6 months`. Raises NoTime."""
    found = _AGE.fullmatch(age.strip())
    if found is None or not int(found[1]):
        raise NoTime(f"{age!r} is no age: write a number from 1 on of days, weeks, months or years, such as '3 years'.")
    number, unit = int(found[1]), found[2]
    try:
        if unit in ("day", "week"):
            return now - timedelta(days=number * (7 if unit == "week" else 1))
        return _months_before(now, number * (12 if unit == "year" else 1))
    except (OverflowError, ValueError):
        raise NoTime(f"{age!r} lies before the calendar begins.") from None


def moment(text: str, now: datetime) -> datetime:
    """Return what a date (its midnight, in TIME_ZONE), a time or an age before `now` says. Raises NoTime."""
    try:
        day = parse_date(text) if len(text) == 10 else None
        found = datetime.combine(day, time()) if day else parse_datetime(text)
    except ValueError:  # it has the form of a date, but there is no such day
        found = None
    if found is None and _DATE.match(text.strip()):
        raise NoTime(f"There is no day or time {text!r}: write it as 2026-01-31 or '2026-01-31 10:30'.")
    if found is None:
        return _ago(text, now)
    try:
        return (timezone.make_aware(found) if timezone.is_naive(found) else found).astimezone(UTC)
    except OverflowError:
        raise NoTime(f"{text!r} lies before the calendar begins, or after it ends.") from None


def _ago(text: str, now: datetime) -> datetime:
    try:
        return back(text, now)
    except NoTime as error:
        raise NoTime(f"{error} A date is written as 2026-01-31.") from None


def _months_before(now: datetime, months: int) -> datetime:
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    for day in range(now.day, now.day - 4, -1):  # a 31st may have to become a 28th
        try:
            return now.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    raise ValueError("no such day")
