"""The old state: the row that an object was loaded from or saved as, kept beside it and trusted only while it is true.

A count of all that may make kept rows untrue, `_now`, goes up with each captured write and each rollback. Every kept
row remembers where the count stood. It is read again from the database when a rollback came after it, when this
process has written the same row since (through another object), when it is of another database or key, or when it
does not hold every field.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection
from typing import Any

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from auditsearch.capture.coalesce import WRITTEN
from auditsearch.capture.diff import Plan, Row, concrete, plans
from auditsearch.capture.fields import stored

KEPT = "auditsearch_row"
"""Attribute of `_state`: (count, alias, attnames, values)."""

WRITES_KNOWN = 65_536
"""Rows whose last write is remembered; rows kept before a write that is forgotten are read again."""

_now = 0
_floor = 0
_writes: dict[tuple[Any, str, Any], int] = {}


def distrust() -> None:
    """Let every row that is kept until now be read again before it is used."""
    global _now, _floor
    _now += 1
    _floor = _now


def touched(model: type[models.Model]) -> None:
    """Distrust what is kept, if a tracked object may have a part of its row in this model's table."""
    table = concrete(model)
    if any(table is each for plan in plans.values() for each, _ in plan.tables):
        distrust()


def keep(instance: models.Model, plan: Plan, using: str, row: Row) -> None:
    """Keep the row that was just written, and let no row that was kept before it pass for true."""
    mark(plan, using, row)
    instance._state.__dict__[KEPT] = (_now, using, plan.attnames, row)


def mark(plan: Plan, using: str, row: Row) -> None:
    """Let no row with this one's key that was kept until now pass for true."""
    global _now, _floor
    _now += 1
    for model, position in plan.tables:
        key = (model, using, row[position])
        _writes.pop(key, None)
        _writes[key] = _now
    while len(_writes) > WRITES_KNOWN:
        _floor = max(_floor, _writes.pop(next(iter(_writes))))


def forget(instance: models.Model) -> None:
    """Keep nothing of an object any more."""
    instance._state.__dict__.pop(KEPT, None)


def kept(instance: models.Model, plan: Plan, using: str) -> Row | None:
    """Return the whole row that is kept of an object, None unless it is surely the database's."""
    found = instance._state.__dict__.get(KEPT)
    if found is None or plan.locks:
        return None
    count, alias, _, row = found
    if count < _floor or alias != using or len(row) != len(plan.columns):
        return None
    if plan.key(row) != instance.pk or any(
        _writes.get((model, using, row[position]), 0) > count for model, position in plan.tables
    ):
        return None
    return row  # type: ignore[no-any-return]


def old_row(instance: models.Model, plan: Plan, using: str) -> Row | None:
    """Return the row in the database before a write, None where there is none; read only if it is not surely known."""
    row = kept(instance, plan, using)
    if row is not None:
        return row
    take_turn(plan, using)
    return read_row(plan, using, instance.pk)


def read_row(plan: Plan, using: str, pk: Any) -> Row | None:
    """Read one row, locked where OLD_STATE says so and the database can."""
    rows = rows_of(plan, using).filter(pk=pk)
    if plan.locks and connections[using].features.has_select_for_update:
        rows = rows.select_for_update()
    values = next(iter(rows.values_list(*plan.attnames)), None)
    return None if values is None else plan.store(values)


def take_turn(plan: Plan, using: str) -> None:
    """Become SQLite's writer before reading: who reads first is refused if another process writes in between."""
    connection = connections[using]
    if connection.vendor == "sqlite" and connection.in_atomic_block:
        name = connection.ops.quote_name
        meta = plan.model._meta
        table, key = name(meta.db_table), name(str(meta.concrete_fields[plan.keys[0]].column))
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET {key} = {key} WHERE 0")  # noqa: S608 - names of the model's own


def rows_of(plan: Plan, using: str) -> models.QuerySet[Any]:
    """Return all rows of a model, whatever its managers leave out."""
    return models.QuerySet(plan.model, using=using).order_by()


