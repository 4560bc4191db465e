"""One column of a model: how its value is read, compared and shown.

A row's values are kept in the form that the database gives back (a Decimal with its places, times in UTC, a file's
name), so that a string assigned to a number, or a local time, compares as what is stored. Values that can be changed
in place, and those of unknown field classes, are kept frozen: as canonical bytes. Keys of unknown classes are what
their field makes of them, for rows are asked for by them.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.conf import settings as django_settings
from django.db import models
from django.db.backends.utils import format_number
from django.utils import timezone

from auditsearch import canonical
from auditsearch.capture import mask

Read = Callable[[Any], Any]


_NO_TIME, _MINUTE = datetime.timedelta(0), datetime.timedelta(minutes=1)


class _Unknown:
    """A value that only the database knows: deferred, an expression, a default or a generated value of its own."""

    def __repr__(self) -> str:
        return "<unknown>"


UNKNOWN = _Unknown()


class Column(NamedTuple):
    """How the values of one concrete field are read. Those whose type is `exact` are taken as they are.

    Where that is `object`, which no value's is, they are keys of a class of the application's own.
    """

    attname: str
    exact: type | None
    read: Read
    frozen: bool


def column(field: models.Field[Any, Any]) -> Column:
    """Return how `field`'s values are read; a foreign key's are those of the key it points to."""
    kind, base = _kind(target(field))
    if base is None and _is_key(field):
        return Column(field.attname, object, _reader(field, _key), frozen=False)
    if base is None:
        return Column(field.attname, None, _reader(field, _frozen), frozen=True)
    exact, convert = kind
    return Column(field.attname, exact, _reader(field, convert), frozen=False)


def target(field: Any) -> Any:
    """Return the field that a foreign key's or a generated field's value belongs to in the end."""
    while isinstance(field, models.ForeignKey) or getattr(field, "generated", False):
        field = field.target_field if isinstance(field, models.ForeignKey) else field.output_field
    return field


def stored(column: Column, value: Any) -> Any:
    """Return a value that the database gave, as `column` keeps it; what its field does not understand as plain JSON."""
    kept = column.read(value)
    return canonical.normalise(value) if kept is UNKNOWN else kept


def shown(column: Column, value: Any, level: int, secrets: tuple[tuple[str, ...], ...] = ()) -> Any:
    """Return a kept value as it stands in an event, `level` containers deep; secrets inside JSON, also at the paths
    `secrets`, are hidden.
    """
    if column.frozen:
        return canonical.normalise(mask.masked(thaw(value), secrets), level)
    return canonical.normalise(value) if type(value) is float else value


def freeze(value: Any) -> bytes:
    """Return a value as canonical JSON bytes, which no later change of it reaches."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME)
    except TypeError:
        return canonical.dumps(canonical.normalise(value)).encode()


def thaw(frozen: Any) -> Any:
    """Return the JSON tree of frozen bytes; None and what never was frozen are themselves."""
    return canonical.loads(frozen.decode()) if isinstance(frozen, bytes) else frozen


def _reader(field: Any, convert: Callable[[Any, Any], Any]) -> Read:
    target_field = target(field)

    def read(value: Any) -> Any:
        if value is None or value is UNKNOWN:
            return value
        if hasattr(value, "resolve_expression"):
            return UNKNOWN
        try:
            return convert(target_field, value)
        except Exception:  # the database took what the field's own code does not understand: ask it
            return UNKNOWN

    return read


def _kind(field: Any) -> tuple[Any, type | None]:
    """Find the nearest class of Django's own; one below it that converts by itself makes the field an unknown one."""
    for base in type(field).__mro__:
        if base in _KINDS:
            return _KINDS[base], base
        if "to_python" in base.__dict__ or "from_db_value" in base.__dict__:
            break
    return None, None


def _is_key(field: Any) -> bool:
    return (
        isinstance(field, models.ForeignKey)
        or field.primary_key
        or field in getattr(field.model._meta, "pk_fields", ())
    )


def _key(field: Any, value: Any) -> Any:
    found = field.to_python(value)
    try:
        hash(found)
    except TypeError:
        return freeze(found)
    return found


def _frozen(field: Any, value: Any) -> bytes:
    return freeze(field.to_python(value))


def _text(field: Any, value: Any) -> str:
    value = value.value if isinstance(value, Enum) else value
    return str.__str__(value if isinstance(value, str) else field.to_python(value))


def _plain(field: Any, value: Any) -> Any:
    return field.to_python(value.value if isinstance(value, Enum) else value)


def _decimal(field: Any, value: Any) -> Any:
    if field.decimal_places is None:
        return field.to_python(value)
    if type(value) is Decimal and value.as_tuple().exponent == -field.decimal_places:
        return value
    return Decimal(str(format_number(field.to_python(value), field.max_digits, field.decimal_places)))


def _time_of(field: Any, value: Any) -> Any:
    if not isinstance(value, datetime.datetime):
        value = _parsed(field, value)
    if value.tzinfo is datetime.UTC:
        return value
    if not django_settings.USE_TZ and not (value.utcoffset() or _NO_TIME) % _MINUTE:
        return value  # any other offset has no form in ISO 8601
    if value.tzinfo is None:
        value = timezone.make_aware(value, timezone.get_default_timezone())
    return value.astimezone(datetime.UTC)


def _parsed(field: Any, value: Any) -> Any:
    if isinstance(value, datetime.date):
        return datetime.datetime.combine(value, datetime.time())  # to_python would warn of its naive result
    return field.to_python(value)


def _float(field: Any, value: Any) -> float:
    return float(value)


def _binary(field: Any, value: Any) -> bytes:
    return bytes(field.to_python(value))


def _file(field: Any, value: Any) -> str:
    return str(value)


_KINDS: dict[type, tuple[type | None, Callable[[Any, Any], Any]]] = {
    models.CharField: (str, _text),
    models.TextField: (str, _text),
    models.FilePathField: (str, _text),
    models.GenericIPAddressField: (None, _plain),
    models.IntegerField: (int, _plain),
    models.AutoField: (int, _plain),
    models.BooleanField: (bool, _plain),
    models.FloatField: (float, _float),
    models.DecimalField: (None, _decimal),
    models.DateTimeField: (None, _time_of),
    models.DateField: (datetime.date, _plain),
    models.TimeField: (datetime.time, _plain),
    models.DurationField: (datetime.timedelta, _plain),
    models.UUIDField: (UUID, _plain),
    models.BinaryField: (bytes, _binary),
    models.FileField: (str, _file),
}
