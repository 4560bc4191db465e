"""How a saved object is written: the plain form that OpenSearch Dashboards 2 and 3 and Kibana read."""

from __future__ import annotations

import json
from typing import Any

PATTERN = "auditsearch"
"""Id of the index pattern. Ids stay for ever: an import replaces what has the same one."""

NEWEST = {"index-pattern": "7.6.0", "search": "7.9.3", "visualization": "7.10.0", "dashboard": "7.9.3"}
"""Migration that each kind of object has been through, the newest that OpenSearch Dashboards knows of."""

COLUMNS = 48
"""Width of a dashboard."""

_INDEX = "kibanaSavedObjectMeta.searchSourceJSON.index"


def saved(kind: str, name: str, attributes: dict[str, Any], references: list[dict[str, str]]) -> dict[str, Any]:
    """One line of the file."""
    migrated = {"migrationVersion": {kind: NEWEST[kind]}}
    return {"type": kind, "id": name, "attributes": attributes, "references": references} | migrated


def search(name: str, title: str, text: str, query: str, columns: list[str]) -> dict[str, Any]:
    """A list of events, newest first; `query` is in Dashboards' own language."""
    attributes = {"title": f"Audit: {title}", "description": text, "hits": 0, "columns": columns}
    attributes |= {"sort": [["@timestamp", "desc"]], "version": 1, "kibanaSavedObjectMeta": _source(query)}
    return saved("search", f"{PATTERN}-{name}", attributes, [_pattern()])


def visualization(name: str, title: str, text: str, query: str, state: dict[str, Any]) -> dict[str, Any]:
    """One chart or table; `state` has type, params and aggs."""
    full = f"Audit: {title}"
    attributes = {"title": full, "description": text, "version": 1, "uiStateJSON": "{}"}
    attributes |= {"visState": _text({"title": full} | state), "kibanaSavedObjectMeta": _source(query)}
    return saved("visualization", f"{PATTERN}-{name}", attributes, [_pattern()])


def dashboard(name: str, title: str, text: str, rows: list[tuple[int, list[dict[str, Any]]]]) -> dict[str, Any]:
    """A page of panels: rows of (height, objects side by side, of equal width), over the last thirty days."""
    panels: list[dict[str, Any]] = []
    references = []
    top = 0
    for height, objects in rows:
        width = COLUMNS // len(objects)
        for place, one in enumerate(objects):
            number = str(len(panels) + 1)
            grid = {"x": place * width, "y": top, "w": width, "h": height, "i": number}
            panels.append({"version": "7.9.3", "gridData": grid, "panelIndex": number, "embeddableConfig": {}})
            panels[-1]["panelRefName"] = f"panel_{number}"
            references.append({"name": f"panel_{number}", "type": one["type"], "id": one["id"]})
        top += height
    attributes = {"title": f"Audit: {title}", "description": text, "hits": 0, "version": 1}
    attributes |= {"panelsJSON": _text(panels), "optionsJSON": _text({"useMargins": True, "hidePanelTitles": False})}
    attributes |= {"timeRestore": True, "timeFrom": "now-30d", "timeTo": "now"}
    attributes |= {"refreshInterval": {"pause": True, "value": 0}}
    empty = {"query": {"query": "", "language": "kuery"}, "filter": []}
    attributes |= {"kibanaSavedObjectMeta": {"searchSourceJSON": _text(empty)}}
    return saved("dashboard", f"{PATTERN}-{name}", attributes, references)


def _source(query: str) -> dict[str, str]:
    source = {"query": {"query": query, "language": "kuery"}, "filter": [], "indexRefName": _INDEX}
    return {"searchSourceJSON": _text(source)}


def _pattern() -> dict[str, str]:
    return {"name": _INDEX, "type": "index-pattern", "id": PATTERN}


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
