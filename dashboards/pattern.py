"""The index pattern: each field of the mapping as Dashboards knows fields, scripted ones, and how values are shown.

All fields are listed, though Dashboards could find them itself: it does so when the pattern is first opened, and where
there are no events yet it would then forget the scripted ones.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dashboards.objects import PATTERN, saved

MAPPINGS = Path(__file__).parent.parent / "index_templates" / "component-mappings.json"

KINDS = {"keyword": "string", "text": "string", "long": "number", "short": "number"}
"""Type in the mapping -> type in Dashboards; others have the same name in both."""

SCRIPTS = {
    "object": """\
def type = doc['object_type'];
def id = doc['object_id'];
return type.size() == 0 || id.size() == 0 ? null : type.value + ' ' + id.value;""",
    "changed_field": """\
def context = params._source.context;
def diff = context instanceof Map ? context.diff : null;
return diff instanceof Map ? new ArrayList(diff.keySet()) : [];""",
    "tried_name": """\
def user = doc['user_name'];
if (user.size() > 0) { return user.value; }
def context = params._source.context;
def name = context instanceof Map ? context.username : null;
return name instanceof String && name.length() > 0 ? name : null;""",
}
"""Fields that are made when a chart is drawn. What reads `_source` reads each event of the chart's time."""

HIDDEN = ["canonical", "facts", "folded", "leaf", "text", "text_personal", "personal"]
"""Fields that lists of events leave out; a matter of reading, not of rights."""

COLOURS = {"event_code": {"delete": "#bd271e", "login_failed": "#bd271e"}}
COLOURS["level"] = {"WARNING": "#8a5a00", "ERROR": "#bd271e", "CRITICAL": "#bd271e"}


def index_pattern() -> dict[str, Any]:
    """The pattern on the search alias of the default prefix; an upload names that of the setting instead."""
    mapped = json.loads(MAPPINGS.read_text())["template"]["mappings"]["properties"]
    fields = [*_meta(), *sorted(_fields(mapped, mapped), key=lambda field: field["name"]), *_scripted()]
    attributes = {
        "title": PATTERN,
        "timeFieldName": "@timestamp",
        "fields": json.dumps(fields),
        "fieldFormatMap": json.dumps(_formats()),
        "sourceFilters": json.dumps([{"value": name} for name in HIDDEN]),
    }
    return saved("index-pattern", PATTERN, attributes, [])


def field(name: str, kind: str, *, searchable: bool = True, column: bool = True) -> dict[str, Any]:
    """One field; `kind` is its type in the mapping, `column` whether charts can count its values."""
    told = {"name": name, "type": KINDS.get(kind, kind), "esTypes": [kind], "count": 0, "scripted": False}
    return told | {"searchable": searchable, "aggregatable": column, "readFromDocValues": column}


def _fields(properties: dict[str, Any], roots: dict[str, Any], path: str = "") -> list[dict[str, Any]]:
    found = []
    for key, mapping in properties.items():
        name = path + key
        if "properties" in mapping:
            found += _fields(mapping["properties"], roots, f"{name}.")
        elif mapping.get("type") == "alias":
            found.append(_mapped(name, roots[mapping["path"]]))
        elif mapping.get("type") != "object":
            found.append(_mapped(name, mapping))
            subs = mapping.get("fields", {}).items()
            parent = {"subType": {"multi": {"parent": name}}}
            found += [_mapped(f"{name}.{sub}", inner) | parent for sub, inner in subs]
    return found


def _mapped(name: str, mapping: dict[str, Any]) -> dict[str, Any]:
    kind = mapping["type"]
    column = mapping.get("doc_values", True) and kind != "text"
    return field(name, kind, searchable=mapping.get("index", True), column=column)


def _meta() -> list[dict[str, Any]]:
    own = [("_id", True, True), ("_index", True, True), ("_score", False, False), ("_source", False, False)]
    found = [field(name, name, searchable=asked, column=column) for name, asked, column in own]
    kinds = ("string", "string", "number", "_source")
    return [one | {"type": kind, "readFromDocValues": False} for one, kind in zip(found, kinds, strict=True)]


def _scripted() -> list[dict[str, Any]]:
    told = {"type": "string", "count": 0, "scripted": True, "lang": "painless", "searchable": True}
    told |= {"aggregatable": True, "readFromDocValues": False}
    return [{"name": name, "script": script} | told for name, script in SCRIPTS.items()]


def _formats() -> dict[str, Any]:
    plain = {"ts": {"id": "number", "params": {"pattern": "0"}}}
    return plain | {name: {"id": "color", "params": {"colors": _colours(name)}} for name in COLOURS}


def _colours(name: str) -> list[dict[str, str]]:
    same = {"range": "-Infinity:Infinity", "text": "#ffffff"}
    return [same | {"regex": f"^{value}$", "background": colour} for value, colour in COLOURS[name].items()]
