"""Bulk operations: `update`, `bulk_create` and `bulk_update` of a QuerySet, each with its events in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connections, models, transaction

from auditsearch import canonical
from auditsearch.capture import batch, created, mask, state
from auditsearch.capture.chance import by_chance
from auditsearch.capture.diff import Plan, Row, plans
from auditsearch.capture.drafts import UPDATE
from auditsearch.capture.fields import UNKNOWN
from auditsearch.capture.question import question, told
from auditsearch.capture.quiet import TOLD, quiet, told_outside
from auditsearch.capture.record import Record, write
from auditsearch.capture.slices import sliced
from auditsearch.conf import settings
from auditsearch.context import origin


def watch() -> None:
    """Let querysets of tracked models tell what they do. All others pay one look into a dictionary."""
    for name, capturing in _HOOKS.items():
        method = getattr(models.QuerySet, name)
        if not hasattr(method, "auditsearch"):
            wrapper = capturing(method)
            wrapper.auditsearch = True
            wrapper.alters_data = True
            wrapper.__name__, wrapper.__doc__ = method.__name__, method.__doc__
            setattr(models.QuerySet, name, wrapper)


def plan_of(queryset: models.QuerySet[Any]) -> Plan | None:
    """Return the plan of a queryset's model, None where nothing is to be told."""
    plan = plans.get(queryset.model and queryset.model._meta.concrete_model)
    if plan is None or not settings.ENABLED or quiet() or TOLD in queryset._hints:  # type: ignore[attr-defined]
        return None
    return plan


@contextmanager
def writing(queryset: models.QuerySet[Any]) -> Iterator[str]:
    """Give the alias that a queryset writes to, inside a transaction on it."""
    queryset._for_write = True  # type: ignore[attr-defined]
    using = str(queryset.db)
    if connections[using].get_autocommit():
        origin()  # who acts is found out now: that may ask the database, or fail, on its own
    with transaction.atomic(using=using, savepoint=False):
        yield using


def _capturing_update(update: Callable[..., Any]) -> Any:
    def captured(self: models.QuerySet[Any], **values: Any) -> Any:
        plan = plan_of(self)
        refused = self.query.is_sliced or self.query.combinator or not values
        if plan is None or refused or not values.keys() <= plan.index.keys():
            try:
                return update(self, **values)
            finally:
                state.touched(self.model)
        with writing(self) as using:
            return _updated(self, update, plan, using, values)

    return captured


def _updated(
    queryset: models.QuerySet[Any], update: Callable[..., Any], plan: Plan, using: str, values: dict[str, Any]
) -> Any:
    state.take_turn(plan, using)
    given = {plan.index[name]: batch.value_of(plan, plan.index[name], value) for name, value in values.items()}
    chance = by_chance(queryset.query)
    bound = chance and queryset.query.annotations and UNKNOWN in given.values()  # its expressions may need them
    most = 0 if bound or any(given.get(i) is UNKNOWN for i in plan.keys) else batch.limit()
    found = batch.matched(queryset, plan, using, most + 1)
    where = queryset.query.where.clone()
    if chance and len(found) <= most:
        keys = [plan.key(row) for _, row in found]
        count = sum(update(rows, **values) for rows in batch.slices(plan, using, keys))
    else:
        count = update(queryset, **values)
    drafts: list[Record] = []
    if len(found) <= most:
        drafts += _row_updates(plan, using, found, given, values)
    if count > (len(found) if len(found) <= most else 0):
        state.distrust()  # rows have changed that are not known one by one
        shown = {
            plan.attnames[plan.index[name]]: _told(plan, plan.index[name], value) for name, value in values.items()
        }
        drafts.append(batch.summary(UPDATE, plan, count, list(shown), question=question(where), values=shown))
    write(using, drafts)
    return count


def _told(plan: Plan, i: int, value: Any) -> Any:
    if i in plan.secret:
        return mask.hide(value)
    return mask.masked(canonical.normalise(told(value)), plan.inside[i]) if i in plan.inside else told(value)


