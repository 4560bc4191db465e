"""Many to many: what was added and removed, told on the objects of the model that declares the field.

Where only the other model is tracked, it is told there, under the name that the relation has from that side. Django
looks first what is there already as soon as anybody listens, so only what really changed is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from contextvars import ContextVar
from functools import wraps
from typing import Any

from django.apps import apps
from django.core.serializers.base import DeserializedObject
from django.db import models, router, transaction
from django.db.models.signals import m2m_changed

from auditsearch.capture.diff import concrete, plans
from auditsearch.capture.quiet import quiet, told_outside
from auditsearch.capture.record import write
from auditsearch.capture.relation import Change, Relation, drafts, in_order
from auditsearch.conf import settings

GOING = "auditsearch_going"
"""Attribute of `_state` of an object some of whose relations are being removed: their keys."""

relations: dict[type[models.Model], Relation] = {}
"""Tables between two models, of which one at least is tracked."""

_gathered: ContextVar[list[Change] | None] = ContextVar("auditsearch_m2m", default=None)


def reload() -> None:
    """Listen to the many-to-many fields of tracked models, and to no other."""
    for through in relations:
        m2m_changed.disconnect(_changed, sender=through, dispatch_uid="auditsearch")
    relations.clear()
    for model in apps.get_models():
        for field in model._meta.local_many_to_many:
            if (relation := _relation(model, field)) is not None:
                relations[relation.through] = relation
                if settings.ENABLED:  # who listens makes Django ask
                    m2m_changed.connect(_changed, sender=relation.through, dispatch_uid="auditsearch")
                _watch_set(field)
    if relations and not hasattr(DeserializedObject.save, "auditsearch"):
        DeserializedObject.save = _leaving_out_raw(DeserializedObject.save)  # type: ignore[method-assign]


def _relation(model: type[models.Model], field: Any) -> Relation | None:
    if not issubclass(type(field), models.ManyToManyField):
        return None  # tags of django-taggit, say: the model between tells of them if it is tracked
    owner, related = plans.get(concrete(model)), plans.get(concrete(field.related_model))
    reverse = owner is None
    name = field.remote_field.get_accessor_name() if reverse else field.name
    plan = related if reverse else owner
    if plan is None or not name or not {name, f"{plan.label}.{name}"}.isdisjoint(settings.EXCLUDE_FIELDS):
        return None
    return Relation(field.remote_field.through, field, plan, name, reverse)


def _watch_set(field: Any) -> None:
    """Let `set`, which removes and adds, be one event."""
    for model, name in ((field.model, field.name), (field.related_model, field.remote_field.get_accessor_name())):
        manager = getattr(getattr(model, name, None), "related_manager_cls", None) if name else None
        if manager is not None and not hasattr(manager.set, "auditsearch"):
            manager.set = _gathering(manager.set)


def _leaving_out_raw(save: Callable[..., Any]) -> Callable[..., Any]:
    """Let a fixture's relations tell nothing where its objects don't."""

    @wraps(save)
    def saved(self: Any, *args: Any, **options: Any) -> Any:
        with nullcontext() if settings.RAW_SAVES else told_outside():
            return save(self, *args, **options)

    saved.auditsearch = True  # type: ignore[attr-defined]
    return saved


def _gathering(change: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(change)
    def gathered(self: Any, *args: Any, **options: Any) -> Any:
        if self.through not in relations or not settings.ENABLED or _gathered.get() is not None:
            return change(self, *args, **options)
        using = router.db_for_write(self.through, instance=self.instance)
        with transaction.atomic(using=using, savepoint=False):
            found: list[Change] = []
            reset = _gathered.set(found)
            try:
                result = change(self, *args, **options)
            finally:
                _gathered.reset(reset)
            _tell(relations.get(self.through), using, found, self.instance)
        return result

    gathered.auditsearch = True  # type: ignore[attr-defined]
    return gathered


def _changed(
    sender: Any, instance: models.Model, action: str, reverse: bool, pk_set: set[Any] | None, using: str, **_: Any
) -> None:
    relation = relations.get(sender)
    if relation is None or not settings.ENABLED or quiet():
        return
    going = instance._state.__dict__
    if action in ("pre_remove", "pre_clear"):
        going[GOING] = relation.there(instance, reverse, using, pk_set)
        return
    if action not in ("post_add", "post_remove", "post_clear"):
        return
    keys: Iterable[Any] = in_order(pk_set or ()) if action == "post_add" else going.pop(GOING, ())
    changes = [relation.change(instance, reverse, key, action == "post_add") for key in keys]
    if relation.field.remote_field.symmetrical:
        changes += [Change(other, teller, added) for teller, other, added in changes if other != teller]
    if (gathered := _gathered.get()) is not None:
        gathered += changes
    else:
        _tell(relation, using, changes, instance)


def _tell(relation: Relation | None, using: str, changes: Sequence[Change], instance: models.Model) -> None:
    if relation is not None and changes:
        write(using, drafts(relation, using, changes, instance))


def cut(collector: Any) -> Iterator[tuple[Relation, list[Change]]]:
    """Yield the relations that go because one of their ends is deleted, told on the end that stays."""
    gone = {concrete(model): {each.pk for each in instances} for model, instances in collector.data.items()}
    for relation in relations.values():
        if relation.other in gone or any(parent in gone for parent in relation.other._meta.get_parent_list()):
            pairs = [pair for queryset in collector.fast_deletes for pair in _pairs(relation, queryset)]
            pairs += _pairs(relation, collector.data.get(relation.through, ()))
            kept = [
                Change(teller, other, False)
                for teller, other in pairs
                if teller not in gone.get(relation.plan.model, ())
            ]
            if kept:
                yield relation, kept


def _pairs(relation: Relation, rows: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(rows, models.QuerySet):
        names = (relation.teller_column, relation.other_column)
        return rows.order_by().values_list(*names) if rows.model is relation.through else ()
    return [(getattr(row, relation.teller_column), getattr(row, relation.other_column)) for row in rows]
