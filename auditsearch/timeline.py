"""The story of one object: its own events and those of what belongs to it, deleted or moved away since, too."""

from __future__ import annotations

from django.apps import apps
from django.db.models import Q

from auditsearch.capture.diff import plans
from auditsearch.capture.parents import Parent
from auditsearch.history import Object, key_of
from auditsearch.query.renamed import names_of
from auditsearch.search import Events


def timeline(instance: Object, *, children: bool = True, events: Events | None = None) -> Events:
    """Return the events of an object, newest first; with those of its children, unless `children` is False.

    `instance` is an object of a model, or its model's name and key: `("shop.Order", 5)`. Children are the objects that
    belong to it by the setting PARENTS, or as inlines in the admin. What is returned is out of `events`, if given.
    """
    model, key = key_of(instance)
    question = Q(object_type=model, object_id=key)
    if children:
        labels = names_of(model)
        question |= Q(_context__parent__object_type__in=labels, _context__parent__object_id__exact=key)
        for plan in plans.values():
            if plan.parent is not None and plan.parent.label in ("", *labels):
                question |= Q(object_type=plan.label) & _moved_away(plan.parent, model, key)
    return (Events() if events is None else events).filter(question)


def _moved_away(parent: Parent, model: str, key: str) -> Q:
    """The question for events that took an object away from this one."""
    if parent.by:
        return Q(_context__parent__former__exact=key)
    moved = Q(**{f"_from__{parent.attname}__exact": key})
    if not parent.kind:
        return moved
    from django.contrib.contenttypes.models import ContentType  # only a site that has it comes here

    kind = ContentType.objects.get_for_model(apps.get_model(model)).pk
    here, left = {f"_snapshot__{parent.kind}": kind}, {f"_from__{parent.kind}": kind}
    return moved & (Q(**here) | Q(**left)) | Q(**left, **{f"_snapshot__{parent.attname}__exact": key})
