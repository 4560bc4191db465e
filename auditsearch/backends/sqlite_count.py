"""Counting in the SQLite file: values of a column, and events by time."""

# ruff: noqa: S608 - values are bound; what is written into the SQL are names of ours
from __future__ import annotations

from datetime import tzinfo
from itertools import pairwise
from math import gcd

from auditsearch import intervals
from auditsearch.backends.base import Facets, Histogram, Interval
from auditsearch.backends.order import column
from auditsearch.backends.sqlite_clause import Clause
from auditsearch.backends.sqlite_file import Connection
from auditsearch.promoted import PREFIX, shown


def facets(connection: Connection, clause: Clause, field: str, size: int) -> Facets:
    """The most frequent values of a column among the events that fit."""
    fitting = f"FROM event WHERE {clause.condition}"
    name = column(field).removeprefix(PREFIX)
    if name == field:
        values, having = f"SELECT {name} AS value {fitting} AND {name} IS NOT NULL", f"count({name})"
    else:
        values = f"SELECT value FROM promoted WHERE name = '{name}' AND event IN (SELECT key {fitting})"
        having = f"coalesce(sum(EXISTS (SELECT 1 FROM promoted WHERE event = event.key AND name = '{name}')), 0)"
    total, present = connection.execute(f"SELECT count(*), {having} {fitting}", clause.values).fetchone()
    ranked = f"SELECT value, count(*) AS number FROM ({values}) GROUP BY value ORDER BY number DESC, value"
    found = connection.execute(ranked, clause.values).fetchall()
    listed = [(shown(field, value), number) for value, number in found[:size]]
    return Facets(listed, sum(number for _, number in found[size:]), total - present, total)


def histogram(connection: Connection, clause: Clause, interval: Interval, zone: tzinfo) -> Histogram:
    """Events that fit, by time: grouped by the longest stretch of which all bars are multiples."""
    fitting = f"FROM event WHERE {clause.condition}"
    low, high = connection.execute(f"SELECT min(ts), max(ts) {fitting}", clause.values).fetchone()
    if low is None:
        return Histogram([])
    edges = intervals.starts(low, high, interval, zone)
    bound = {"first": edges[0], "unit": gcd(*(end - start for start, end in pairwise(edges)))}
    sql = f"SELECT (ts - :first) / :unit AS part, count(*) {fitting} GROUP BY part"
    parts = connection.execute(sql, {**clause.values, **bound}).fetchall()
    return intervals.histogram([(edges[0] + part * bound["unit"], number) for part, number in parts], edges)
