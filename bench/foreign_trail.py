"""What the database itself says was written, by its triggers, and what the events say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connection

APPS = ("helpdesk", "auth")

Write = tuple[str, str, str]
"""I, U or D, the model, and the key; of a row between two models its two keys."""


def models() -> Iterator[Any]:
    """The models whose tables are watched, with those between two models."""
    for label in APPS:
        yield from apps.get_app_config(label).get_models(include_auto_created=True)


def triggers() -> None:
    """Let each insert, delete and change of a value leave a row in the table `trail`, from now on."""
    with connection.cursor() as cursor:
        if apps.is_installed("auditsearch"):
            cursor.execute("DELETE FROM auditsearch_outbox")  # what migrations have written
            ours = "SELECT id FROM django_content_type WHERE app_label = 'auditsearch'"
            cursor.execute(f"DELETE FROM auth_permission WHERE content_type_id IN ({ours})")  # the one table we add to
            top = "SELECT MAX(id) FROM auth_permission"
            cursor.execute(f"UPDATE sqlite_sequence SET seq = ({top}) WHERE name = 'auth_permission'")
        cursor.execute("CREATE TABLE trail (op text, name text, row text)")
        for model in models():
            columns = [field.column for field in model._meta.concrete_fields]
            changed = " OR ".join(f'OLD."{column}" IS NOT NEW."{column}"' for column in columns)
            for op, when in (("INSERT", "1"), ("UPDATE", changed), ("DELETE", "1")):
                side = "OLD" if op == "DELETE" else "NEW"
                names = [field.column for field in model._meta.concrete_fields if not field.primary_key]
                row = names if model._meta.auto_created else [model._meta.pk.column]
                text = " || ',' || ".join(f'{side}."{column}"' for column in row)
                cursor.execute(
                    f"CREATE TRIGGER {model._meta.db_table}_{op} AFTER {op} ON {model._meta.db_table} WHEN {when} "
                    f"BEGIN INSERT INTO trail VALUES ('{op[0]}', '{model._meta.label}', {text}); END"
                )


def trail() -> list[Write]:
    """What the triggers have written down."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT op, name, row FROM trail")
        return net(cursor.fetchall())


def told() -> list[Write]:
    """The same of each event."""
    from auditsearch.event import Event
    from auditsearch.models import OutboxRow

    texts = OutboxRow.objects.order_by("pk").values_list("canonical", flat=True)
    return net([each for text in texts for each in _writes(Event.from_canonical(text))])


def net(writes: list[Write]) -> list[Write]:
    """Leave out rows between two models that come to nothing: removed and added again, or gone with their object."""
    owners = {field.remote_field.through._meta.label: model for model in models() for field in model._meta.many_to_many}
    gone = {(name, row) for op, name, row in writes if op == "D"}
    found = Counter(
        (op, name, row)
        for op, name, row in writes
        if name not in owners or (owners[name]._meta.label, row.partition(",")[0]) not in gone
    )
    for name, row in {write[1:] for write in found if write[1] in owners}:
        both = min(found["I", name, row], found["D", name, row])
        found["I", name, row] -= both
        found["D", name, row] -= both
    return list(found.elements())


def _writes(event: Any) -> Iterator[tuple[str, str, str]]:
    if event.event_code not in ("insert", "update", "delete"):
        return
    model = apps.get_model(event.object_type)
    many = {name: change for name, change in event.diff.items() if isinstance(change, dict)}
    if len(many) < max(1, len(event.diff)):
        yield event.event_code[0].upper(), event.object_type, event.object_id
    for name, change in many.items():
        through = model._meta.get_field(name).remote_field.through._meta.label
        for op, keys in (("I", change["added"]), ("D", change["removed"])):
            yield from ((op, through, f"{event.object_id},{key}") for key in keys)


def tables(changing: re.Pattern[str]) -> dict[str, list[str]]:
    """All rows of each table, as text, without the columns that no two runs have alike."""
    found = {}
    with connection.cursor() as cursor:
        for model in models():
            columns = [f'"{f.column}"' for f in model._meta.concrete_fields if not changing.search(f.column)]
            cursor.execute(f"SELECT {', '.join(columns)} FROM {model._meta.db_table} ORDER BY 1, 2")
            found[model._meta.label] = [str(row) for row in cursor.fetchall()]
    return found
