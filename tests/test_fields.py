"""docs/fields.md: each Django field, each field of the event and each mark stands there as it is."""

import dataclasses
import datetime
import re
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import models

from auditsearch.canonical import dumps, normalise
from auditsearch.event import STORED, Event

PAGE = (Path(__file__).parent.parent / "docs" / "fields.md").read_text()
ROWS = re.findall(r"^\| ([A-Z]\w+(?:, \w+)*) \| `(.+)` \| `(.+)` \|$", PAGE, re.MULTILINE)
NAMES = {name: getattr(datetime, name) for name in ("date", "datetime", "time", "timedelta", "UTC")}
REMOVED = {"Field", "ForeignObject", "GeneratedField", "OrderWrt"}  # no values of their own


@pytest.mark.parametrize(("fields", "value", "form"), ROWS)
def test_the_form_of_each_django_field_is_the_documented_one(fields: str, value: str, form: str) -> None:
    names: dict[str, Any] = {**NAMES, "UUID": UUID, "Decimal": Decimal}
    assert dumps(normalise(eval(value, names))) == form


def test_each_django_field_stands_in_the_table() -> None:
    kinds = {name for name, kind in vars(models).items() if isinstance(kind, type) and issubclass(kind, models.Field)}
    assert {name for name in kinds - REMOVED if name not in PAGE} == set()


def test_each_attribute_of_an_event_stands_with_its_stored_name() -> None:
    names = {field.name for field in dataclasses.fields(Event)} | {"leaf"}
    rows = dict(re.findall(r"^\| `(\w+)` \| `(\w+)`", PAGE, re.MULTILINE))
    assert names == rows.keys()
    assert {name: rows[name] for name in STORED} == STORED
