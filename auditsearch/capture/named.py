"""What PERSONAL names: fields of models, paths, and keys, asked of what is captured and of questions alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from django.apps import apps

from auditsearch.capture import cover
from auditsearch.capture.rules import Path, Rules, beneath, sorted_out
from auditsearch.conf import settings
from auditsearch.forms import encode_key

LABEL = "__str__"
"""`shop.Customer.__str__` names what objects are called, where no value of theirs stands in it as it is."""


_last: tuple[Any, Rules] | None = None


def personal() -> Rules | None:
    """Return PERSONAL, sorted out; None where it names nothing. Raises SettingError."""
    global _last
    given = settings.PERSONAL
    if not given:
        return None
    if _last is None or _last[0] is not given:
        _last = (given, sorted_out(tuple(given), "PERSONAL"))
    return _last[1]


def fields_of(label: str | None) -> tuple[Path, ...]:
    """Return the paths that PERSONAL names in a model's own fields and its parents', each from the field's name on."""
    known = personal()
    if known is None or not label:
        return ()
    return _fields_of(known.fields, label) if apps.ready else tuple(_written(known.fields, {label}))


def of_snapshots(known: Rules) -> tuple[Path, ...]:
    """Return the paths that are named in the snapshots of all models."""
    return beneath(known.paths, "snapshot")


def through(paths: Iterable[Path], key: str) -> Iterator[Path]:
    """Yield what is left of the paths that begin with `key`, or with a field that `key` puts a question to."""
    for path in paths:
        if path and (path[0] in (key, "*") or key.startswith(f"{path[0]}__")):
            yield path[1:]


def asks(path: str, *, existence: bool = False) -> bool:
    """Return whether a question on a stored path reads personal values.

    Models share paths, so a path is asked for all of them. `existence`: only whether there is a value is asked, which
    no one hides; beneath a value that would tell of its inside.
    """
    known = personal()
    root, *keys = path.split(".")
    if known is None or root not in ("context", "snapshot", "from", "to"):
        return False
    rest = 1 if existence else 0
    if any(cover.named(key, known.names) for key in keys[: len(keys) - rest]):
        return True
    snapshots = of_snapshots(known)
    fields = {*snapshots, *_all_fields(known.fields)}
    if root != "context":
        return any(_leads(each, keys, rest) for each in fields)
    paths = (*beneath(known.paths, "context"), *(("diff", *path) for path in snapshots))
    if any(_leads(each, keys, rest) for each in paths):
        return True
    anywhere = [each for each in fields if each[0] != "*"]
    return any(_leads(each, keys[start:], rest) for start in range(len(keys)) for each in anywhere)


def _leads(path: Path, keys: list[str], rest: int) -> bool:
    """Whether `keys` lie at the path or beneath it, `rest` keys beneath it at least."""
    left: tuple[Path, ...] = (path,)
    for number, key in enumerate(keys):
        left = tuple(each for one in left for each in through([tuple(map(_encoded, one))], key))
        if () in left:
            return len(keys) - number - 1 >= rest
    return False


def _encoded(key: str) -> str:
    return key if key == "*" else encode_key(key)


@lru_cache(maxsize=512)
def _fields_of(fields: tuple[tuple[str, Path], ...], label: str) -> tuple[Path, ...]:
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError):
        return tuple(_written(fields, {label}))
    return tuple(_written(fields, {label, *(parent._meta.label for parent in model._meta.get_parent_list())}))


@lru_cache(maxsize=8)
def _all_fields(fields: tuple[tuple[str, Path], ...]) -> tuple[Path, ...]:
    return tuple(_written(fields, {label for label, _ in fields}))


def _written(fields: Iterable[tuple[str, Path]], labels: set[str]) -> Iterator[Path]:
    """Yield the paths of these models' fields, under each name that a field has."""
    for label, path in fields:
        if label in labels:
            yield from ((name, *path[1:]) for name in _names(label, path[0]))


def _names(label: str, name: str) -> set[str]:
    try:
        field = apps.get_model(label)._meta.get_field(name)
    except Exception:  # a model that is gone, or not there yet: what is written is all that is known
        return {name}
    return {name, field.name, getattr(field, "attname", name)}
