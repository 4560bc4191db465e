"""Questions as they are typed on a terminal: words, the search language, `field=value`, a log, a stretch of time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from auditsearch.event import Event
from auditsearch.logs.moments import moment
from auditsearch.query.algebra import all_of
from auditsearch.query.parse import FIELDS, ROOTS, WHOLE
from auditsearch.query.text import parse
from auditsearch.search import Events

OVERLAP = timedelta(minutes=5)
"""How far back a followed question looks: events come with the time at which they happened, not in that order."""

_KEYWORD = re.compile(r"(_?[a-z]+(?:_[a-z]+)*(?:__\w+)*)=(.*)", re.DOTALL)
_NUMBER = re.compile(r"-?\d{1,18}(?:\.\d{1,18})?")
_RANGES = ("gt", "gte", "lt", "lte", "range")


def asked(
    parts: Sequence[str],
    *,
    now: datetime,
    log: str | None = None,
    since: str | None = None,
    until: str | None = None,
    regex: str | None = None,
) -> Events:
    """Return the events that answer all of it. Raises QueryError, whose message says what is wrong.

    Of `parts`, `field=value` and `field__lookup=value` are keywords of `filter_events`, the rest is the search box's
    language.
    """
    keywords = dict(_keyword(part) for part in parts if _is_keyword(part))
    rest = " ".join(part for part in parts if not _is_keyword(part)).strip()
    if log:
        keywords["log"] = log
    if since:
        keywords["timestamp__gte"] = moment(since, now)
    if until:
        keywords["timestamp__lt"] = moment(until, now)
    if regex:
        keywords["verbose__regex"] = regex
    events = Events().filter(**keywords)
    return _searched(events, rest) if rest else events


def newest(events: Events, limit: int | None) -> Iterator[Event]:
    """Yield the `limit` newest events, or all, oldest first."""
    if limit is None:
        return events.order_by("timestamp").iterator()
    return reversed(list(events[:limit].iterator()))


def following(events: Events, now: datetime, known: dict[str, datetime]) -> list[Event]:
    """Return events that are not in `known` yet, oldest first, and add them there; what is too old for it goes."""
    start = now - OVERLAP
    for event_id in [event_id for event_id, at in known.items() if at < start - OVERLAP]:
        del known[event_id]
    found = [event for event in newest(events.filter(timestamp__gte=start), None) if event.id not in known]
    known.update((event.id, event.timestamp) for event in found)
    return found


def _searched(events: Events, text: str) -> Events:
    return replace(events, tree=all_of((events.tree, parse(text))))


def _is_keyword(part: str) -> bool:
    found = _KEYWORD.fullmatch(part)
    return bool(found) and found[1].split("__")[0] in {*FIELDS, *ROOTS, *WHOLE}  # type: ignore[index]


def _keyword(part: str) -> tuple[str, Any]:
    name, _, value = part.partition("=")
    lookup = name.rpartition("__")[2]
    if lookup in _RANGES and _NUMBER.fullmatch(value):
        return name, float(value) if "." in value else int(value)
    if lookup in ("in", "range"):
        return name, value.split(",")
    if lookup == "isnull":
        return name, value.lower() in ("true", "1", "yes", "")
    return name, value
