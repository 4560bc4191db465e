"""What a delete leaves behind: rows whose foreign key is set to something else, and cut many-to-many relations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import models

from auditsearch.capture import batch, m2m, state
from auditsearch.capture.diff import Plan, Row, concrete, plans
from auditsearch.capture.drafts import UPDATE
from auditsearch.capture.keys import key_text
from auditsearch.capture.quiet import TOLD
from auditsearch.capture.record import Record
from auditsearch.capture.relation import drafts
from auditsearch.capture.unsaid import hides_key

Cause = dict[str, str | None]


def reset(collector: Any) -> Iterator[Record]:
    """Yield the drafts of rows that stay, and whose foreign key SET_NULL or its like changes."""
    using, cause = str(collector.using), _context(collector)
    gone = {(concrete(model), each.pk) for model, instances in collector.data.items() for each in instances}
    for plan, rows in _changed(collector, using).items():
        kept = [each for key, each in rows.items() if (plan.model, key) not in gone]
        for _, before, _ in kept:
            state.mark(plan, using, before)
        if len(kept) <= batch.limit():
            yield from batch.updates(plan, using, kept, **cause)
        else:
            names = {field.attname for field, _ in collector.field_updates if concrete(field.model) is plan.model}
            record = batch.summary(UPDATE, plan, len(kept), sorted(names))
            record.context_data |= cause
            yield record


def cut(collector: Any) -> Iterator[Record]:
    """Yield the drafts of objects that stay, and lose a many-to-many relation."""
    for relation, changes in m2m.cut(collector):
        yield from drafts(relation, str(collector.using), changes, None, **_context(collector))


def cause_of(origin: Any, instance: models.Model | None = None) -> Cause | None:
    """Return what was deleted first; None where that is `instance` itself or one of its kind."""
    if isinstance(origin, models.Model):
        cause = concrete(type(origin))
        if isinstance(instance, cause) and getattr(instance, cause._meta.pk.attname) == origin.pk:
            return None
        return {"object_type": cause._meta.label, "object_id": None if hides_key(origin) else key_text(origin.pk)}
    model = getattr(origin, "model", None)
    if model is None or (instance is not None and concrete(model) is concrete(type(instance))):
        return None
    return {"object_type": concrete(model)._meta.label, "object_id": None}


def _context(collector: Any) -> dict[str, Cause]:
    cause = cause_of(getattr(collector, "origin", None))
    return {} if cause is None else {"cause": cause}


def _changed(collector: Any, using: str) -> dict[Plan, dict[Any, tuple[Any, Row, list[Any]]]]:
    """Return {plan: {key: (values, old row, new row)}} of the rows whose foreign keys are to be changed."""
    found: dict[Plan, dict[Any, tuple[Any, Row, list[Any]]]] = {}
    for (field, value), groups in collector.field_updates.items():
        plan = plans.get(concrete(field.model))
        if plan is None:
            continue
        rows = found.setdefault(plan, {})
        i = plan.index[field.attname]
        for values, before in _loaded(plan, using, groups):
            row = rows.setdefault(plan.key(before), (values, before, list(before)))[2]
            row[i] = batch.value_of(plan, i, value)
    return found


def _loaded(plan: Plan, using: str, groups: Any) -> Iterator[batch.Loaded]:
    for group in groups:
        if isinstance(group, models.QuerySet) and group._result_cache is None:
            yield from batch.matched(group, plan, using, lock=False)
            group._hints = {**group._hints, TOLD: True}  # type: ignore[attr-defined]
        else:
            yield from batch.rows_by_key(plan, using, [each.pk for each in group])
