"""Many rows at once: read by one SELECT, told by a draft each, or above BULK_EVENTS by one for all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import connections, models

from auditsearch.capture import state
from auditsearch.capture.diff import Plan, Row
from auditsearch.capture.drafts import UPDATE, draft, sentence_of_many
from auditsearch.capture.fields import UNKNOWN, stored
from auditsearch.capture.labels import made_of
from auditsearch.capture.record import Record
from auditsearch.capture.slices import sliced
from auditsearch.conf import settings

Loaded = tuple[Sequence[Any], Row]
"""A row as the database gave it, and as it is kept."""


def limit() -> int:
    """Return how many rows of one operation are told one by one."""
    return settings.BULK_EVENTS


def matched(
    queryset: models.QuerySet[Any], plan: Plan, using: str, most: int | None = None, *, lock: bool = True
) -> list[Loaded]:
    """Return the rows that a queryset means, each once, locked where the database can; `most` of them at most."""
    rows = _plainly(queryset) if _plain(queryset) else _beneath(queryset, plan, using)
    features = connections[using].features
    if lock and features.has_select_for_update and (most is None or features.supports_select_for_update_with_limit):
        rows = rows.select_for_update()
    values: Iterable[Any] = rows.values_list(*plan.attnames)[:most]
    return [(each, plan.store(each)) for each in values]


def slices(plan: Plan, using: str, pks: Sequence[Any]) -> Iterator[models.QuerySet[Any]]:
    """Yield the rows with these keys, as many at once as one question takes."""
    return (state.rows_of(plan, using).filter(pk__in=some) for some in sliced(pks))


def rows_by_key(plan: Plan, using: str, pks: Sequence[Any]) -> Iterator[Loaded]:
    """Yield the rows with these keys, as far as there are any."""
    for rows in slices(plan, using, pks):
        for values in rows.values_list(*plan.attnames):
            yield values, plan.store(values)


def fill(plan: Plan, using: str, rows: Sequence[list[Any]]) -> list[list[Any]]:
    """Ask the database for what rows hold as UNKNOWN; return those that are there."""
    asked = [row for row in rows if UNKNOWN in row]
    if not asked:
        return list(rows)
    there = {plan.key(row): row for _, row in rows_by_key(plan, using, [plan.key(row) for row in asked])}
    kept = []
    for row in rows:
        fresh = there.get(plan.key(row)) if UNKNOWN in row else row
        if fresh is not None:
            row[:] = [new if value is UNKNOWN else value for value, new in zip(row, fresh, strict=True)]
            kept.append(row)
    return kept


def updates(plan: Plan, using: str, rows: Iterable[tuple[Sequence[Any], Row, Row]], **context: Any) -> Iterator[Record]:
    """Yield a draft of each (values, old row, new row) that differs in more than excluded fields."""
    for values, before, row in rows:
        changed = [i for i, (old, new) in enumerate(zip(before, row, strict=True)) if old != new]
        if not plan.excluded.issuperset(changed):
            instance = made_of(plan, using, values, row)
            record = draft(UPDATE, instance, plan, row, before, [i for i in changed if i not in plan.excluded])
            record.context_data |= context
            yield record


def summary(code: str, plan: Plan, count: int, names: Sequence[str] = (), **context: Any) -> Record:
    """Return the draft of one event that tells of `count` rows together: `Anna changed 5000 Order: status`."""
    record = Record(code, object_type=plan.label, context_data={"bulk": {"count": count, **context}})
    record.place()
    record.verbose = sentence_of_many(record, plan, count, names)
    return record


def value_of(plan: Plan, i: int, value: Any) -> Any:
    """Return a value given for a position of a row as the row keeps it, UNKNOWN where only the database knows."""
    if isinstance(value, models.Model):
        field = plan.model._meta.concrete_fields[i]
        value = getattr(value, field.target_field.attname) if isinstance(field, models.ForeignKey) else value.pk
    return stored(plan.columns[i], value) if not hasattr(value, "resolve_expression") else UNKNOWN


def _plain(queryset: models.QuerySet[Any]) -> bool:
    query = queryset.query
    tables = [alias for alias, count in query.alias_refcount.items() if count]
    model = query.model
    special = query.distinct or query.annotations or query.group_by or query.extra or query.combinator
    return len(tables) < 2 and not special and model is not None and not model._meta.parents


def _plainly(queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
    return queryset.order_by().select_related(None)


def _beneath(queryset: models.QuerySet[Any], plan: Plan, using: str) -> models.QuerySet[Any]:
    rows = queryset.order_by().select_related(None)
    if rows.query.distinct_fields:
        rows = rows.distinct()  # an UPDATE knows no DISTINCT ON
    return state.rows_of(plan, using).filter(pk__in=rows.values("pk"))
