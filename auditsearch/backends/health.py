"""What `auditsearch_check` shows of a search server: templates, partitions, pipelines, blocks, health."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from auditsearch.backends.base import Finding, Status
from auditsearch.backends.client import Client
from auditsearch.backends.partitions import check_partition, is_index_of, squatter
from auditsearch.backends.templates import COMPONENT_FILE, Templates
from auditsearch.exceptions import AuditSearchError, ConfigurationError
from auditsearch.partition import alias_of, search_aliases
from auditsearch.promoted import NOTHING, promoted, signature
from auditsearch.resources import read_json

HEALTH = {
    "yellow": Finding("warning", "The search cluster is yellow: some replicas are missing.", "Add a node, or wait."),
    "red": Finding("error", "The search cluster is red: some events can't be found now.", "Check its nodes and disks."),
}

_STAMP = r"(?:edge|\d{4}(?:\.(?:\d\d(?:\.\d\d)?|w\d\d))?)"


def look(client: Client, templates: Templates) -> Status:
    """Ask the server about itself; what can't be asked is a finding too."""
    prefix = templates.prefix
    try:
        findings = list(_findings(client, templates, prefix))
        events = client.ask("POST", f"/{prefix}/_count", ignore_unavailable="true", allow_no_indices="true")["count"]
    except AuditSearchError as error:
        return Status(None, [Finding("error", str(error))])
    return Status(events, findings)


def _findings(client: Client, templates: Templates, prefix: str) -> Iterator[Finding]:
    health = client.ask("GET", "/_cluster/health")
    yield HEALTH.get(health["status"]) or Finding("ok", f"The search cluster {health['cluster_name']} is green.")
    if fault := templates.fault(f"{prefix}-edge"):
        yield Finding("error", f"New partitions would not be made as auditsearch needs them: {fault}.")
    else:
        yield Finding("ok", f"The index template {prefix} wins.")
    yield from _partitions(client, prefix)
    yield from _misfits(client, prefix)


def outdated(mappings: dict[str, Any]) -> bool:
    """Whether an index needs a rebuild: it was made by an older release, or for other promoted fields or languages."""
    ours, meta = read_json(COMPONENT_FILE)["template"]["mappings"]["_meta"], mappings.get("_meta", {})
    return bool(meta.get("auditsearch", 0) < ours["auditsearch"] or meta.get("promoted", NOTHING) != signature())


def misfits(counts: Iterable[tuple[str, int]]) -> list[Finding]:
    """What to say of values that are none of their promoted field's kind."""
    known = {row.name: row for row in promoted()}
    return [
        Finding(
            "warning",
            f"{number:,} events have a value for promoted.{name} that is no {known[name].kind}: they lack it there.",
            "Look at them, or change its kind in AUDITSEARCH['PROMOTED'].",
        )
        for name, number in counts
        if name in known
    ]


def _misfits(client: Client, prefix: str) -> Iterator[Finding]:
    if promoted():
        question = {"size": 0, "aggs": {"misfits": {"terms": {"field": "misfits", "size": 1000}}}}
        there = {"ignore_unavailable": "true", "allow_no_indices": "true"}
        found = client.ask("POST", f"/{prefix}/_search", question, **there).get("aggregations", {})
        buckets = found.get("misfits", {}).get("buckets", [])
        yield from misfits((bucket["key"], bucket["doc_count"]) for bucket in buckets)


def _partitions(client: Client, prefix: str) -> Iterator[Finding]:
    indices = client.ask("GET", f"/{prefix},{prefix}-*", ignore_unavailable="true", flat_settings="true")
    named: dict[str, dict[str, Any]] = {}
    for index, entry in sorted(indices.items()):
        yield from _index(index, entry, prefix)
        for alias in entry["aliases"]:
            named.setdefault(alias, {})[index] = {"settings": {"index": _pipelines(entry)}}
    for alias, members in sorted(named.items()):
        yield from _alias(alias, members, prefix)


def _index(index: str, entry: dict[str, Any], prefix: str) -> Iterator[Finding]:
    partition = re.sub(r"-v\d+$", "", index)
    found_by = alias_of(partition)
    if index == prefix or re.fullmatch(f"{re.escape(prefix)}-{_STAMP}", index):
        yield Finding("error", squatter(index))
    elif is_index_of(index, partition) and found_by not in entry["aliases"] and partition in entry["aliases"]:
        yield Finding(
            "error",
            f"The index {index} lacks the search alias {found_by}: its events are not found.",
            f"Add the alias {found_by} to it.",
        )
    if found_by in entry["aliases"] and outdated(entry["mappings"]):
        yield Finding(
            "warning",
            f"The index {index} was made by an older release or for other PROMOTED fields or SEARCH_LANGUAGES.",
            "Run auditsearch_rebuild; all is found meanwhile, but by other forms of words, and in charts and totals.",
        )
    if entry["settings"].get("index.verified_before_close") == "true":
        told = f"The index {index} is closed: its events are not found, and what comes for it waits in the outbox."
        yield Finding("error", told, f"Open it: POST /{index}/_open.")
    blocks = [name for name, value in entry["settings"].items() if name.startswith("index.blocks.") and value == "true"]
    if blocks:
        yield Finding(
            "error",
            f"The index {index} has the block {', '.join(blocks)}: events wait in the outbox.",
            "If auditsearch_rebuild left it, run that again, or with --abort. Else free disk space, and lift it.",
        )


def _alias(alias: str, members: dict[str, Any], prefix: str) -> Iterator[Finding]:
    if alias in search_aliases(prefix) or not alias.startswith(f"{prefix}-"):
        return
    try:
        check_partition(alias, members)
    except ConfigurationError as error:
        yield Finding("error", str(error))
    else:
        yield Finding("ok", f"The partition {alias} is the index {next(iter(members))}.")


def _pipelines(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: entry["settings"].get(f"index.{name}") for name in ("default_pipeline", "final_pipeline")}
