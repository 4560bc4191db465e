"""What people call the fields of a model and their values: as the model says today, as the event said at its time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models.fields.reverse_related import ForeignObjectRel

from auditsearch.capture.diff import concrete
from auditsearch.capture.keys import key_text
from auditsearch.query.renamed import names_of
from auditsearch.web import links, show


@dataclass(frozen=True)
class Value:
    """A value as it is shown: its text, what it is called, and where it leads."""

    text: str
    label: str = ""
    url: str = ""


class Fields:
    """The fields of the model of that name; where there is none any more, their own names have to do."""

    def __init__(self, model: str | None) -> None:
        self.label = model or ""

    @cached_property
    def model(self) -> type[models.Model] | None:
        """The model under any of the names that it has borne."""
        known = {each._meta.label: each for each in apps.get_models()}
        return next((known[name] for name in names_of(self.label) if name in known), None)

    @cached_property
    def by_name(self) -> dict[str, Any]:
        """The model's fields, by `attname` and by `name`."""
        if self.model is None:
            return {}
        fields = [each for each in self.model._meta.get_fields() if not isinstance(each, ForeignObjectRel)]
        return {name: each for each in fields for name in {each.name, getattr(each, "attname", each.name)}}

    def title(self, name: str) -> str:
        """Return what people call a field: `Paid on`; its name, if that is unknown."""
        field = self.by_name.get(name)
        found = getattr(field, "verbose_name", None)
        return show.visible(str(found)[:1].upper() + str(found)[1:] if found else name)

    def value(self, name: str, raw: Any, said: Any = None) -> Value:
        """Return a value of a field; `said` is what the event calls it."""
        label = said if isinstance(said, str) else self._choice(name, raw)
        text = show.block(raw)
        beside = show.visible(label) if label and label != text else _time(raw)
        return Value(text, beside, self._url(name, raw))

    def read(self, said: Mapping[str, Any], name: str, raw: Any) -> Value:
        """Return a value of a field, called as `said` says by field."""
        return self.value(name, raw, said.get(name))

    def _choice(self, name: str, raw: Any) -> str | None:
        """The label of a choice; none where they are made by a function that fails."""
        try:
            choices = dict(getattr(self.by_name.get(name), "flatchoices", None) or {})
            return None if raw not in choices else str(choices[raw])
        except Exception:  # choices may come from a function of the application, and values need no hash
            return None

    def _url(self, name: str, raw: Any) -> str:
        """The page of the object that a foreign key's value, or one key of a many-to-many field, points to."""
        field = self.by_name.get(name)
        related = getattr(field, "related_model", None)
        if not related or isinstance(related, str) or raw is None or isinstance(raw, Mapping | list):
            return ""
        if isinstance(field, models.ForeignKey) and not field.target_field.primary_key:
            return ""
        return links.object_url(concrete(related)._meta.label, key_text(raw))


def _time(raw: Any) -> str:
    """A time that stands there as ISO text with its offset, as the clock here says it."""
    if not isinstance(raw, str) or "T" not in raw or len(raw) > 40:
        return ""
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        return ""
    return show.local(moment) if moment.tzinfo else ""
