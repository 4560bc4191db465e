"""Counting on a search server: values of a column, and events by time, as requests and out of their answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from itertools import pairwise
from typing import Any

from auditsearch import intervals
from auditsearch.backends.base import Facets, Histogram, Interval
from auditsearch.backends.order import column
from auditsearch.promoted import shown

Ask = Callable[[dict[str, Any]], dict[str, Any]]
"""Sends one search request and returns its whole answer, or raises."""

LISTED = 1_000
"""Values that each shard lists at least: with no more different ones the answer is exact at once."""

PAGE = 5_000
"""Values in one page of `composite`; the servers make at most 65,536 buckets a request."""

PAGES = 20
"""Pages that one list of values may take; with more values it is marked as not exact."""

_EXACT_DOUBLES = 2**53  # the servers compare the ends of ranges as doubles


def keyword(field: str) -> str:
    """The field that orders and counts: of an address its text, as everywhere."""
    return "ip.text" if field == "ip" else field


def facets(ask: Ask, query: dict[str, Any], field: str, size: int) -> Facets:
    """The most frequent values: as the shards' own lists prove it, else by paging through all values."""
    name = keyword(column(field))
    terms = {"field": name, "size": size, "shard_size": max(LISTED, 20 * size)}
    parts = {"values": {"terms": terms}, "missing": {"missing": {"field": name}}}
    found = ask({"query": query, "size": 0, "track_total_hits": True, "aggs": parts})
    values, missing = found["aggregations"]["values"], found["aggregations"]["missing"]["doc_count"]
    total = found["hits"]["total"]["value"]
    listed, other, exact = _counts(values["buckets"]), values["sum_other_doc_count"], True
    if values["doc_count_error_upper_bound"]:
        all_values, exact = _all_values(ask, query, name)
        if exact:
            ranked = sorted(all_values, key=lambda item: (-item[1], item[0]))
            listed, other = ranked[:size], sum(number for _, number in ranked[size:])
    return Facets([(shown(field, value), number) for value, number in listed], other, missing, total, exact)


def histogram(ask: Ask, query: dict[str, Any], interval: Interval, zone: tzinfo) -> Histogram:
    """Events by time: the stretches are ours, so that they are the same on each backend, and exact to a microsecond."""
    ends = {name: {name: {"field": "ts"}} for name in ("min", "max")}
    found = ask({"query": query, "size": 0, "track_total_hits": False, "aggs": ends})["aggregations"]
    if found["min"]["value"] is None:
        return Histogram([])
    low, high = int(found["min"]["value"]), int(found["max"]["value"])
    edges = intervals.starts(low, high, interval, zone)
    ranges = [{"from": start, "to": end} for start, end in pairwise(edges)]
    parts = {"bars": {"range": {"field": "ts", "ranges": ranges}}}
    found = ask({"query": query, "size": 0, "track_total_hits": False, "aggs": parts})["aggregations"]
    bars = [(start, bucket["doc_count"]) for start, bucket in zip(edges, found["bars"]["buckets"], strict=False)]
    return Histogram(bars, edges[-1], max(abs(low), abs(high)) < _EXACT_DOUBLES)


def _all_values(ask: Ask, query: dict[str, Any], name: str) -> tuple[list[tuple[Any, int]], bool]:
    found: list[tuple[Any, int]] = []
    composite: dict[str, Any] = {"size": PAGE, "sources": [{"value": {"terms": {"field": name}}}]}
    for _ in range(PAGES):
        parts = {"values": {"composite": composite}}
        answer = ask({"query": query, "size": 0, "track_total_hits": False, "aggs": parts})["aggregations"]["values"]
        found += [(bucket["key"]["value"], bucket["doc_count"]) for bucket in answer["buckets"]]
        if "after_key" not in answer or len(answer["buckets"]) < PAGE:
            return found, True
        composite["after"] = answer["after_key"]
    return found, False


def _counts(buckets: list[dict[str, Any]]) -> list[tuple[Any, int]]:
    return [(bucket["key"], bucket["doc_count"]) for bucket in buckets]
