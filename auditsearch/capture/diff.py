"""The plan of a model: what of its rows is compared and shown, worked out once so that a save costs little."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from django.db import models

from auditsearch.capture import mask
from auditsearch.capture.fields import UNKNOWN, Column, column, shown, stored
from auditsearch.capture.named import personal
from auditsearch.capture.parents import Parent, parent_of
from auditsearch.capture.rules import of_field, rules
from auditsearch.capture.unsaid import hidden_of
from auditsearch.conf import settings

Row = Sequence[Any]
"""Values of all concrete fields, in the order of `_meta.concrete_fields`, as `fields` keeps them."""


class Plan:
    """What capture knows of one concrete model. Positions are those of a `Row`."""

    def __init__(self, model: type[models.Model]) -> None:
        meta = model._meta
        fields = meta.concrete_fields
        self.model = model
        self.label = f"{meta.app_label}.{meta.object_name}"
        self.columns: tuple[Column, ...] = tuple(column(field) for field in fields)
        self.attnames = tuple(field.attname for field in fields)
        self.index = {name: i for i, field in enumerate(fields) for name in (field.name, field.attname)}
        self.frozen = tuple(i for i, each in enumerate(self.columns) if each.frozen or each.exact is object)
        # orjson writes 0.02 s of a `time` as 0.2 s
        self.careful = any(each.exact in (object, datetime.time) for each in self.columns)
        self.generated = tuple(i for i, field in enumerate(fields) if getattr(field, "generated", False))
        self.local = frozenset(self.index[field.attname] for field in meta.local_concrete_fields)
        self.keys = tuple(self.index[field.attname] for field in getattr(meta, "pk_fields", None) or [meta.pk])
        self.tables = tuple((each, _key_position(self, each)) for each in [model, *meta.get_parent_list()])
        self.makes_key = all(_has_default(fields[i]) for i in self.keys)
        self.written = tuple(i for i, field in enumerate(fields) if i not in self.keys and i not in self.generated)
        hidden = hidden_of(model)
        inside = [of_field(self.label, field.name, field.attname) for field in fields]
        self.secret = frozenset(i for i, name in enumerate(self.attnames) if name in hidden or () in inside[i])
        self.hides_key = not self.secret.isdisjoint(self.keys)
        self.inside = {i: paths for i, paths in enumerate(inside) if paths}
        self.excluded = frozenset(i for i, field in enumerate(fields) if _excluded(self.label, field))
        self.special = self.secret.union(self.frozen, (i for i, each in enumerate(self.columns) if each.exact is float))
        self.labelled = tuple(_labelled(self, fields))
        self.patterned = bool(rules().patterns)
        self.hears = personal() is not None
        self.locks = isinstance(settings.OLD_STATE, dict) and settings.OLD_STATE.get(self.label) == "database"

    @cached_property
    def parent(self) -> Parent | None:
        """What objects of this model belong to; asked when the first event is told, for then the admin is there."""
        return parent_of(self.model, self.index)

    def key(self, row: Row) -> Any:
        """Return the primary key that a row bears; a tuple where it is composite."""
        if len(self.keys) == 1:
            return row[self.keys[0]]
        return tuple(row[i] for i in self.keys)

    def positions(self, names: Iterable[str] | None, *, raw: bool) -> Sequence[int]:
        """Return what a save writes: the given fields, of a raw save the model's own table only, else all."""
        if names is not None:
            given = {self.index[name] for name in names if name in self.index}
            return [i for i in self.written if i in given]
        return [i for i in self.written if i in self.local] if raw else self.written

    def read(self, data: dict[str, Any]) -> list[Any]:
        """Return the row of an object's `__dict__`, UNKNOWN where only the database knows the value."""
        row = []
        for attname, exact, read, _ in self.columns:
            value = data.get(attname, UNKNOWN)
            row.append(value if type(value) is exact else read(value))
        return row

    def store(self, values: Iterable[Any]) -> list[Any]:
        """Return the row of values that the database gave for all fields."""
        return [stored(each, value) for each, value in zip(self.columns, values, strict=True)]

    def snapshot(self, row: Row) -> dict[str, Any]:
        """Return the row as an event shows it: values by attname, secrets masked."""
        snapshot = dict(zip(self.attnames, row, strict=True))
        for i in self.special:
            snapshot[self.attnames[i]] = self._shown(i, row[i], 2)
        return snapshot

    def diff(self, old: Row, new: Row, changed: Iterable[int]) -> dict[str, list[Any]]:
        """Return {attname: [old, new]} of the changed positions, secrets masked."""
        return {self.attnames[i]: [self._shown(i, row[i], 4) for row in (old, new)] for i in changed}

    def overlay(self, old: Row, data: dict[str, Any], positions: Iterable[int]) -> tuple[list[Any], list[int]]:
        """Lay the written values of an object's `__dict__` over its old row; return it, and where it differs.

        Positions that only the database knows are UNKNOWN in the row, and not yet known to differ.
        """
        row, changed = list(old), []
        for i in positions:
            attname, exact, read, frozen = self.columns[i]
            value, before = data.get(attname, UNKNOWN), old[i]
            if value is before and not frozen:
                continue
            value = row[i] = value if type(value) is exact else read(value)
            if value is not UNKNOWN and value != before and differs(self.columns[i], before, value):
                changed.append(i)
        return row, changed

    def _shown(self, i: int, value: Any, level: int) -> Any:
        return mask.hide(value) if i in self.secret else shown(self.columns[i], value, level, self.inside.get(i, ()))


plans: dict[type[models.Model], Plan] = {}
"""Tracked concrete models, and what is known of each."""


def concrete(model: type[models.Model]) -> type[models.Model]:
    """Return the model whose table a proxy uses; any other model is its own."""
    return model._meta.concrete_model or model


def differs(column: Column, before: Any, value: Any) -> bool:
    """Return whether two unequal values still differ once the old one, as a loader left it, is read like the new."""
    return bool(stored(column, before) != value) if not column.frozen else True


def _key_position(plan: Plan, table: type[models.Model]) -> int:
    """Return where in the row the key of its table or of a parent's table stands; of a composite key the first part."""
    keys = getattr(table._meta, "pk_fields", None) or [table._meta.pk]
    return plan.index[keys[0].attname]


def _has_default(field: Any) -> bool:
    return bool(field.has_default() or getattr(field, "has_db_default", bool)())


def _excluded(label: str, field: Any) -> bool:
    names = {field.name, field.attname, f"{label}.{field.name}", f"{label}.{field.attname}"}
    return not names.isdisjoint(settings.EXCLUDE_FIELDS)


class Labelled(NamedTuple):
    """A field whose values have labels: a foreign key to `end` of other objects, or choices, None if made by a call."""

    position: int
    field: Any
    choices: dict[Any, Any] | None = None
    end: str | None = None


def _labelled(plan: Plan, fields: Sequence[Any]) -> Iterable[Labelled]:
    for i, field in enumerate(fields):
        if i in plan.secret or plan.columns[i].frozen:
            continue
        if isinstance(field, models.ForeignKey):
            if i not in plan.keys or field.choices is not None:
                yield Labelled(i, field, end=field.target_field.attname)
        elif isinstance(field.choices, list | tuple):
            yield Labelled(i, field, dict(field.flatchoices))
        elif field.choices is not None:
            yield Labelled(i, field)