def _row_updates(
    plan: Plan, using: str, found: Iterable[batch.Loaded], given: dict[int, Any], values: dict[str, Any]
) -> list[Record]:
    rows = []
    for raw, before in found:
        row = [UNKNOWN if i in plan.generated else given.get(i, value) for i, value in enumerate(before)]
        rows.append((raw, before, row))
    there = {id(row) for row in batch.fill(plan, using, [row for _, _, row in rows])}
    rows = [each for each in rows if id(each[2]) in there]
    for _, before, row in rows:
        state.mark(plan, using, before)
        state.mark(plan, using, row)
    return list(batch.updates(plan, using, rows))


def _capturing_bulk_create(bulk_create: Callable[..., Any]) -> Any:
    def captured(
        self: models.QuerySet[Any],
        objs: Iterable[Any],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        *args: Any,
        **options: Any,
    ) -> Any:
        plan = plan_of(self)
        given = objs if plan is None else list(objs)
        if plan is None or not given:
            try:
                return bulk_create(self, given, batch_size, ignore_conflicts, update_conflicts, *args, **options)
            finally:
                if update_conflicts:
                    state.touched(self.model)
        with writing(self) as using:
            made = bulk_create(self, given, batch_size, ignore_conflicts, update_conflicts, *args, **options)
            how: created.How = "offered" if ignore_conflicts else "upsert" if update_conflicts else "insert"
            write(using, created.drafts(plan, using, list(given), how))
        return made

    return captured


def _capturing_bulk_update(bulk_update: Callable[..., Any]) -> Any:
    def captured(self: models.QuerySet[Any], objs: Iterable[Any], fields: Any, *args: Any, **options: Any) -> Any:
        plan = plan_of(self)
        given, names = tuple(objs), list(fields)
        known = plan is not None and plan.index.keys() >= set(names) and all(obj.pk is not None for obj in given)
        if plan is None or not given or not known:
            with told_outside():
                result = bulk_update(self, given, names, *args, **options)
            state.touched(self.model)
            return result
        with writing(self) as using, told_outside():
            if len(given) > batch.limit():
                result = bulk_update(self, given, names, *args, **options)
                state.distrust()
                attnames = [plan.attnames[plan.index[name]] for name in names]
                write(using, [batch.summary(UPDATE, plan, result, attnames, fields=attnames)])
                return result
            state.take_turn(plan, using)
            old = _old_rows(self, plan, using, given)
            result = bulk_update(self, given, names, *args, **options)
            write(using, _object_updates(plan, using, given, old, names))
        return result

    return captured


def _old_rows(
    queryset: models.QuerySet[Any], plan: Plan, using: str, objs: Sequence[models.Model]
) -> dict[Any, batch.Loaded]:
    """Return the old rows by key, of those objects that the queryset reaches."""
    pks = list(
        dict.fromkeys(plan.columns[plan.keys[0]].read(obj.pk) if len(plan.keys) == 1 else obj.pk for obj in objs)
    )
    if not queryset.query.where:
        return {plan.key(row): (values, row) for values, row in batch.rows_by_key(plan, using, pks)}
    found: dict[Any, batch.Loaded] = {}
    for some in sliced(pks):
        there = batch.matched(queryset.filter(pk__in=some), plan, using)
        found |= {plan.key(row): (values, row) for values, row in there}
    return found


def _object_updates(
    plan: Plan, using: str, objs: Sequence[models.Model], old: dict[Any, batch.Loaded], names: Iterable[str]
) -> list[Record]:
    positions = {plan.index[name] for name in names} | set(plan.generated)
    twice = len({obj.pk for obj in objs}) < len(objs)
    rows: dict[Any, tuple[Sequence[Any], Row, list[Any]]] = {}
    for obj in objs:
        key = plan.columns[plan.keys[0]].read(obj.pk) if len(plan.keys) == 1 else obj.pk
        if key in old and key not in rows:
            values, before = old[key]
            row, _ = plan.overlay(before, obj.__dict__, sorted(positions))
            for i in positions if twice else plan.generated:
                row[i] = UNKNOWN  # of two objects with one key the database has taken one
            rows[key] = (values, before, row)
    batch.fill(plan, using, [row for _, _, row in rows.values()])
    for obj in objs:
        state.forget(obj)
    for _, before, _ in rows.values():
        state.mark(plan, using, before)
    return list(batch.updates(plan, using, rows.values()))


_HOOKS: dict[str, Callable[[Callable[..., Any]], Any]] = {
    "update": _capturing_update,
    "bulk_create": _capturing_bulk_create,
    "bulk_update": _capturing_bulk_update,
}
