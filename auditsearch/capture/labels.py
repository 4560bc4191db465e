"""What a row's values are called: its foreign keys, at no query's cost or by one for all of them, and its choices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from django.db import models

from auditsearch.capture import mask
from auditsearch.capture.diff import Plan, Row, concrete, plans
from auditsearch.capture.heard import heard
from auditsearch.capture.label import label, no_queries
from auditsearch.capture.rules import suspicious
from auditsearch.capture.slices import sliced
from auditsearch.conf import settings

if TYPE_CHECKING:
    from auditsearch.capture.record import Record


def labels(plan: Plan, instance: models.Model, row: Row) -> dict[str, str]:
    """Return {attname: text} of the row's choices and of foreign keys whose object is at hand. Call it guarded."""
    found = {}
    for i, field, choices, end in plan.labelled:
        text = _related(field, instance, end, row[i]) if end is not None else _choice(field, choices, row[i])
        if text is not None:
            found[field.attname] = text
    return found


def made_of(plan: Plan, using: str, values: Sequence[Any], row: Row) -> models.Model:
    """Return an object for its label's sake: as the database gave it, then changed to `row`."""
    instance = plan.model.from_db(using, list(plan.attnames), list(values))
    for (attname, _, _, frozen), value, loaded in zip(plan.columns, row, values, strict=True):
        if not frozen and value != loaded:
            instance.__dict__[attname] = value
    return instance


def texts_of(
    model: type[models.Model], using: str, attname: str, keys: Collection[Any], most: int
) -> tuple[dict[Any, str], list[str]]:
    """Return {key: text} of objects, read with what their foreign keys point to, none of more than `most`; and the
    texts by which their personal values are known again.
    """
    if not keys or len(keys) > most:
        return {}, []
    near = [field.name for field in model._meta.concrete_fields if isinstance(field, models.ForeignKey)]
    found, said = {}, list[str]()
    for some in sliced(list(keys)):
        rows: models.QuerySet[Any] = models.QuerySet(model, using=using).filter(**{f"{attname}__in": some})
        rows = rows.select_related(*near)
        for each in rows if near else rows.select_related(None):
            with no_queries:
                found[getattr(each, attname)] = label(each)
                said += heard(each)
    return found, said


def complete(using: str, drafts: Iterable[Record]) -> None:
    """Add the labels of foreign keys whose objects are not at hand, by one SELECT for each foreign key of a model."""
    wanting: dict[Any, list[Record]] = defaultdict(list)
    for draft in drafts:
        plan = plans.get(concrete(type(draft.instance))) if isinstance(draft.instance, models.Model) else None
        for field in _unlabelled(plan, draft) if plan is not None and not draft.dropped else ():
            wanting[field].append(draft)
    for field, some in wanting.items():
        end, keys = field.target_field, {draft.object_snapshot[field.attname] for draft in some}
        texts, said = texts_of(end.model, using, end.attname, keys, max(settings.BULK_EVENTS, 1))
        for draft in some:
            if (text := texts.get(draft.object_snapshot[field.attname])) is not None:
                draft.context_data.setdefault("labels", {})[field.attname] = text
                draft.heard = [*draft.heard, *said]
                draft.ready = draft.ready and not (mask.hides(text) or suspicious(text))


def _unlabelled(plan: Plan, draft: Record) -> Iterator[Any]:
    known = draft.context_data.get("labels", {})
    for _, field, _, end in plan.labelled:
        if end is not None and field.attname not in known and draft.object_snapshot.get(field.attname) is not None:
            yield field


def _related(field: Any, instance: models.Model, end: str, value: Any) -> str | None:
    related = instance._state.__dict__.get("fields_cache", {}).get(field.name)
    if related is None or getattr(related, end, None) != value:
        return None
    return label(related)


def _choice(field: Any, choices: dict[Any, Any] | None, value: Any) -> str | None:
    try:
        text = (dict(field.flatchoices) if choices is None else choices).get(value)
        return None if text is None else str(text)
    except Exception:  # choices may come from a function of the application
        return None
