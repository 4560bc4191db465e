"""What `bulk_create` tells: a row each, or one event where it is not known what became of the rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from django.db import models

from auditsearch.capture import batch, state
from auditsearch.capture.diff import Plan
from auditsearch.capture.drafts import INSERT, UPSERT, draft
from auditsearch.capture.fields import UNKNOWN
from auditsearch.capture.keys import key_text
from auditsearch.capture.labels import made_of
from auditsearch.capture.record import Record

How = Literal["insert", "upsert", "offered"]

OFFERED = 100
"""Rows whose values are told where conflicts were ignored."""


def drafts(plan: Plan, using: str, objs: Sequence[models.Model], how: How) -> list[Record]:
    """Return what is to be told of objects that were given to `bulk_create`."""
    if how == "offered":
        rows = [_snapshot(plan, plan.read(obj.__dict__)) for obj in objs[:OFFERED]]
        return [batch.summary(INSERT, plan, len(objs), outcome="unknown", offered=rows)]
    if how == "upsert":
        for obj in objs:
            state.forget(obj)
    if len(objs) > batch.limit():
        state.distrust()
        ends = [None if plan.hides_key else key_text(obj.pk) for obj in (objs[0], objs[-1])]
        return [batch.summary(INSERT if how == "insert" else UPSERT, plan, len(objs), first=ends[0], last=ends[1])]
    return list(_inserts(plan, using, objs) if how == "insert" else _upserts(plan, using, objs))


def _inserts(plan: Plan, using: str, objs: Sequence[models.Model]) -> Iterator[Record]:
    rows = [plan.read(obj.__dict__) for obj in objs]
    keyed = [row for row, obj in zip(rows, objs, strict=True) if obj.pk is not None]
    for row in keyed:
        for i in plan.generated:
            row[i] = UNKNOWN
    batch.fill(plan, using, keyed)
    for obj, row in zip(objs, rows, strict=True):
        record = draft(INSERT, obj, plan, row)
        record.object_snapshot = _snapshot(plan, row)
        if obj.pk is not None and UNKNOWN not in row:
            state.keep(obj, plan, using, row)
        yield record


def _upserts(plan: Plan, using: str, objs: Sequence[models.Model]) -> Iterator[Record]:
    pks = [obj.pk for obj in objs if obj.pk is not None]
    there = {plan.key(row): (values, row) for values, row in batch.rows_by_key(plan, using, pks)}
    for obj in objs:
        offered = plan.read(obj.__dict__)
        key = plan.key(offered)
        if key in there:
            values, row = there[key]
            state.mark(plan, using, row)
            yield draft(UPSERT, made_of(plan, using, values, row), plan, row)
        else:
            state.distrust()
            record = draft(UPSERT, obj, plan, offered)
            record.object_id, record.context_data["offered"] = None, _snapshot(plan, offered)
            record.object_snapshot = {}
            yield record


def _snapshot(plan: Plan, row: Sequence[Any]) -> dict[str, Any]:
    """Return what is known of a row: no key that the database has not told, no value of its own making."""
    known = plan.snapshot([None if value is UNKNOWN else value for value in row])
    unknown = {
        plan.attnames[i] for i, value in enumerate(row) if value is UNKNOWN or (value is None and i in plan.keys)
    }
    return {name: value for name, value in known.items() if name not in unknown}
