"""A question as a condition of one connection to the SQLite file, with the functions and tables that it needs."""

# ruff: noqa: S608 - values are bound; what is written into the SQL are names of ours
from __future__ import annotations

from auditsearch.backends.sqlite_file import Connection
from auditsearch.query.fuzzy import alike
from auditsearch.query.sql import Clause, where
from auditsearch.query.tree import Fact, Node

COMMON = 2_000
"""A fact of this many events is asked event by event, newest first, instead of gathering them all."""


def clause(connection: Connection, node: Node, *, common: bool = False) -> Clause:
    """Return the condition that holds for the events that fit `node`; with `common`, for one page of them."""
    made = where(node, lambda fact: common and _is_common(connection, fact))
    if made.patterns:
        patterns = made.patterns
        connection.create_function("fits", 2, lambda name, text: patterns[name].search(text), deterministic=True)
    if made.vocabulary:
        connection.execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab(main, words, row)")
        connection.create_function("alike", 2, alike, deterministic=True)
    return made


def _is_common(connection: Connection, fact: Fact) -> bool:
    """Whether at least COMMON events have `fact`, found by reading no more than those."""
    table = "folded" if fact.folded else "fact"
    sql = (
        f"SELECT count(*) FROM (SELECT 1 FROM {table} "
        "WHERE block IN (SELECT id FROM block) AND path = (SELECT id FROM path WHERE name = ?) AND value = ? LIMIT ?)"
    )
    (found,) = connection.execute(sql, (fact.path + fact.sep, fact.value[0], COMMON)).fetchone()
    return bool(found == COMMON)
