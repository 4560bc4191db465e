"""Search requests as Dashboards makes them out of a visualization, for charts that are drawn without it."""

from __future__ import annotations

import json
import re
from typing import Any

from dashboards.pattern import SCRIPTS

METRICS = {"cardinality", "max"}


def request(attributes: dict[str, Any]) -> dict[str, Any]:
    """Body of `_search` for a visualization's attributes: its question, and its aggregations within each other."""
    source = json.loads(attributes["kibanaSavedObjectMeta"]["searchSourceJSON"])
    body: dict[str, Any] = {"size": 0, "track_total_hits": True, "query": question(source["query"])}
    nested: dict[str, Any] = {}
    aggs = json.loads(attributes["visState"])["aggs"]
    metrics = {agg["id"]: {agg["type"]: field(agg)} for agg in aggs if agg["type"] in METRICS}
    for agg in reversed([agg for agg in aggs if agg["type"] not in METRICS | {"count"}]):
        inner = {"aggs": metrics | nested} if metrics | nested else {}
        nested = {agg["id"]: bucket(agg) | inner}
    return body | {"aggs": nested or metrics}


def bucket(agg: dict[str, Any]) -> dict[str, Any]:
    """One bucket aggregation."""
    params = agg["params"]
    if agg["type"] == "filters":
        asked = {one["label"]: question(one["input"]) for one in params["filters"]}
        return {"filters": {"filters": asked}}
    if agg["type"] == "date_histogram":
        return {"date_histogram": {"field": params["field"], "calendar_interval": "1d", "min_doc_count": 1}}
    return {"terms": field(agg) | {"size": params["size"], "order": {"_count": params["order"]}}}


def field(agg: dict[str, Any]) -> dict[str, Any]:
    """What is counted: a field, or the script of one."""
    name = agg["params"]["field"]
    if name not in SCRIPTS:
        return {"field": name}
    kind = {"value_type": "string"} if agg["type"] == "terms" else {}
    return {"script": {"source": SCRIPTS[name], "lang": "painless"}} | kind


def question(asked: dict[str, str]) -> dict[str, Any]:
    """The part of Dashboards' language that the file uses: a field with one value, several, quoted, or with a star."""
    assert asked["language"] == "kuery"
    if not asked["query"]:
        return {"match_all": {}}
    name, value = re.fullmatch(r"(\w+): (.+)", asked["query"]).groups()  # type: ignore[union-attr]
    values = value.strip("()").split(" or ") if value.startswith("(") else [value]
    return {"bool": {"should": [_leaf(name, one) for one in values], "minimum_should_match": 1}}


def _leaf(name: str, value: str) -> dict[str, Any]:
    if value.startswith('"'):
        return {"match_phrase": {name: value.strip('"')}}
    if value.endswith("*"):
        return {"query_string": {"fields": [name], "query": re.sub(r"([+-=&|])", r"\\\1", value[:-1]) + "*"}}
    return {"match": {name: value}}
