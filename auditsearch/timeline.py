"""The story of one object: its own events and those of what belongs to it, deleted or moved away since, too."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from auditsearch.capture.diff import concrete, plans
from auditsearch.capture.record import key_text
from auditsearch.query.renamed import names_of
from auditsearch.search import Events


def timeline(instance: Any, *, children: bool = True) -> Events:
    """Return the events of a model instance, newest first; with those of its children, unless `children` is False.

    Children are the objects that belong to it by the setting PARENTS, or as inlines in the admin.
    """
    model, key = concrete(type(instance)), key_text(instance.pk)
    question = Q(object_type=model._meta.label, object_id=key)
    if children:
        labels = names_of(model._meta.label)
        question |= Q(_context__parent__object_type__in=labels, _context__parent__object_id__exact=key)
        for plan in plans.values():
            if plan.parent is not None and plan.parent.label == model._meta.label:
                moved = {f"_from__{plan.parent.attname}__exact": instance.pk}
                question |= Q(object_type=plan.label, **moved)
    return Events().filter(question)
