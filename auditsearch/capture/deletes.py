"""Deletes: all events of one call, cascades too, written by one INSERT in the transaction of the deletion."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import Any

from django.db import models, transaction
from django.db.models.deletion import Collector

from auditsearch.capture import indirect, left, m2m, state
from auditsearch.capture.diff import Plan, Row, concrete, plans
from auditsearch.capture.drafts import DELETE, draft
from auditsearch.capture.keys import key_text
from auditsearch.capture.record import Record, write
from auditsearch.capture.slices import sliced
from auditsearch.conf import settings


def collect_slowly(**_: Any) -> None:
    """Be connected to `pre_delete` of tracked models: Django then loads what it deletes instead of skipping it."""


def capturing_delete(delete: Callable[..., Any]) -> Callable[..., Any]:
    """Return a `Collector.delete` that writes the events of all tracked objects it deletes by one INSERT."""

    def captured(self: Collector) -> Any:
        tracked = [model for model in self.data if concrete(model) in plans]
        reset = [field for field, _ in self.field_updates if concrete(field.model) in plans]
        using = str(self.using)
        if not settings.ENABLED or not (tracked or reset or m2m.relations):
            return _deleting(self, delete)
        # reads, so before a transaction of our own: it shall begin by writing
        changed = [*left.reset(self), *left.cut(self)]
        drafts = list(_deleted(self, tracked))
        if not drafts and not changed:
            return _deleting(self, delete)
        indirect.resolve(using, [*changed, *(draft for _, draft in drafts)])
        with transaction.atomic(using=using, savepoint=False):
            result = _deleting(self, delete)
            gone = result[1]
            write(using, [*changed, *(draft for model, draft in drafts if gone.get(model._meta.label, 0))])
        return result

    captured.auditsearch = True  # type: ignore[attr-defined]
    return captured


def _deleting(collector: Collector, delete: Callable[..., Any]) -> Any:
    result = delete(collector)
    if any(concrete(field.model) in plans for field, _ in collector.field_updates):
        state.distrust()  # SET_NULL and the like have changed rows behind the objects that keep them
    return result


def _deleted(
    collector: Collector, tracked: Sequence[type[models.Model]]
) -> Iterator[tuple[type[models.Model], Record]]:
    objects = {model: sorted(collector.data[model], key=attrgetter("pk")) for model in tracked}
    covered = {
        (parent, getattr(instance, parent._meta.pk.attname))
        for model, instances in objects.items()
        for parent in concrete(model)._meta.get_parent_list()
        for instance in instances
    }
    for model, instances in objects.items():
        plan = plans[concrete(model)]
        for instance, row in _rows(plan, instances, str(collector.using)):
            if (plan.model, instance.pk) not in covered:
                yield model, _delete_draft(plan, instance, row, getattr(collector, "origin", None))


def _rows(plan: Plan, instances: Sequence[models.Model], using: str) -> Iterator[tuple[models.Model, Row]]:
    """Yield each object with its row in the database; those that are not surely known are read by one SELECT."""
    known = {key_text(instance.pk): state.kept(instance, plan, using) for instance in instances}
    missing = [instance.pk for instance in instances if known[key_text(instance.pk)] is None]
    for some in sliced(missing):
        rows = state.rows_of(plan, using).filter(pk__in=some)
        known |= {key_text(plan.key(row)): row for row in map(plan.store, rows.values_list(*plan.attnames))}
    for instance in instances:
        if (row := known[key_text(instance.pk)]) is not None:
            yield instance, row


def _delete_draft(plan: Plan, instance: models.Model, row: Row, origin: Any) -> Record:
    record = draft(DELETE, instance, plan, row)
    if (cause := left.cause_of(origin, instance)) is not None:
        record.context_data["cause"] = cause
    return record
