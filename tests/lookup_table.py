"""Lookup x kind of stored value, as the oracle says it: a table in docs/querying.md, and a test on every store.

`python -m tests.lookup_table` writes the table into the page.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django.db.models import Q

PAGE = Path(__file__).parent.parent / "docs" / "querying.md"
MARKS = ("<!-- table: lookups -->\n", "<!-- end of table -->")

STORED: dict[str, Any] = {
    "`455`": 455,
    '`"Paid"`': "Paid",
    "`true`": True,
    '`"2026-11-22T08:00:00Z"`': "2026-11-22T08:00:00Z",
    "`null`": None,
    "`[]`": [],
    "`{}`": {},
}
"""What stands in the event under the key `v`, as JSON."""

EIGHT = datetime(2026, 11, 22, 8, tzinfo=UTC)
OTHERS: list[Any] = [455, True, EIGHT, None, [], {}]  # what takes text only refuses these
BOUNDS: list[Any] = ["P", 400, "2026-11-22T08:00:00Z", 455, date(2026, 1, 1), True, None, [], {}]

QUESTIONS: dict[str, list[Any]] = {
    "": ["aI", "45", "TRUE", "2026-11", 455, True, EIGHT, None, [], {}],
    "exact": ["Paid", "paid", "455", "true", "2026-11-22T08:00:00Z", 455, True, EIGHT, None, [], {}],
    "iexact": ["PAID", "455", "TRUE", "2026-11-22t08:00:00z", *OTHERS],
    "contains": ["ai", "AI", "45", "ru", "11-22", "", *OTHERS],
    "icontains": ["AI", "45", "RU", "t08", "", *OTHERS],
    "startswith": ["Pa", "pa", "4", "t", "2026", "", *OTHERS],
    "istartswith": ["PA", "4", "T", "2026", "", *OTHERS],
    "endswith": ["id", "ID", "5", "e", "Z", "", *OTHERS],
    "iendswith": ["ID", "5", "E", "z", "", *OTHERS],
    "in": [["Paid", 455], ["455", True], [EIGHT], [], [None], "Paid", 455, True, EIGHT, None, {}],
    "gt": BOUNDS,
    "gte": BOUNDS,
    "lt": ["Q", "2026-11-22T08:00:00Z", 455, date(2027, 1, 1), True, None, [], {}],
    "lte": ["Q", "2026-11-22T08:00:00Z", 455, date(2027, 1, 1), True, None, [], {}],
    "range": [("P", "Q"), (455, 456), (date(2026, 1, 1), EIGHT), (1, "Q"), (None, 5), "Paid", 455, True, None, [], {}],
    "isnull": [True, False, "yes", 1, None, [], {}],
    "regex": ["^Pa", "pa", r"^\d+$", "^(true|false)$", "T0[0-9]:", "", "(", *OTHERS],
    "iregex": ["^pA", "z", r"^\d+$", "^TRUE", "t0[0-9]:", "(", *OTHERS],
}
"""Lookup ("" is none) -> values asked of the key `v`."""


def asked(lookup: str, value: Any) -> Q:
    """The question about the key `v` of the context."""
    return Q(**{f"_context__v__{lookup}" if lookup else "_context__v": value})


def cell(lookup: str, value: Any, stored: Any) -> str:
    """Return hit, no hit or error."""
    from auditsearch.canonical import loads
    from auditsearch.exceptions import QueryError
    from auditsearch.facts import leaves
    from auditsearch.query.evaluate import fits
    from auditsearch.query.parse import tree_of
    from tests.factories import canonical

    try:
        tree = tree_of(asked(lookup, value))
    except QueryError:
        return "error"
    return "hit" if fits(tree, leaves(loads(canonical(context={"v": stored})))) else "no hit"


def markdown() -> str:
    """Return the table; questions that are errors stand together in one row."""
    lines = [f"| lookup | asked | {' | '.join(STORED)} |", "|---" * (len(STORED) + 2) + "|"]
    for lookup, values in QUESTIONS.items():
        name, wrong = f"`{lookup}`" if lookup else "none", []
        for value in values:
            cells = [cell(lookup, value, stored) for stored in STORED.values()]
            if "error" in cells:
                wrong.append(written(value))
            else:
                lines.append(f"| {name} | {written(value)} | {' | '.join(cells).replace('no hit', '-')} |")
        if wrong:
            lines.append(f"| {name} | {', '.join(wrong)} | {' | '.join(['error'] * len(STORED))} |")
    return "\n".join(lines) + "\n"


def written(value: Any) -> str:
    """Return the value as Python code in a table's cell."""
    text = re.sub(r"datetime\.date\(([^)]*)\)", r"date(\1)", repr(value))
    return f"`{text.replace('datetime.datetime(2026, 11, 22, 8, 0, tzinfo=datetime.timezone.utc)', 'EIGHT')}`".replace(
        "|", "\\|"
    )


def main() -> None:
    """Write the table into the page."""
    import django

    django.setup()
    before, _, rest = PAGE.read_text().partition(MARKS[0])
    PAGE.write_text(before + MARKS[0] + markdown() + MARKS[1] + rest.partition(MARKS[1])[2])


if __name__ == "__main__":
    main()
