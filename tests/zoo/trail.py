"""What the database's triggers say was written, what the events say, and what of it does not agree."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connection

from auditsearch.models import OutboxRow

Write = tuple[str, str, str]
"""I, U or D, the model, and the key of the row; of a table between two models, the two keys."""

CODES = {"insert": "I", "update": "U", "delete": "D", "upsert": "IU"}


def keys(model: Any) -> list[Any]:
    """The fields by which a row of a model's own table is known; between two models, their keys."""
    if any(field.remote_field.through is model for each in apps.get_models() for field in each._meta.many_to_many):
        return [field for field in model._meta.local_fields if field.is_relation]
    return list(getattr(model._meta, "pk_fields", None) or [model._meta.pk])


def watch() -> None:
    """Let each insert, delete and change of a value leave a row in the table `trail`."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE trail (op text, name text, row text)")
        for model in apps.get_app_config("zoo").get_models(include_auto_created=True):
            if model._meta.proxy:
                continue
            changed = " OR ".join(
                f'OLD."{f.column}" IS NOT NEW."{f.column}"' for f in model._meta.local_concrete_fields
            )
            for op, when in (("INSERT", "1"), ("UPDATE", changed), ("DELETE", "1")):
                side = "OLD" if op == "DELETE" else "NEW"
                row = " || ',' || ".join(f'{side}."{field.column}"' for field in keys(model))
                cursor.execute(
                    f"CREATE TRIGGER {model._meta.db_table}_{op} AFTER {op} ON {model._meta.db_table} WHEN {when} "
                    f"BEGIN INSERT INTO trail VALUES ('{op[0]}', '{model._meta.object_name}', {row}); END"
                )


def look() -> tuple[int, list[str]]:
    """How many rows were written since the last look, and which of it was not told or told without a write."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT op, name, row FROM trail")
        trail = set(cursor.fetchall())
        cursor.execute("DELETE FROM trail")
    texts = list(OutboxRow.objects.order_by("pk").values_list("canonical", flat=True))
    OutboxRow.objects.all()._raw_delete("default")
    told = [list(_meant(json.loads(text))) for text in texts]
    untold = trail.difference(*told)
    return len(trail), [
        *(f"untold: {write}" for write in sorted(untold)),
        *(f"untrue: {text}" for text, writes in zip(texts, told, strict=True) if not trail.intersection(writes)),
    ]


def _meant(event: dict[str, Any]) -> Iterator[Write]:
    """Every write that an event may tell of."""
    model = apps.get_model(event["object_type"])
    for table in (model, *model._meta.get_parent_list()):
        row = ",".join(_text(event["snapshot"][field.attname]) for field in keys(table))
        yield from ((op, table.__name__, row) for op in CODES[event["event_code"]])
    for name, change in event.get("context", {}).get("diff", {}).items():
        if isinstance(change, dict):
            through = model._meta.get_field(name).remote_field.through.__name__
            for op, others in (("I", change["added"]), ("D", change["removed"])):
                yield from ((op, through, f"{event['object_id']},{other}") for other in others)


def _text(key: Any) -> str:
    return str(key).replace("-", "")
