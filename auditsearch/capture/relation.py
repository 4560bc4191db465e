"""One many-to-many field: which objects tell of it, under which name, and the drafts of its changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from django.db import models

from auditsearch.capture import batch, mask, state
from auditsearch.capture.diff import Plan, concrete
from auditsearch.capture.drafts import UPDATE, draft, sentence
from auditsearch.capture.keys import key_text
from auditsearch.capture.labels import made_of, texts_of
from auditsearch.capture.record import Record
from auditsearch.capture.slices import sliced
from auditsearch.capture.unsaid import hidden_of


class Change(NamedTuple):
    """One row of the table between: key of the object that tells of it, key of the other, added or removed."""

    teller: Any
    other: Any
    added: bool


class Relation(NamedTuple):
    """A field, its table, and the side that tells: the one that declares it, or else (`reverse`) the other."""

    through: type[models.Model]
    field: Any
    plan: Plan
    name: str
    reverse: bool

    @property
    def other(self) -> type[models.Model]:
        """The model whose keys are added and removed."""
        return concrete(self.field.model if self.reverse else self.field.related_model)

    @property
    def ends(self) -> tuple[Any, Any]:
        """The foreign keys to the telling and to the other side."""
        names = self.field.m2m_field_name(), self.field.m2m_reverse_field_name()
        first, second = (self.through._meta.get_field(name) for name in names)
        return (second, first) if self.reverse else (first, second)

    @property
    def teller_column(self) -> str:
        """Attribute of a row between that holds the telling object's key."""
        return str(self.ends[0].attname)

    @property
    def other_column(self) -> str:
        """Attribute of a row between that holds the other object's key."""
        return str(self.ends[1].attname)

    def there(self, instance: models.Model, reverse: bool, using: str, keys: Iterable[Any] | None) -> list[Any]:
        """Return the keys that `instance` is related to, of `keys` or of all; `reverse` as Django's signal has it."""
        mine, theirs = self.ends if reverse == self.reverse else self.ends[::-1]
        rows: models.QuerySet[Any] = models.QuerySet(self.through, using=using).filter(
            **{mine.name: _key(instance, mine)}
        )
        if keys is not None:
            rows = rows.filter(**{f"{theirs.name}__in": list(keys)})
        return list(dict.fromkeys(rows.order_by().values_list(theirs.attname, flat=True)))

    def change(self, instance: models.Model, reverse: bool, key: Any, added: bool) -> Change:
        """Return the change that relates `instance` to `key`."""
        mine, _ = self.ends if reverse == self.reverse else self.ends[::-1]
        own = _key(instance, mine)
        return Change(own, key, added) if reverse == self.reverse else Change(key, own, added)


def drafts(
    relation: Relation, using: str, changes: Sequence[Change], instance: models.Model | None, **context: Any
) -> list[Record]:
    """Return a draft for each telling object whose relations changed; above BULK_EVENTS one for all."""
    net = _net(changes)
    others = {key for added, removed in net.values() for key in (*added, *removed)}
    texts, said = texts_of(relation.other, using, relation.ends[1].target_field.attname, others, batch.limit())
    if len(net) > batch.limit():
        added, removed = ({key for sides in net.values() for key in sides[i]} for i in (0, 1))
        record = batch.summary(UPDATE, relation.plan, len(net), [relation.name])
        _fill(record, relation, in_order(added), in_order(removed), texts, context)
        record.heard = said
        return [record]
    told = {key_text(key): sides for key, sides in net.items()}  # an object may hold its number as a text
    found = []
    for key, values, row in _tellers(relation, using, list(net), instance):
        record = draft(
            UPDATE,
            values if isinstance(values, models.Model) else made_of(relation.plan, using, values, row),
            relation.plan,
            row,
        )
        record.verbose = sentence(record, relation.plan, [relation.name])
        _fill(record, relation, *told[key_text(key)], texts, context)
        record.heard = [*record.heard, *said]
        found.append(record)
    return found


def in_order(keys: Iterable[Any]) -> list[Any]:
    """Return keys in their order; those that have none by their texts."""
    try:
        return sorted(keys)
    except TypeError:
        return sorted(keys, key=key_text)  # type: ignore[arg-type]


def _fill(
    record: Record, relation: Relation, added: list[Any], removed: list[Any], texts: dict[Any, str], context: Any
) -> None:
    record.ready = False  # the keys may be of any type
    if relation.ends[1].target_field.attname in hidden_of(relation.other):
        added, removed, texts = [mask.HIDDEN] * len(added), [mask.HIDDEN] * len(removed), {}
    record.context_data["diff"] = {relation.name: {"added": added, "removed": removed}}
    if named := [texts[key] for key in (*added, *removed) if key in texts]:
        record.context_data["labels"] = record.context_data.get("labels", {}) | {relation.name: named}
    record.context_data |= context


def _net(changes: Iterable[Change]) -> dict[Any, tuple[list[Any], list[Any]]]:
    """Return {teller: (added, removed)}; what was removed and added again is neither."""
    last: dict[tuple[Any, Any], int] = {}
    for change in changes:
        pair = (change.teller, change.other)
        last[pair] = last.get(pair, 0) + (1 if change.added else -1)
    net: dict[Any, tuple[list[Any], list[Any]]] = {}
    for (teller, other), sign in last.items():
        if sign:
            net.setdefault(teller, ([], []))[0 if sign > 0 else 1].append(other)
    return net


def _tellers(
    relation: Relation, using: str, keys: list[Any], instance: models.Model | None
) -> Iterator[tuple[Any, Any, Sequence[Any]]]:
    """Yield (key, object or its values, row) of each telling object that is there."""
    plan, target = relation.plan, relation.ends[0].target_field
    place = plan.index[target.attname]
    if isinstance(instance, plan.model) and (row := state.kept(instance, plan, using)) is not None:
        row = plan.store(row)
        if keys == [row[place]]:
            yield row[place], instance, row
            return
    for some in sliced(keys):
        rows = state.rows_of(plan, using).filter(**{f"{target.name}__in": some})
        for values in rows.values_list(*plan.attnames):
            row = plan.store(values)
            yield row[place], values, row


def _key(instance: models.Model, end: Any) -> Any:
    return getattr(instance, end.target_field.attname)
