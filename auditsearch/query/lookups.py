"""The lookups: one table, which says of each what it takes, what it means, how an engine is asked, and its English."""

from __future__ import annotations

import operator
from dataclasses import dataclass

from auditsearch.query import meanings, networks, terms, values


@dataclass(frozen=True, slots=True)
class Lookup:
    """One row. `english` is a sentence with {field} and {value}; `kinds` are the fields that have it."""

    key: str
    coerce: values.Coerce
    meaning: meanings.Meaning
    form: terms.Form
    english: str
    kinds: frozenset[values.Kind] = frozenset(("any", "text", "ip"))


_ALL: frozenset[values.Kind] = frozenset(("any", "text", "time", "id", "ip"))
_TIMES: frozenset[values.Kind] = frozenset(("any", "text", "time", "ip"))

_starts, _contains, _ends = str.startswith, str.__contains__, str.endswith

ROWS = (
    Lookup("exact", values.exact, meanings.equals, terms.one_of, "{field} is {value}", _ALL),
    Lookup(
        "iexact",
        values.text,
        meanings.folded(operator.eq),
        terms.folded(terms.equal),
        "{field} is {value} in any case",
    ),
    Lookup(
        "contains",
        values.text,
        meanings.textual(_contains),
        terms.plainly(terms.contains),
        "{field} contains {value}",
    ),
    Lookup(
        "icontains",
        values.text,
        meanings.folded(_contains),
        terms.folded(terms.contains),
        "{field} contains {value} in any case",
    ),
    Lookup(
        "startswith",
        values.text,
        meanings.textual(_starts),
        terms.plainly(terms.starts),
        "{field} starts with {value}",
    ),
    Lookup(
        "istartswith",
        values.text,
        meanings.folded(_starts),
        terms.folded(terms.starts),
        "{field} starts with {value} in any case",
    ),
    Lookup("endswith", values.text, meanings.textual(_ends), terms.plainly(terms.ends), "{field} ends with {value}"),
    Lookup(
        "iendswith",
        values.text,
        meanings.folded(_ends),
        terms.folded(terms.ends),
        "{field} ends with {value} in any case",
    ),
    Lookup("in", values.members, meanings.one_of, terms.one_of, "{field} is one of {value}", _ALL),
    Lookup("gt", values.bound, meanings.ordered(operator.gt), terms.between("gt"), "{field} is above {value}", _TIMES),
    Lookup(
        "gte", values.bound, meanings.ordered(operator.ge), terms.between("gte"), "{field} is at least {value}", _TIMES
    ),
    Lookup("lt", values.bound, meanings.ordered(operator.lt), terms.between("lt"), "{field} is below {value}", _TIMES),
    Lookup(
        "lte", values.bound, meanings.ordered(operator.le), terms.between("lte"), "{field} is at most {value}", _TIMES
    ),
    Lookup("range", values.bounds, meanings.within, terms.within, "{field} is between {value}, ends included", _TIMES),
    Lookup("isnull", values.flag, meanings.known, terms.absent, "{field} has no value: {value}"),
    Lookup("regex", values.pattern, meanings.found, terms.matching, "{field} has a part like {value}"),
    Lookup(
        "iregex",
        values.folded_pattern,
        meanings.found_folded,
        terms.matching_folded,
        "{field} has a part like {value} in any case",
    ),
    Lookup(
        "cidr",
        values.network,
        meanings.in_network,
        networks.within,
        "{field} lies in {value}",
        frozenset(("ip",)),
    ),
)

LOOKUPS = {row.key: row for row in ROWS}
"""By key, in the order of the docs."""


def lookups_of(kind: values.Kind) -> list[str]:
    """Return the keys of the lookups that a field of `kind` has."""
    return [row.key for row in ROWS if kind in row.kinds]
