"""The three kinds of entries in MASK and PERSONAL: parts of names, paths, and patterns of values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import re2

from auditsearch.conf import settings
from auditsearch.exceptions import SettingError

PATTERN = "re:"
"""What an entry begins with that is a regular expression for values."""

ROOTS = ("context", "snapshot")
"""What a path begins with that is not one of a model's field."""

_FIXED = re.compile(r"(?:\\b|(?:\\[dw.\-]|[\w \-:@/#]|\[(?:\w-\w|[\w .])+\])(?:\{\d{1,3}\})?)+")
"""Patterns in which nothing is left to choose, such as `\\b\\d{4}-\\d{4}\\b`: no text makes them slow."""

Path = tuple[str, ...]
Paths = tuple[Path, ...]


class Rules(NamedTuple):
    """MASK or PERSONAL, sorted out.

    A path `shop.Account.options.pin` is one of `fields`, `context.card.number` one of `paths`.
    """

    names: tuple[str, ...]
    paths: tuple[Path, ...]
    fields: tuple[tuple[str, Path], ...]
    patterns: tuple[Any, ...]
    quick: Any


_last: tuple[Any, Rules] | None = None


def rules() -> Rules:
    """Return the rules of the settings. Raises SettingError where a pattern is none."""
    global _last
    given, last = settings.MASK, _last
    if last is None or last[0] is not given:
        last = _last = (given, sorted_out(tuple(given)))
    return last[1]


def suspicious(lines: str) -> bool:
    """Return whether a pattern may match one of some texts: one search for all, where it can be asked of lines."""
    known = rules()
    return bool(known.patterns) and (known.quick is None or bool(known.quick.search(lines)))


def beneath(paths: Iterable[Path], key: str) -> tuple[Path, ...]:
    """Return what is left of the paths that lead through `key`; `*` leads through every key."""
    return tuple(path[1:] for path in paths if path and path[0] in (key, "*"))


def of_field(label: str, *names: str) -> tuple[Path, ...]:
    """Return the paths inside a model's field; an empty one means the whole of it."""
    known = rules()
    own = [path[1:] for model, path in known.fields if model == label and path[0] in names]
    return (*own, *(path for name in names for path in beneath(beneath(known.paths, "snapshot"), name)))


def lost(entries: Iterable[str]) -> list[str]:
    """Return the entries that hide nothing: with one dot they are no field, for that lacks its app, and no key."""
    parts = {entry: entry.split(".") for entry in entries if not entry.startswith(PATTERN)}
    return [entry for entry, path in parts.items() if len(path) == 2 and path[0] not in ROOTS]


@lru_cache(maxsize=16)
def sorted_out(entries: tuple[str, ...], setting: str = "MASK") -> Rules:
    """Return the entries of MASK or PERSONAL by their kinds. Raises SettingError where a pattern is none."""
    patterns = tuple(_pattern(entry, setting) for entry in entries if entry.startswith(PATTERN))
    dotted = [tuple(entry.split(".")) for entry in entries if "." in entry and not entry.startswith(PATTERN)]
    names = tuple(entry for entry in entries if "." not in entry and not entry.startswith(PATTERN))
    paths = tuple(path for path in dotted if path[0] in ROOTS)
    fields = tuple((".".join(path[:2]), path[2:]) for path in dotted if path[0] not in ROOTS and len(path) > 2)
    return Rules(names, paths, fields, patterns, _quick([pattern.pattern for pattern in patterns]))


def _quick(patterns: list[str]) -> Any:
    """Return a pattern that finds a line where one of them matches a text, None where ends of texts are asked for.

    Each save asks it, so fixed patterns are compiled by `re`, of which a search costs a tenth of one by RE2.
    """
    if all(map(_FIXED.fullmatch, patterns)):
        return re.compile("|".join(patterns), re.ASCII)
    if any(end in pattern for pattern in patterns for end in (r"\A", r"\z", r"\Z", "(?-m")):
        return None
    return re2.compile("(?m)" + "|".join(f"(?:{pattern})" for pattern in patterns))


def _pattern(entry: str, setting: str) -> Any:
    try:
        return re2.compile(entry.removeprefix(PATTERN))
    except re2.error as error:
        raise SettingError(
            f'AUDITSEARCH["{setting}"] holds {entry!r}, which is no regular expression: {error.args[0].decode()}.'
        ) from error
