"""Which models are tracked: settings resolved, and their classes connected."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models.deletion import Collector
from django.db.models.signals import pre_delete

from auditsearch.capture import bulk, deletes, m2m, receivers, state
from auditsearch.capture.diff import Plan, concrete, plans
from auditsearch.capture.label import refuse_relations_early
from auditsearch.conf import settings
from auditsearch.managers import declared
from auditsearch.nearest import remedy

Problem = tuple[str, str]
"""An entry of a setting that is wrong, and the sentence that says why and names the nearest right one."""

_MISSING = object()
_HOOKS: dict[str, Callable[[Any, Plan], Any]] = {
    "_save_table": lambda inner, plan: receivers.capturing_save_table(inner),
    "_save_parents": lambda inner, plan: receivers.capturing_save_parents(inner),
    "from_db": lambda inner, plan: state.keeping_from_db(inner.__func__, plan),
    "refresh_from_db": state.keeping_refresh_of,
    "__getstate__": lambda inner, plan: state.dropping_getstate(inner),
}
_replaced: dict[type[models.Model], dict[str, tuple[Any, Any]]] = {}
_wanted: set[type[models.Model]] = set()


def track(model: type[models.Model]) -> None:
    """Track a model from now on, with its proxies and multi-table children, whatever the setting MODELS says."""
    _wanted.add(concrete(model))
    reload()


def untrack(model: type[models.Model]) -> None:
    """Undo `track`."""
    _wanted.discard(concrete(model))
    reload()


def tracked() -> list[type[models.Model]]:
    """Return the tracked concrete models."""
    return list(plans)


def reload(**_: Any) -> None:
    """Connect what settings and `track` ask for, and nothing else. Wrong entries are left to the system checks."""
    for model in list(_replaced):
        _disconnect(model)
    plans.clear()
    chosen = _wanted.union(declared(), *(_resolve(entry)[0] for entry in settings.MODELS))
    for model in apps.get_models(include_auto_created=True):
        if not chosen.isdisjoint([concrete(model), *model._meta.get_parent_list()]):
            _connect(model)
    m2m.reload()
    if plans:
        state.watch_rollbacks()
        refuse_relations_early()
        bulk.watch()
        _watch_deletes()


@contextmanager
def as_they_were(historical: Any) -> Iterator[None]:
    """Track the models of a migration's own `apps` inside, those whose present ones are tracked."""
    labels = {plan.label for plan in plans.values()}
    found = [model for model in historical.get_models() if model._meta.label in labels]
    for model in found:
        _connect(model)
    try:
        yield
    finally:
        for model in found:
            _disconnect(model)
            plans.pop(concrete(model), None)


def problems() -> list[Problem]:
    """Return what is wrong in MODELS, OLD_STATE, EXCLUDE_FIELDS and PARENTS: (entry, sentence)."""
    found = [(entry, message) for entry in settings.MODELS for message in [_resolve(entry)[1]] if message]
    return [*found, *_old_state_problems(), *_exclude_problems(), *_parent_problems()]


def _connect(model: type[models.Model]) -> None:
    table = concrete(model)
    plan = plans.get(table) or plans.setdefault(table, Plan(table))
    _replaced[model] = {}
    for name, hook in _HOOKS.items():
        own = model.__dict__.get(name, _MISSING)
        wrapper = hook(_original(model, name), plan)
        setattr(model, name, wrapper)
        _replaced[model][name] = (own, wrapper)
    if settings.ENABLED:  # who listens makes Django ask
        pre_delete.connect(deletes.collect_slowly, sender=model, dispatch_uid="auditsearch")


def _disconnect(model: type[models.Model]) -> None:
    for name, (own, wrapper) in _replaced.pop(model).items():
        if model.__dict__.get(name) is not wrapper:
            continue  # somebody has wrapped ours: it passes through as long as no plan is there
        if own is _MISSING:
            delattr(model, name)
        else:
            setattr(model, name, own)
    pre_delete.disconnect(sender=model, dispatch_uid="auditsearch")


def _original(model: type[models.Model], name: str) -> Any:
    """Return the method that the model would have without us."""
    for base in model.__mro__:
        own = base.__dict__.get(name, _MISSING)
        hooked = _replaced.get(base, {}).get(name)
        if hooked and own is hooked[1]:
            own = hooked[0]
        if own is not _MISSING:
            return own
    raise AttributeError(name)


