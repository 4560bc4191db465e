"""Facets, histograms and aggregates of the events that answer a question, exact or marked."""

from __future__ import annotations

from collections import Counter
from datetime import tzinfo
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from django.db.models import Aggregate, Count, F, Max, Min, Q
from django.db.models.expressions import Star
from django.utils.timezone import get_current_timezone

from auditsearch import intervals
from auditsearch.backends.base import Facets, Histogram, Hit, Interval, Value
from auditsearch.canonical import loads
from auditsearch.columns import counted, ordered
from auditsearch.document import document
from auditsearch.exceptions import QueryError
from auditsearch.facts import leaves
from auditsearch.forms import CLIPPED, clip
from auditsearch.lengths import limited
from auditsearch.promoted import PREFIX, promoted, shown
from auditsearch.query.algebra import all_of
from auditsearch.query.tree import NONE, Fact

if TYPE_CHECKING:
    from auditsearch.search import Events

CHECKED = 10_000
"""Candidates that are looked at for a total, where the engine's answer is too wide."""

VALUES = 10_000
"""Different values that are looked at."""


class Cardinality(NamedTuple):
    """How many different values there are; not `exact`: at least so many."""

    value: int
    exact: bool


def facets(events: Events, name: str, size: int) -> Facets:
    """Count the values of a column, `size` of them; what the engine is not sure of is checked first."""
    limited("size", size, VALUES)
    field, plan = counted(name), events.plan
    if not plan.check:
        found = events.store.facets(plan.engine, field, size=size)
        return found._replace(values=_whole(events, field, found.values))
    nothing = Facets([], 0, 0, 0)
    sure = events.store.facets(plan.sure, field, size=VALUES) if plan.sure != NONE else nothing
    rest, all_seen = _rest(events)
    checked = [_values(field, hit) for hit in rest]
    counts = Counter(dict(sure.values)) + Counter(value for values in checked for value in values)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    exact = sure.exact and not sure.other and all_seen
    other = sure.other + sum(number for _, number in ranked[size:])
    values = _whole(events, field, ranked[:size])
    return Facets(values, other, sure.missing + checked.count([]), sure.total + len(checked), exact)


def _whole(events: Events, field: str, values: list[tuple[Value, int]]) -> list[tuple[Value, int]]:
    """Values that a column holds clipped are read whole out of an event, so that they can be shown and asked for."""
    path = next((row.path for row in promoted() if PREFIX + row.name == field), field)
    return [(_told(events, path, value) if _is_clipped(value) else value, number) for value, number in values]


def _is_clipped(value: Value) -> bool:
    return isinstance(value, str) and CLIPPED in value


def _told(events: Events, path: str, value: Value) -> Value:
    asked = all_of((events.plan.engine, Fact(path, "=", "equals", (str(value),))))
    hits = events.store.search(asked, order=events.order, limit=1).hits
    texts = (value for hit in hits for at, _, value in leaves(loads(hit.canonical)).leaves if at == path)
    return next((text for text in texts if isinstance(text, str) and clip(text) == value), value)


def histogram(events: Events, interval: Interval, zone: tzinfo | None) -> Histogram:
    """Count events by time, in stretches of the wall clock of `zone`."""
    if interval not in get_args(Interval):
        raise QueryError(f"There is no interval {interval!r}. There are: {', '.join(get_args(Interval))}.")
    zone, plan = zone or get_current_timezone(), events.plan
    if not plan.check:
        return events.store.histogram(plan.engine, interval, zone)
    sure = events.store.histogram(plan.sure, interval, zone) if plan.sure != NONE else Histogram([])
    rest, all_seen = _rest(events)
    times = [*sure.bars, *((document(hit.canonical, "").ts, 1) for hit in rest)]
    if not times:
        return Histogram([], 0, all_seen)
    edges = intervals.starts(min(ts for ts, _ in times), max(ts for ts, _ in times), interval, zone)
    return intervals.histogram(times, edges)._replace(exact=sure.exact and all_seen)


def aggregate(events: Events, *expressions: Aggregate, **named: Aggregate) -> dict[str, Any]:
    """Return Django's Count, Min and Max of the events, by name; a distinct Count is a Cardinality."""
    asked = {_alias(expression): expression for expression in expressions} | named
    return {alias: _one(events, alias, expression) for alias, expression in asked.items()}


def _alias(expression: Any) -> str:
    if not isinstance(expression, Aggregate):
        raise QueryError("aggregate takes Count, Min and Max of django.db.models.")
    name = _name(expression)
    return f"{name}__{type(expression).__name__.lower()}" if name != "*" else "count"


def _name(expression: Aggregate) -> str:
    """The one name that is aggregated, `*` for whole events."""
    (source,) = expression.get_source_expressions()[:1]
    if isinstance(source, Star):
        return "*"
    if not isinstance(source, F):
        raise QueryError("An aggregate takes one name, such as Min('timestamp').")
    return str(vars(source)["name"])


def _one(events: Events, alias: str, expression: Any) -> Any:
    name = _name(expression) if isinstance(expression, Aggregate) else ""
    within = _narrowed(events, getattr(expression, "filter", None))
    if type(expression) is Count:
        return _counted(within, name, bool(vars(expression).get("distinct")))
    if type(expression) in (Min, Max):
        return end(within, name, type(expression) is Max)
    raise QueryError(f"{alias}: aggregate knows Count, Min and Max of django.db.models.")


def _narrowed(events: Events, question: Any) -> Events:
    """The events that an aggregate's own `filter` leaves; Django 6 wraps it."""
    if question is None:
        return events
    return events.filter(question if isinstance(question, Q) else question.get_source_expressions()[0])


def _counted(events: Events, name: str, distinct: bool) -> int | Cardinality:
    if name in ("*", "id", "timestamp"):
        return events.count()
    if not distinct:
        return events.filter(**{f"{name}__isnull": False}).count()
    found = facets(events, name, VALUES)
    return Cardinality(len(found.values), found.exact and not found.other)


def end(events: Events, name: str, largest: bool) -> Any:
    """Return the smallest or largest value of a column, None where there is none."""
    field = ordered(name)
    hit = next(events.order_by(f"-{name}" if largest else name)[:1].hits(), None)
    if hit is None or hit.after[0] is None:
        return None
    if field.startswith(PREFIX):  # not what it was ordered by: where there is none, servers put a number of their own
        found = max(_values(field, hit), default=None) if largest else min(_values(field, hit), default=None)
        return None if found is None else _whole(events, field, [(found, 1)])[0][0]
    return getattr(events.event(hit), name.removesuffix("_name"))


def _rest(events: Events) -> tuple[list[Hit], bool]:
    """The hits that answer and of which the engine is not sure, and whether all candidates were looked at."""
    candidates = list(islice(events.unsure(), CHECKED + 1))
    return [hit for hit in candidates[:CHECKED] if events.fits(hit)], len(candidates) <= CHECKED


def _values(field: str, hit: Hit) -> list[Value]:
    found = document(hit.canonical, "")
    if field.startswith(PREFIX):
        return [shown(field, raw) for raw in found.promoted.get(field.removeprefix(PREFIX), ())]
    return [found.envelope[field]] if field in found.envelope else []
