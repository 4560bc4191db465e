"""Drafts of the events that models tell by themselves: snapshot, labels, diff, and a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import models

from auditsearch.capture.diff import Plan, Row
from auditsearch.capture.labels import label, labels, no_queries
from auditsearch.capture.record import Record, key_text
from auditsearch.enums import EventCode

INSERT, UPDATE, DELETE = EventCode.INSERT.value, EventCode.UPDATE.value, EventCode.DELETE.value
_VERBS = {INSERT: "created", UPDATE: "changed", DELETE: "deleted"}


def draft(
    code: str,
    instance: models.Model,
    plan: Plan,
    row: Row,
    before: Row | None = None,
    changed: Sequence[int] = (),
) -> Record:
    """Return the draft of a model's event: snapshot, labels, diff of the changed positions, and a sentence."""
    record = Record(code, object_type=plan.label, object_id=key_text(plan.key(row)), ready=True)
    with no_queries:
        record.object_label = label(instance)
        if texts := labels(plan, instance, row):
            record.context_data["labels"] = texts
    if before is not None:
        record.context_data["diff"] = plan.diff(before, row, changed)
    record.object_snapshot = plan.snapshot(row)
    record.place()
    record.verbose = sentence(record, plan, changed)
    return record


def sentence(record: Record, plan: Plan, changed: Sequence[int]) -> str:
    """Return the default sentence: `Anna changed Order 5: status, amount`, without actor `Order 5 changed: status`."""
    subject, verb = f"{plan.model.__name__} {record.object_id}", _VERBS[record.event_code]
    text = f"{record.user} {verb} {subject}" if record.user else f"{subject} {verb}"
    return f"{text}: {', '.join([plan.attnames[i] for i in changed])}" if changed else text
