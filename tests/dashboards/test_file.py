"""The file of saved objects: rules that an import is known to need."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dashboards import make
from dashboards.objects import NEWEST

ATTRIBUTES = {
    "index-pattern": {"title", "timeFieldName", "fields", "fieldFormatMap", "sourceFilters"},
    "search": {"columns", "description", "hits", "kibanaSavedObjectMeta", "sort", "title", "version"},
    "visualization": {"description", "kibanaSavedObjectMeta", "title", "uiStateJSON", "version", "visState"},
    "dashboard": {"description", "hits", "kibanaSavedObjectMeta", "optionsJSON", "panelsJSON", "refreshInterval"}
    | {"timeFrom", "timeRestore", "timeTo", "title", "version"},
}
SCHEMAS = {
    "histogram": {"metric", "segment", "group"},
    "horizontal_bar": {"metric", "segment", "group"},
    "pie": {"metric", "segment"},
    "table": {"metric", "bucket"},
    "metric": {"metric", "group"},
}
AGGREGATIONS = {"count", "cardinality", "max", "terms", "filters", "date_histogram"}
OBJECTS: list[dict[str, Any]] = [json.loads(line) for line in make.FILE.read_text().splitlines()]
IDS = [(one["type"], one["id"]) for one in OBJECTS]


def of_kind(kind: str) -> list[Any]:
    """The objects of a kind, named by their ids."""
    return [pytest.param(one, id=one["id"]) for one in OBJECTS if one["type"] == kind]


def source(one: dict[str, Any]) -> Any:
    """What an object searches."""
    assert set(one["attributes"]["kibanaSavedObjectMeta"]) == {"searchSourceJSON"}
    return json.loads(one["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])


def test_the_file_is_what_its_source_makes() -> None:
    assert make.FILE.read_text() == make.lines(), "python -m dashboards.make writes it"


def test_there_are_three_dashboards_and_no_id_twice() -> None:
    assert len(set(IDS)) == len(IDS)
    assert [name for kind, name in IDS if kind == "dashboard"] == [
        "auditsearch-overview",
        "auditsearch-sign-ins",
        "auditsearch-changes",
    ]


@pytest.mark.parametrize("one", OBJECTS, ids=lambda one: one["id"])
def test_an_object_has_only_what_strict_mappings_take(one: dict[str, Any]) -> None:
    assert set(one) == {"type", "id", "attributes", "references", "migrationVersion"}
    assert one["migrationVersion"] == {one["type"]: NEWEST[one["type"]]}
    assert set(one["attributes"]) <= ATTRIBUTES[one["type"]]
    assert one["attributes"]["title"]


@pytest.mark.parametrize("one", OBJECTS, ids=lambda one: one["id"])
def test_a_reference_has_a_name_of_its_own_and_leads_to_an_object_of_the_file(one: dict[str, Any]) -> None:
    names = [reference["name"] for reference in one["references"]]
    assert len(set(names)) == len(names)
    for reference in one["references"]:
        assert set(reference) == {"name", "type", "id"}
        assert (reference["type"], reference["id"]) in IDS


@pytest.mark.parametrize("one", [*of_kind("search"), *of_kind("visualization")])
def test_what_is_searched_is_the_index_pattern(one: dict[str, Any]) -> None:
    assert [reference["name"] for reference in one["references"]] == [source(one)["indexRefName"]]
    assert one["references"][0]["id"] == "auditsearch"
    assert source(one)["query"]["language"] == "kuery"


@pytest.mark.parametrize("one", of_kind("visualization"))
def test_a_visualization_has_the_aggregations_of_its_kind(one: dict[str, Any]) -> None:
    state = json.loads(one["attributes"]["visState"])
    identifiers = [agg["id"] for agg in state["aggs"]]
    assert len(set(identifiers)) == len(identifiers)
    for agg in state["aggs"]:
        assert agg["type"] in AGGREGATIONS
        assert agg["schema"] in SCHEMAS[state["type"]]
        assert agg["params"].get("orderBy", "1") in identifiers


@pytest.mark.parametrize("one", of_kind("visualization"))
def test_a_visualization_counts_fields_that_the_pattern_can_count(one: dict[str, Any]) -> None:
    fields = {field["name"]: field for field in json.loads(OBJECTS[0]["attributes"]["fields"])}
    for agg in json.loads(one["attributes"]["visState"])["aggs"]:
        assert fields[agg["params"].get("field", "ts")]["aggregatable"]


@pytest.mark.parametrize("one", of_kind("dashboard"))
def test_panels_lie_side_by_side_and_each_shows_an_object(one: dict[str, Any]) -> None:
    panels = json.loads(one["attributes"]["panelsJSON"])
    assert [panel["panelRefName"] for panel in panels] == [reference["name"] for reference in one["references"]]
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        grid = panel["gridData"]
        cells = {(grid["x"] + i, grid["y"] + j) for i in range(grid["w"]) for j in range(grid["h"])}
        assert panel["panelIndex"] == grid["i"]
        assert max(x for x, _ in cells) < 48
        assert not cells & taken
        taken |= cells


def test_each_chart_and_search_stands_on_a_dashboard() -> None:
    shown = {reference["id"] for one in OBJECTS if one["type"] == "dashboard" for reference in one["references"]}
    assert {one["id"] for one in OBJECTS if one["type"] in ("search", "visualization")} == shown
