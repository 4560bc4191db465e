"""Charts of each kind: the part of a visualization that says what is counted, and how it is drawn."""

from __future__ import annotations

from typing import Any

Agg = dict[str, Any]


def count(label: str = "Events") -> Agg:
    """How many events."""
    return {"type": "count", "schema": "metric", "params": {"customLabel": label}}


def different(field: str, label: str) -> Agg:
    """How many different values."""
    return {"type": "cardinality", "schema": "metric", "params": {"field": field, "customLabel": label}}


def latest(label: str = "Last") -> Agg:
    """When the newest event was."""
    return {"type": "max", "schema": "metric", "params": {"field": "@timestamp", "customLabel": label}}


def over_time() -> Agg:
    """Stretches of time, as long as the window needs."""
    params = {"field": "@timestamp", "interval": "auto", "min_doc_count": 1, "extended_bounds": {}}
    params |= {"useNormalizedOpenSearchInterval": True, "drop_partials": False}
    return {"type": "date_histogram", "params": params}


def values(field: str, label: str, size: int = 10) -> Agg:
    """The most frequent values."""
    params = {"field": field, "orderBy": "1", "order": "desc", "size": size, "customLabel": label}
    params |= {"otherBucket": False, "otherBucketLabel": "Other", "missingBucket": False, "missingBucketLabel": "None"}
    return {"type": "terms", "params": params}


def questions(asked: dict[str, str]) -> Agg:
    """Label -> question. It needs no column: what is only indexed, as facts are, can be counted so."""
    filters = [{"input": {"query": q, "language": "kuery"}, "label": label} for label, q in asked.items()]
    return {"type": "filters", "params": {"filters": filters}}


def bars(*aggs: Agg, lying: bool = False) -> dict[str, Any]:
    """Stacked bars: a metric, what stands along the axis, and perhaps what the bars are cut into."""
    params = _axes("horizontal_bar" if lying else "histogram", aggs[0]["params"]["customLabel"])
    return _state("horizontal_bar" if lying else "histogram", params, _placed(aggs, "metric", "segment", "group"))


def pie(*aggs: Agg) -> dict[str, Any]:
    """A ring."""
    labels = {"show": True, "values": True, "last_level": True, "truncate": 60}
    params = {"type": "pie", "addTooltip": True, "addLegend": True, "legendPosition": "right", "isDonut": True}
    return _state("pie", params | {"labels": labels}, _placed(aggs, "metric", "segment"))


def table(*aggs: Agg) -> dict[str, Any]:
    """A row for each value; metrics are columns."""
    params = {"perPage": 10, "showPartialRows": False, "showMetricsAtAllLevels": False, "showTotal": False}
    params |= {"sort": {"columnIndex": None, "direction": None}, "totalFunc": "sum", "percentageCol": ""}
    return _state("table", params, [agg if "schema" in agg else agg | {"schema": "bucket"} for agg in aggs])


def figures(*aggs: Agg) -> dict[str, Any]:
    """Large numbers side by side."""
    metric = {"percentageMode": False, "useRanges": False, "colorSchema": "Green to Red", "metricColorMode": "None"}
    metric |= {"colorsRange": [{"from": 0, "to": 10000}], "labels": {"show": True}, "invertColors": False}
    style = {"bgFill": "#000", "bgColor": False, "labelColor": False, "subText": "", "fontSize": 40}
    params = {"addTooltip": True, "addLegend": False, "type": "metric", "metric": metric | {"style": style}}
    return _state("metric", params, [agg if "schema" in agg else agg | {"schema": "group"} for agg in aggs])


def _placed(aggs: tuple[Agg, ...], *schemas: str) -> list[Agg]:
    return [agg | {"schema": schema} for agg, schema in zip(aggs, schemas, strict=False)]


def _state(kind: str, params: dict[str, Any], aggs: list[Agg]) -> dict[str, Any]:
    numbered = [{"id": str(number), "enabled": True} | agg for number, agg in enumerate(aggs, 1)]
    return {"type": kind, "params": params, "aggs": numbered}


def _axes(kind: str, label: str) -> dict[str, Any]:
    lying = kind == "horizontal_bar"
    category = {"id": "CategoryAxis-1", "type": "category", "position": "left" if lying else "bottom", "show": True}
    category |= {"style": {}, "scale": {"type": "linear"}, "title": {}}
    category |= {"labels": {"show": True, "filter": not lying, "truncate": 200, "rotate": 0}}
    value = {"id": "ValueAxis-1", "name": "LeftAxis-1", "type": "value", "position": "bottom" if lying else "left"}
    value |= {"show": True, "style": {}, "scale": {"type": "linear", "mode": "normal"}, "title": {"text": label}}
    value |= {"labels": {"show": True, "rotate": 0, "filter": True, "truncate": 100}}
    series = {"show": True, "type": "histogram", "mode": "stacked", "data": {"label": label, "id": "1"}}
    series |= {"valueAxis": "ValueAxis-1", "drawLinesBetweenPoints": True, "lineWidth": 2, "showCircles": True}
    params = {"type": kind, "grid": {"categoryLines": False}, "categoryAxes": [category], "valueAxes": [value]}
    params |= {"seriesParams": [series], "addTooltip": True, "addLegend": True, "legendPosition": "right"}
    line = {"show": False, "value": 10, "width": 1, "style": "full", "color": "#E7664C"}
    return params | {"times": [], "addTimeMarker": False, "labels": {"show": False}, "thresholdLine": line}
