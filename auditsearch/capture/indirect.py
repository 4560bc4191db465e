"""Parents that a foreign key names by another column than their primary key (`to_field`).

Their events are found by the primary key, so that is asked for: by one SELECT for all drafts of one call.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import models

from auditsearch.capture import mask
from auditsearch.capture.keys import key_text
from auditsearch.capture.rules import suspicious
from auditsearch.capture.slices import sliced
from auditsearch.capture.unsaid import hidden_of

if TYPE_CHECKING:
    from auditsearch.capture.parents import Parent
    from auditsearch.capture.record import Record

_made = False


class Indirect(dict[str, Any]):
    """The parent of a draft whose primary key is not known yet; `value` and `former` are those of the foreign key."""

    def __init__(self, parent: Parent, value: Any, former: Any) -> None:
        super().__init__(object_type=parent.label)
        self.model, self.by, self.value, self.former = parent.model, parent.by, value, former


def parent_of(parent: Parent, row: Sequence[Any], before: Sequence[Any] | None) -> Indirect:
    """Return what a row belongs to, and what it belonged to if that was another object, to be settled by `resolve`."""
    global _made
    _made = True
    value, former = (None if each is None else each[parent.position] for each in (row, before))
    return Indirect(parent, value, None if former == value else former)


def awaited() -> bool:
    """Return whether there has ever been such a parent; most sites have none."""
    return _made


def resolve(using: str, drafts: Iterable[Record]) -> None:
    """Give the drafts their parents' primary keys; one whose parent is not there is told without one."""
    waiting: dict[Any, list[Record]] = defaultdict(list)
    for draft in drafts:
        if isinstance(parent := draft.context_data.get("parent"), Indirect):
            waiting[parent.model, parent.by].append(draft)
    for (model, by), some in waiting.items():
        keys = _keys(model, by, using, {each for draft in some for each in _values(draft.context_data["parent"])})
        for draft in some:
            _settle(draft, draft.context_data.pop("parent"), keys)


def _values(parent: Indirect) -> list[Any]:
    return [value for value in (parent.value, parent.former) if value is not None]


def _keys(model: type[models.Model], by: str, using: str, values: Iterable[Any]) -> dict[Any, Any]:
    if model._meta.pk.attname in hidden_of(model):
        return {}
    found: dict[Any, Any] = {}
    for some in sliced(list(values)):
        rows: models.QuerySet[Any] = models.QuerySet(model, using=using).filter(**{f"{by}__in": some})
        found |= dict(rows.order_by().values_list(by, "pk"))
    return found


def _settle(draft: Record, parent: Indirect, keys: dict[Any, Any]) -> None:
    told = {"object_id": key_text(keys.get(parent.value)), "former": key_text(keys.get(parent.former))}
    told = {name: key for name, key in told.items() if key is not None}
    if told:
        draft.context_data["parent"] = {**parent, **told}
        lines = "\n".join(str(key) for key in told.values())
        draft.ready = draft.ready and not (mask.hides(lines) or suspicious(lines))