def keeping_from_db(load: Callable[..., Any], plan: Plan) -> Any:
    """Return a `from_db` that keeps the row it is given. It runs once for each loaded object: nothing more in it."""

    def from_db(cls: Any, db: Any, field_names: Any, values: Any, **options: Any) -> Any:
        new = load(cls, db, field_names, values, **options)
        new._state.auditsearch_row = (_now, db, field_names, values)
        return new

    def from_db_frozen(cls: Any, db: Any, field_names: Any, values: Any, **options: Any) -> Any:
        new = load(cls, db, field_names, values, **options)
        new._state.auditsearch_row = (_now, db, field_names, _frozen(plan, field_names, values))
        return new

    return classmethod(from_db_frozen if plan.frozen else from_db)  # type: ignore[arg-type]


def _frozen(plan: Plan, field_names: Collection[str], values: Collection[Any]) -> Row:
    row = list(values)
    if len(row) == len(plan.columns):
        for i in plan.frozen:
            row[i] = plan.columns[i].read(row[i])
    else:
        for i, place in _places(plan, field_names).items():
            row[place] = plan.columns[i].read(row[place])
    return row


def _places(plan: Plan, field_names: Collection[str]) -> dict[int, int]:
    positions = (plan.index.get(name) for name in field_names)
    return {i: place for place, i in enumerate(positions) if i in plan.frozen}


def keeping_refresh_of(refresh: Callable[..., None], plan: Plan) -> Callable[..., None]:
    """Return a `refresh_from_db`, which deferred fields call too, that renews the kept row."""

    def refresh_from_db(self: models.Model, *args: Any, **options: Any) -> None:
        given = options.get("fields", args[1] if len(args) > 1 else None)
        names = None if given is None else list(given)
        if "fields" in options:
            options["fields"] = names
        elif len(args) > 1:
            args = (args[0], names, *args[2:])
        count = _now
        refresh(self, *args, **options)
        if refresh is not models.Model.refresh_from_db:
            forget(self)  # the application's own code may have changed values after loading them
        else:
            _renew(self, plan, count, names)

    return refresh_from_db


def _renew(instance: models.Model, plan: Plan, count: int, names: list[str] | None) -> None:
    """Keep what was just loaded: all fields that are there, or `names` beside the fields kept before."""
    data, alias = instance.__dict__, instance._state.db
    if names is None:
        known: dict[str, Any] = {}
        fresh = list(plan.columns)
    else:
        count, known = _known(instance, alias, count)
        fresh = [plan.columns[plan.index[name]] for name in names if name in plan.index]
    known |= {each.attname: stored(each, data[each.attname]) for each in fresh if each.attname in data}
    ordered = {name: known[name] for name in plan.attnames if name in known}
    instance._state.__dict__[KEPT] = (count, alias, tuple(ordered), list(ordered.values()))


def _known(instance: models.Model, alias: str | None, count: int) -> tuple[int, dict[str, Any]]:
    found = instance._state.__dict__.get(KEPT)
    if found is None or found[1] != alias:
        return count, {}
    return found[0], dict(zip(found[2], found[3], strict=True))


def dropping_getstate(getstate: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a `__getstate__` that leaves the kept row out of pickles and copies: they live on their own."""

    def __getstate__(self: models.Model) -> Any:  # noqa: N807
        state = getstate(self)
        if isinstance(state, dict) and "_state" in state:
            state["_state"] = copy.copy(state["_state"])
            state["_state"].__dict__.pop(KEPT, None)
        return state

    return __getstate__


def watch_rollbacks() -> None:
    """Let no kept row outlive a rollback, of a savepoint too, or a connection that is closed in a transaction."""
    for name in ("rollback", "savepoint_rollback", "close"):
        method = getattr(BaseDatabaseWrapper, name)
        if not hasattr(method, "auditsearch"):
            setattr(BaseDatabaseWrapper, name, _distrusting(method, only_inside=name == "close"))


def _distrusting(method: Callable[..., Any], *, only_inside: bool) -> Callable[..., Any]:
    def watched(self: BaseDatabaseWrapper, *args: Any, **kwargs: Any) -> Any:
        if not only_inside or self.in_atomic_block or (self.connection is not None and not self.autocommit):
            distrust()
            self.__dict__.pop(WRITTEN, None)
        return method(self, *args, **kwargs)

    watched.auditsearch = True  # type: ignore[attr-defined]
    return watched
