"""The dashboards as they are uploaded: the packaged file, with the search alias and promoted fields of the settings."""

from __future__ import annotations

from typing import Any

import orjson

from auditsearch.conf import settings
from auditsearch.promoted import CHANGED_PATH, PREFIX, promoted
from auditsearch.resources import read

FILE = "dashboards/auditsearch.ndjson"

_TYPES = {"keyword": "string", "long": "number", "double": "number", "date": "date"}


def objects(site: str = "") -> list[dict[str, Any]]:
    """Return the saved objects in the file's order; `site` is where the search page is, which ids then lead to."""
    return [_settled(orjson.loads(line), site) for line in read(FILE).splitlines()]


def ndjson(found: list[dict[str, Any]]) -> bytes:
    """Return objects as the import takes them, one a line."""
    return b"".join(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in found)


def named(one: dict[str, Any]) -> str:
    """Return what a person calls an object: the dashboard "Audit: overview"."""
    return f'the {one["type"].replace("-", " ")} "{one["attributes"]["title"]}"'


def _settled(one: dict[str, Any], site: str) -> dict[str, Any]:
    attributes = one["attributes"]
    if one["type"] == "visualization":
        attributes["visState"] = attributes["visState"].replace('"changed_field"', f'"{_changed()}"')
    if one["type"] == "index-pattern":
        attributes["title"] = settings.INDEX_PREFIX
        attributes["fields"] = _text([*orjson.loads(attributes["fields"]), *_columns()])
        attributes["fieldFormatMap"] = _text(orjson.loads(attributes["fieldFormatMap"]) | _links(site))
    return one


def _changed() -> str:
    """The column of changed fields where the settings promote it, else the field that a script makes."""
    return next((PREFIX + row.name for row in promoted() if row.path == CHANGED_PATH), "changed_field")


def _columns() -> list[dict[str, Any]]:
    told = {"count": 0, "scripted": False, "searchable": True, "aggregatable": True, "readFromDocValues": True}
    return [{"name": PREFIX + row.name, "type": _TYPES[row.kind], "esTypes": [row.kind]} | told for row in promoted()]


def _links(site: str) -> dict[str, Any]:
    if not site:
        return {}
    pages = {"id": "event", "request_token": "request"}
    return {name: _link(f"{site.rstrip('/')}/{page}/{{{{value}}}}/") for name, page in pages.items()}


def _link(template: str) -> dict[str, Any]:
    return {
        "id": "url",
        "params": {"urlTemplate": template, "labelTemplate": "{{value}}", "openLinkInCurrentTab": False},
    }


def _text(value: Any) -> str:
    return orjson.dumps(value).decode()
