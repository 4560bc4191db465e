"""Each lookup as questions about facts: what an engine answers from its index.

A `Superset` stands where the engine has only windows of long values, or no order or expression of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal

from auditsearch.forms import CLIPPED, VALUE, WINDOW_END, clip, number_key, utc_text
from auditsearch.query.algebra import all_of, any_of
from auditsearch.query.regex import LENGTH, LITERAL
from auditsearch.query.regex_lucene import Reading, units
from auditsearch.query.tree import NONE, Fact, Node, Not, Or, Superset, Where
from auditsearch.query.values import Value, kind_of
from auditsearch.words import fold

Form = Callable[[Where], Node]
"""The facts that answer a `Where`."""

_NUMBERS_END = "fa"  # above the key of each number of 256 characters, below the words `false` and `true`
_KEY = 16  # hex digits of a double
_BEHIND = "!"  # what follows each time text, as all have one length
_SIGNS_END = "\ue003"  # above what stands behind the 256 characters of a clipped value


def one_of(where: Where) -> Node:
    """`exact` and `in`."""
    values = where.value if isinstance(where.value, tuple) else (where.value,)
    keys: dict[Literal["=", "#", "@"], dict[str, None]] = {}
    for value in values:
        sep, key = _key(value)
        keys.setdefault(sep, {})[key] = None
    return any_of(Fact(where.path, sep, "equals", tuple(found)) for sep, found in keys.items())


def _key(value: Value) -> tuple[Literal["=", "#", "@"], str]:
    if isinstance(value, bool):
        return "#", "true" if value else "false"
    if isinstance(value, int | Decimal):
        return "#", number_key(value)
    return ("=", clip(value)) if isinstance(value, str) else ("@", utc_text(value))


def equal(where: Where, text: str, folded: bool) -> Node:
    """The text form is `text`."""
    return Fact(where.path, "=", "equals", (clip(text),), folded)


def starts(where: Where, text: str, folded: bool) -> Node:
    """The text form starts with `text`."""
    if len(text) <= VALUE:
        return _some(where.path, "prefix", text, folded)
    return Superset(Fact(where.path, "=", "prefix", text[:VALUE] + CLIPPED, folded), where)


def contains(where: Where, text: str, folded: bool) -> Node:
    """`text` is a part of the text form; a long one is sought by its beginning in the windows of long values."""
    windows = Fact(where.path, "~", "contains", text[:LITERAL], folded)
    return _with_windows(where, _some(where.path, "contains", text, folded), windows, text)


def ends(where: Where, text: str, folded: bool) -> Node:
    """The text form ends with `text`; a long one is sought by its end."""
    windows = Fact(where.path, "~", "ends", text[-LITERAL:] + WINDOW_END, folded)
    return _with_windows(where, _some(where.path, "ends", text, folded), windows, text)


def _with_windows(where: Where, whole: Node, windows: Fact, text: str) -> Node:
    if not text:
        return whole
    if len(text) > VALUE:  # longer than any text form in a fact
        return Superset(windows, where)
    return any_of((whole, windows if len(text) <= LITERAL else Superset(windows, where)))


def plainly(form: Callable[[Where, str, bool], Node]) -> Form:
    """Asked of the facts as they are."""
    return lambda where: form(where, where.value, False)


def folded(form: Callable[[Where, str, bool], Node]) -> Form:
    """The folded question, asked of the facts and of the folded facts."""
    return lambda where: any_of(form(where, fold(where.value), side) for side in (False, True))


def matching(where: Where) -> Node:
    """`regex`: the engine's own expression for values up to 256 characters, windows and the oracle for longer ones."""
    return _matching(where, False)


def matching_folded(where: Where) -> Node:
    """`iregex`: the same, asked of the facts and of the folded facts."""
    return any_of(_matching(where, side) for side in (False, True))


def _matching(where: Where, folded: bool) -> Node:
    exact, wide, narrow = (_expression(where, reading, folded) for reading in ("exact", "wide", "narrow"))
    if exact:
        return any_of((exact, Superset(_holding(where, ("~",), folded), where)))
    if wide is None:
        return Superset(_holding(where, ("=", "~"), folded), where)
    rough = Superset(any_of((wide, _holding(where, ("~",), folded))), where)
    return any_of((narrow, rough)) if narrow else rough


def _expression(where: Where, reading: Reading, folded: bool) -> Fact | None:
    pattern = replace(where.value, reading=reading)
    body = pattern.lucene()
    if body is None or units(body) + 2 * units(where.path) + 2 > LENGTH:
        return None
    return Fact(where.path, "=", "regexp", pattern, folded)


def _holding(where: Where, seps: tuple[Literal["=", "~"], ...], folded: bool) -> Node:
    """The path has what the pattern requires, in facts of `seps`."""
    literals = where.value.literals
    if not literals:
        return Fact(where.path, seps[0], "any", "", folded)
    return all_of(any_of(Fact(where.path, sep, "contains", literal, folded) for sep in seps) for literal in literals)


def between(key: Literal["gt", "gte", "lt", "lte"]) -> Form:
    """One end of an order."""
    above = key.startswith("g")
    return lambda where: _between(where, (key, where.value) if above else None, None if above else (key, where.value))


def within(where: Where) -> Node:
    """Both ends of an order, for one element."""
    return _between(where, ("gte", where.value[0]), ("lte", where.value[1]))


End = tuple[str, Any] | None


def _between(where: Where, low: End, high: End) -> Node:
    kind = {kind_of(end[1]) for end in (low, high) if end}
    if kind == {"number"}:
        return _numbers(where, low, high)
    if kind == {"time"}:
        return _span(where.path, "@", _time_edge(low), _time_edge(high))
    high_edge = high[1][:VALUE] + _SIGNS_END if high else None
    return Superset(_span(where.path, "=", low[1][:VALUE] if low else None, high_edge), where)


def _numbers(where: Where, low: End, high: End) -> Node:
    """A number that is no double's shortest decimal stands between two keys among others whose order is not told."""
    span = _span(where.path, "#", _number_edge(low), _number_edge(high, upper=True) or _NUMBERS_END)
    rough = any(end and len(number_key(end[1])) > _KEY for end in (low, high))
    return Superset(span, where) if rough else span


def _number_edge(end: End, upper: bool = False) -> str | None:
    if end is None:
        return None
    key = number_key(end[1])
    if len(key) == _KEY:
        return key if end[0] in ("gte", "lt") else f"{key}+"
    return key[:_KEY] + (chr(ord(key[_KEY]) + 1) if upper else key[_KEY])


def _time_edge(end: End) -> str | None:
    if end is None:
        return None
    return utc_text(end[1]) + ("" if end[0] in ("gte", "lt") else _BEHIND)


def _span(path: str, sep: Literal["=", "#", "@"], low: str | None, high: str | None) -> Node:
    if low is not None and high is not None and low >= high:
        return NONE
    return Fact(path, sep, "between", (low, high))


def absent(where: Where) -> Node:
    """`isnull`: nothing is known at the path or beneath it; the envelope and `changed` hold texts only."""
    here: Node = Fact(where.path, "=", "any", "")
    if "." in where.path:
        here = Or((here, Fact(where.path, "?", "any", ""), Fact(where.path, "", "below", "")))
    return Not(here) if where.value else here


def _some(path: str, op: Literal["prefix", "contains", "ends"], text: str, folded: bool) -> Node:
    """A fact of the text form that fits; each does where nothing is asked."""
    if text:
        return Fact(path, "=", op, text, folded)
    return NONE if folded else Fact(path, "=", "any", "")
