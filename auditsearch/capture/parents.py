"""What an object belongs to: the setting PARENTS, or else the form of the admin in which it is an inline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.apps import apps
from django.db import models

from auditsearch.conf import settings


class Parent(NamedTuple):
    """Where in a row the key of the object stands that it belongs to, and what kind of object that is: `label`.

    Of a generic foreign key, `kind` is the column of the content type, and `label` is empty. Where the column holds no
    primary key, `by` is what it holds of `model`.
    """

    position: int
    attname: str
    label: str
    kind: str = ""
    kind_position: int = -1
    model: Any = None
    by: str = ""

    def kind_of(self, row: Sequence[Any]) -> str:
        """Return what kind of object a row belongs to; "" to none. Content types are kept in memory by Django."""
        if row[self.position] is None:
            return ""
        return self.label or _label(row[self.kind_position])


def parent_of(model: type[models.Model], index: Mapping[str, int]) -> Parent | None:
    """Return the object that objects of this model belong to, None where there is none; `index` tells the positions."""
    name = settings.PARENTS.get(model._meta.label)
    if name is None:
        return next((each for each in _inlines(model, index) if each), None)
    named = (field for field in (*model._meta.fields, *model._meta.private_fields) if field.name == name)
    return next((_parent(field, index) for field in named), None)


def _inlines(model: type[models.Model], index: Mapping[str, int]) -> Iterator[Parent | None]:
    """Yield what the model belongs to as an inline of models in an admin."""
    if not apps.is_installed("django.contrib.admin"):
        return
    from django.contrib.admin.sites import all_sites
    from django.forms.models import _get_foreign_key

    for site in all_sites:
        for parent, admin in site._registry.items():
            for inline in admin.inlines:
                if getattr(inline, "model", None) is not model:
                    continue
                if hasattr(inline, "ct_field"):
                    yield _generic(model, inline.ct_field, inline.ct_fk_field, index)  # type: ignore[attr-defined]
                else:
                    yield _parent(_get_foreign_key(parent, model, fk_name=inline.fk_name), index)


def _parent(field: Any, index: Mapping[str, int]) -> Parent | None:
    """Return what a foreign key says, None of a field that is none."""
    if isinstance(field, models.ForeignKey):
        model = field.related_model._meta.concrete_model or field.related_model
        by = "" if field.target_field.primary_key else field.target_field.attname
        return Parent(index[field.attname], field.attname, model._meta.label, model=model, by=by)
    if hasattr(field, "ct_field") and hasattr(field, "fk_field"):
        return _generic(field.model, field.ct_field, field.fk_field, index)
    return None


def _generic(model: type[models.Model], kind: str, key: str, index: Mapping[str, int]) -> Parent:
    kind, key = (model._meta.get_field(name).attname for name in (kind, key))  # type: ignore[union-attr]
    return Parent(index[key], key, "", kind, index[kind])


def _label(content_type: Any) -> str:
    from django.contrib.contenttypes.models import ContentType  # only a site that has it comes here

    try:
        model = ContentType.objects.get_for_id(content_type).model_class()
    except ContentType.DoesNotExist:
        return ""
    return "" if model is None else (model._meta.concrete_model or model)._meta.label
