"""Saves: captured at `_save_table`, where the row is written, in one transaction with it.

Handlers of `pre_save` and `post_save` stand outside of that transaction, so that no code of the application runs in
one that would not be there without us, and none that raises can part a change from its event.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connections, models, transaction

from auditsearch import direct
from auditsearch.capture import state
from auditsearch.capture.diff import Plan, Row, plans
from auditsearch.capture.drafts import INSERT, UPDATE, draft
from auditsearch.capture.fields import UNKNOWN, stored
from auditsearch.capture.record import Record, write
from auditsearch.conf import settings
from auditsearch.context import origin

BEFORE = "auditsearch_before"
"""Attribute of `_state` of a multi-table child whose parents' tables are being written: its old row."""


def capturing_save_table(save_table: Callable[..., Any]) -> Callable[..., Any]:
    """Return a `_save_table` that writes the event beside the row, in the same transaction."""

    def _save_table(
        self: models.Model,
        raw: bool = False,
        cls: Any = None,
        force_insert: Any = False,
        force_update: bool = False,
        using: Any = None,
        update_fields: Any = None,
    ) -> Any:
        plan = plans.get(cls)
        if plan is None or cls is not self._meta.concrete_model:
            return save_table(self, raw, cls, force_insert, force_update, using, update_fields)

        if not settings.ENABLED or (raw and not settings.RAW_SAVES):
            state.forget(self)
            state.touched(type(self))
            return save_table(self, raw, cls, force_insert, force_update, using, update_fields)

        connection = connections[using]

        def before() -> Row | None:
            return _before(self, plan, raw, force_insert, using)

        def save(old: Row | None, *, alone: bool = False) -> Any:
            updated = save_table(self, raw, cls, force_insert, force_update, using, update_fields)
            told = _saved(self, plan, old if updated else None, updated, raw, using, update_fields)
            if told is not None:
                write(using, [told], connection, last=alone)
            return updated

        if connection.in_atomic_block or not connection.get_autocommit():
            return save(before())
        origin()  # who acts is found out now: that may ask the database, or fail, on its own
        old = None if plan.locks else before()
        with transaction.atomic(using):
            direct.begin(connection)
            return save(before() if plan.locks else old, alone=True)

    return _save_table


def capturing_save_parents(save_parents: Callable[..., Any]) -> Callable[..., Any]:
    """Return a `_save_parents` that reads a child's old row before its parents' tables are written."""

    def _save_parents(self: models.Model, cls: Any, using: Any, update_fields: Any, *args: Any, **options: Any) -> Any:
        plan = plans.get(cls)
        if plan is not None and len(plan.tables) > 1 and cls is self._meta.concrete_model and settings.ENABLED:
            self._state.__dict__[BEFORE] = (using, state.old_row(self, plan, using) if self.pk is not None else None)
        try:
            return save_parents(self, cls, using, update_fields, *args, **options)
        except BaseException:
            self._state.__dict__.pop(BEFORE, None)
            raise

    return _save_parents


def _before(instance: models.Model, plan: Plan, raw: bool, force_insert: Any, using: str) -> Row | None:
    """Return the old row where Django is going to try an UPDATE; it costs a SELECT only where it is not known."""
    alias, row = instance._state.__dict__.pop(BEFORE, (None, None))
    if alias == using:
        return row  # type: ignore[no-any-return]
    if force_insert or instance.pk is None or (not raw and instance._state.adding and plan.makes_key):
        return None
    return state.old_row(instance, plan, using)


def _saved(
    instance: models.Model, plan: Plan, before: Row | None, updated: bool, raw: bool, using: str, names: Any
) -> Record | None:
    """Keep the row as it now is, and return the draft of what is to be told."""
    positions = plan.positions(names, raw=raw)
    if before is None:
        row, changed = plan.read(instance.__dict__), list[int]()
        if raw and len(plan.tables) > 1:  # a fixture gives the child's own values only
            row = [value if i in plan.local else UNKNOWN for i, value in enumerate(row)]
    else:
        row, changed = plan.overlay(before, instance.__dict__, positions)
        for i in plan.generated:
            row[i] = UNKNOWN
    if UNKNOWN in row:
        changed += _ask(instance, plan, before, row, using)
    state.keep(instance, plan, using, row)
    if not updated:
        return draft(INSERT, instance, plan, row)
    if before is not None and plan.excluded.issuperset(changed):
        return None
    told = [i for i in changed if i not in plan.excluded]
    return draft(UPDATE, instance, plan, row, before, told)


def _ask(instance: models.Model, plan: Plan, before: Row | None, row: list[Any], using: str) -> list[int]:
    """Fill in what only the database knows, by one SELECT; return which of it changed."""
    unknown = [i for i, value in enumerate(row) if value is UNKNOWN]
    rows = state.rows_of(plan, using).filter(pk=instance.pk)
    values = next(iter(rows.values_list(*[plan.attnames[i] for i in unknown])), [None] * len(unknown))
    for i, value in zip(unknown, values, strict=True):
        row[i] = stored(plan.columns[i], value)
    return [i for i in unknown if before is not None and before[i] != row[i]]