def _watch_deletes() -> None:
    if not hasattr(Collector.delete, "auditsearch"):
        Collector.delete = deletes.capturing_delete(Collector.delete)  # type: ignore[method-assign]


def _resolve(entry: str) -> tuple[set[type[models.Model]], str]:
    """Return the models that an entry of MODELS names, or none and what is wrong with it."""
    head, _, name = str(entry).rpartition(".")
    found = {model for model in _models() if (name == "*" and head in _app_names(model)) or entry in _names(model)}
    if found:
        return found, ""
    if head in ("auditsearch", "auditsearch.models"):
        return set(), f'AUDITSEARCH["MODELS"] names {entry!r}: auditsearch does not log its own tables. Leave it out.'
    known = [f"{app.label}.*" if name in ("*", app.label) else label for app, label in _labels()]
    return set(), f'AUDITSEARCH["MODELS"] names {entry!r}, which is no model. {_nearest(str(entry), known)}'


def _models() -> Iterator[type[models.Model]]:
    return (model for model in apps.get_models() if model._meta.app_label != "auditsearch")


def _labels() -> Iterator[tuple[Any, str]]:
    return ((model._meta.app_config, model._meta.label) for model in _models())


def _app_names(model: type[models.Model]) -> set[str]:
    config = apps.get_app_config(model._meta.app_label)
    return {config.label, config.name, f"{config.name}.models"}


def _names(model: type[models.Model]) -> set[str]:
    return {f"{head}.{model.__name__}" for head in (*_app_names(model), model.__module__)}


def _nearest(entry: str, known: Iterable[str]) -> str:
    by_tail = {".".join(name.lower().split(".")[-2:]): name for name in known}
    parts = [part for part in entry.lower().split(".") if part != "models"]
    near = difflib.get_close_matches(".".join(parts[-2:]), by_tail, n=1, cutoff=0.5)
    return f"Did you mean {by_tail[near[0]]!r}?" if near else "Write it as 'app.Model', or 'app.*' for all of an app."


def _old_state_problems() -> Iterator[Problem]:
    labels = {plan.label for plan in plans.values()}
    for label, value in settings.OLD_STATE.items():
        if label not in labels:
            yield label, f'AUDITSEARCH["OLD_STATE"] names {label!r}, which is not tracked. {_nearest(label, labels)}'
        elif value not in ("database", "loaded"):
            yield label, f'AUDITSEARCH["OLD_STATE"][{label!r}] is {value!r}; it can be "database" or "loaded".'


def _exclude_problems() -> Iterator[Problem]:
    for entry in settings.EXCLUDE_FIELDS:
        yield from ((entry, message) for message in unknown_fields("EXCLUDE_FIELDS", [entry]))


def _parent_problems() -> Iterator[Problem]:
    known = {plan.label: plan for plan in plans.values()}
    for label, name in settings.PARENTS.items():
        if label not in known:
            yield label, f'AUDITSEARCH["PARENTS"] names {label!r}, which is not tracked. {_nearest(label, known)}'
        elif name and known[label].parent is None:
            keys = [field.name for field in known[label].model._meta.fields if isinstance(field, models.ForeignKey)]
            remedy = f"It has {', '.join(keys)}." if keys else "It has none."
            yield label, f'AUDITSEARCH["PARENTS"][{label!r}] is {name!r}, no foreign key. {remedy}'


def unknown_fields(setting: str, entries: Iterable[str]) -> Iterator[str]:
    """Yield a sentence for each entry, `field` or `app.Model.field`, that no model has."""
    names = [(model._meta.label, name) for model in _models() for name in _field_names(model)]
    fields, paths = {name for _, name in names}, {f"{label}.{name}" for label, name in names}
    for entry in entries:
        if entry not in fields | paths:
            meant = remedy(entry, paths if "." in entry else fields, "Write it as 'field' or 'app.Model.field'.")
            yield f'AUDITSEARCH["{setting}"] names {entry!r}, which no model has. {meant}'


def _field_names(model: type[models.Model]) -> Iterator[str]:
    yield from (name for field in model._meta.concrete_fields for name in (field.name, field.attname))
    yield from (field.name for field in model._meta.many_to_many)
