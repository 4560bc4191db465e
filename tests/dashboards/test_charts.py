"""Each chart, drawn on a real server that the example filled, shows data; and fields are what they are said to be."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from auditsearch.backends.client import Client
from auditsearch.backends.opensearch import OpenSearchBackend
from tests.dashboards.drawn import question, request
from tests.dashboards.test_file import OBJECTS, of_kind, source
from tests.servers.fixtures import remove

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def day(opensearch_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSearchBackend]:
    """A server that holds the example's day under a prefix of its own."""
    prefix, folder = f"day{uuid4().hex[:10]}", tmp_path_factory.mktemp("shop")
    command = [sys.executable, "-m", "tests.dashboards.example_day", str(folder), opensearch_url, prefix]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    backend = OpenSearchBackend([opensearch_url], prefix=prefix, client={})
    assert done.returncode == 0, done.stdout + done.stderr
    backend.refresh()
    yield backend
    remove(backend)


def ask(backend: OpenSearchBackend, body: dict[str, Any]) -> dict[str, Any]:
    """The whole answer; fails with the server's reason."""
    client: Client = backend.client
    answer = client.request("POST", f"/{backend.prefix}/_search", body)
    assert answer.status == 200, answer.cause
    return answer.body


def filled(aggregations: dict[str, Any]) -> bool:
    """Whether each level of an answer has a value or a bucket with documents."""
    for told in aggregations.values():
        if "buckets" not in told:
            assert told["value"]
            continue
        buckets = told["buckets"].values() if isinstance(told["buckets"], dict) else told["buckets"]
        full = [bucket for bucket in buckets if bucket["doc_count"]]
        if not any(filled({k: v for k, v in one.items() if isinstance(v, dict)}) for one in full):
            return False
    return True


@pytest.mark.parametrize("one", of_kind("visualization"))
def test_a_chart_shows_data(day: OpenSearchBackend, one: dict[str, Any]) -> None:
    answer = ask(day, request(one["attributes"]))
    assert answer["hits"]["total"]["value"]
    assert filled(answer["aggregations"])


@pytest.mark.parametrize("one", of_kind("search"))
def test_a_list_of_events_has_events_with_its_columns(day: OpenSearchBackend, one: dict[str, Any]) -> None:
    asked = {"query": question(source(one)["query"]), "size": 50, "sort": [{"@timestamp": "desc"}]}
    keys = {key for hit in ask(day, asked)["hits"]["hits"] for key in hit["_source"]}
    assert keys
    assert set(one["attributes"]["columns"]) - {"tried_name"} <= keys


def test_the_fields_of_the_pattern_are_those_that_the_server_tells(day: OpenSearchBackend) -> None:
    answer = day.client.request("GET", f"/{day.prefix}/_field_caps", None, fields="*").body["fields"]
    kinds = {name: one for name, told in answer.items() for one in told.values() if not name.startswith("_")}
    told = {name: (one["type"], one["searchable"], one["aggregatable"]) for name, one in kinds.items()}
    fields = [one for one in json.loads(OBJECTS[0]["attributes"]["fields"]) if "esTypes" in one]
    known = {one["name"]: (one["esTypes"][0], one["searchable"], one["aggregatable"]) for one in fields}
    assert {name: one for name, one in known.items() if not name.startswith("_")} == {
        name: one for name, one in told.items() if one[0] != "object"
    }


def test_changed_fields_and_tried_names_are_read_from_the_events(day: OpenSearchBackend) -> None:
    charts = {one["id"]: request(one["attributes"]) for one in OBJECTS if one["type"] == "visualization"}
    tables = ask(day, charts["auditsearch-fields"])["aggregations"]["2"]["buckets"]
    prices = next(bucket for bucket in tables if bucket["key"] == "shop.Product")
    assert {bucket["key"]: bucket["doc_count"] for bucket in prices["3"]["buckets"]} == {"stock": 4, "price": 2}
    names = ask(day, charts["auditsearch-failed-by-name"])["aggregations"]["2"]["buckets"]
    assert [(bucket["key"], bucket["doc_count"]) for bucket in names] == [("kate", 1)]
