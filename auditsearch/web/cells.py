"""Events as rows of a spreadsheet: no cell of it is a formula, and nothing in one hides."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from auditsearch.backends.base import Hit
from auditsearch.event import STORED, Event, from_micros, told
from auditsearch.exceptions import QueryError
from auditsearch.personal import holds
from auditsearch.rows import reader
from auditsearch.web.show import shown, visible

COLUMNS = (
    "timestamp",
    "log",
    "level",
    "user",
    "suid",
    "ip",
    "event_code",
    "object_type",
    "object_id",
    "object_label",
    "verbose",
    "request_token",
    "id",
)
"""The columns where none are chosen."""

MOST = 50
"""Columns of one file."""

FORMULA = frozenset("=+-@＝＋－＠﹢﹣﹦﹫−\t\r\n")
"""What makes a formula of a cell that begins with it, in one program or another."""

BYTE_ORDER_MARK = "\ufeff"
"""Without it, spreadsheets take UTF-8 for something else."""

Read = Callable[[Any], Any]

_SEEN = re.compile("[ -~¡-¬®-ɏЀ-ԯ]*").fullmatch  # most texts: nothing in them hides, which is quicker to see


class Sheet:
    """Rows of the named columns, all quoted. Raises UnknownField, and QueryError where there are too many."""

    def __init__(self, names: Sequence[str]) -> None:
        if len(names) > MOST:
            raise QueryError(f"A file has at most {MOST} columns, not {len(names)}.")
        self.names = tuple(names) or COLUMNS
        self.readers = [reader(name) for name in self.names]
        plain = [PLAIN.get(name) for name in self.names]
        self.plain = [read for read in plain if read is not None]
        self.is_plain = len(self.plain) == len(plain)

    def head(self) -> bytes:
        """Return the line of the columns' names."""
        return (BYTE_ORDER_MARK + _lines([list(map(cell, self.names))])).encode()

    def rows(self, hits: Iterable[Hit]) -> bytes:
        """Return a line for each hit."""
        if self.is_plain:  # no more of the event is read than its envelope, at a third of the time
            trees = [_tree(hit) for hit in hits]
            return _lines([[cell(read(tree)) for read in self.plain] for tree in trees]).encode()
        events = [Event.from_canonical(hit.canonical, hit.flags, hit.personal) for hit in hits]
        return _lines([[cell(read(event)) for read in self.readers] for event in events]).encode()

    def note(self, sentence: str) -> bytes:
        """Return a line that is no event, of one cell."""
        return _lines([[cell(f"# {sentence}")]]).encode()


def cell(value: Any) -> str:
    """Return a value as a cell: with `'` in front where a program could take it for a formula, "" of nothing.

    Characters that are not seen stand as escapes, but for line ends and tabs; times are UTC, containers JSON.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        text = value if _SEEN(value) else visible(value, keep="\t\r\n")
    else:
        text = _iso(value) if isinstance(value, datetime) else shown(value)
    return f"'{text}" if text[:1] in FORMULA or text.lstrip()[:1] in FORMULA else text


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").zfill(27)


def _lines(rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(rows)
    return out.getvalue()


def _tree(hit: Hit) -> dict[str, Any]:
    tree: dict[str, Any] = told(hit.canonical, hit.personal) if holds(hit.canonical) else orjson.loads(hit.canonical)
    return tree


def _plain(stored: str) -> Read:
    return lambda tree: tree.get(stored)


PLAIN: dict[str, Read] = {
    name: _plain(stored) for name, stored in STORED.items() if name not in ("context_data", "object_snapshot")
} | {"timestamp": lambda tree: from_micros(tree["ts"])}
"""Column -> how it is read from an event's plain JSON; not those in which numbers keep their own digits."""
