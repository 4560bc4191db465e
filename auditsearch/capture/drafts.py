"""Drafts of the events that models tell by themselves: snapshot, labels, diff, and a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import models

from auditsearch.capture import indirect, mask
from auditsearch.capture.diff import Plan, Row
from auditsearch.capture.fields import thaw
from auditsearch.capture.heard import heard
from auditsearch.capture.keys import key_text
from auditsearch.capture.label import label, no_queries
from auditsearch.capture.labels import labels
from auditsearch.capture.record import Record
from auditsearch.capture.rules import suspicious
from auditsearch.capture.unsaid import without_texts
from auditsearch.enums import EventCode

INSERT, UPDATE, DELETE = EventCode.INSERT.value, EventCode.UPDATE.value, EventCode.DELETE.value
UPSERT = "upsert"
_VERBS = {INSERT: "created", UPDATE: "changed", DELETE: "deleted", UPSERT: "created or changed"}


def draft(
    code: str,
    instance: models.Model,
    plan: Plan,
    row: Row,
    before: Row | None = None,
    changed: Sequence[int] = (),
) -> Record:
    """Return the draft of a model's event: snapshot, labels, diff of the changed positions, and a sentence."""
    object_id = None if plan.hides_key else key_text(plan.key(row))
    record = Record(code, object_type=plan.label, object_id=object_id, ready=True, instance=instance)
    with no_queries:
        record.object_label = label(instance)
        if texts := labels(plan, instance, row):
            record.context_data["labels"] = texts
        if plan.hears:
            record.heard = heard(instance)
    if before is not None:
        record.context_data["diff"] = plan.diff(before, row, changed)
    if plan.parent is not None and plan.parent.position not in plan.secret:
        if plan.parent.by:
            record.context_data["parent"] = indirect.parent_of(plan.parent, row, before)
        elif kind := plan.parent.kind_of(row):
            record.context_data["parent"] = {"object_type": kind, "object_id": key_text(row[plan.parent.position])}
    record.object_snapshot = plan.snapshot(row)
    record.place()
    if before is not None and plan.secret and "reason" in record.context_data:
        former = [thaw(before[i]) for i in plan.secret]
        record.context_data["reason"] = without_texts(str(record.context_data["reason"]), former)
    record.verbose = sentence(record, plan, [plan.attnames[i] for i in changed])
    old = [before[i] for i in changed] if before is not None else []
    told = (*row, *old, record.object_label, record.user, *texts.values())
    lines = "\n".join([each for each in told if isinstance(each, str)])
    record.ready = not (plan.careful or mask.hides(lines) or (plan.patterned and suspicious(lines)))
    return record


def sentence(record: Record, plan: Plan, names: Sequence[str]) -> str:
    """Return the default sentence: `Anna changed Order 5: status, amount`, without actor `Order 5 changed: status`."""
    name = plan.model.__name__
    subject = name if record.object_id is None else f"{name} {record.object_id}"
    return _sentence(record, subject, names)


def sentence_of_many(record: Record, plan: Plan, count: int, names: Sequence[str] = ()) -> str:
    """Return the sentence that tells of many rows at once: `Anna changed 5000 Order: status`."""
    return _sentence(record, f"{count} {plan.model.__name__}", names)


def _sentence(record: Record, subject: str, names: Sequence[str]) -> str:
    verb = _VERBS[record.event_code]
    text = f"{record.user} {verb} {subject}" if record.user else f"{subject} {verb}"
    return f"{text}: {', '.join(names)}" if names else text
