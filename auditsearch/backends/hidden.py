"""Indices of a server whose events are there and are not found: closed, without their aliases, or filtered by them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from auditsearch.backends.client import Client
from auditsearch.backends.flaw import Flaw
from auditsearch.partition import alias_of

STAMP = r"(?:edge|\d{4}(?:\.(?:\d\d(?:\.\d\d)?|w\d\d))?)"
"""The stretch of time in a partition's name."""


def hidden(client: Client, prefix: str) -> Iterator[Flaw]:
    """Yield what hides events. Raises what the client raises."""
    there = client.ask("GET", f"/{prefix}-*", expand_wildcards="all", flat_settings="true")
    ours = re.compile(rf"({re.escape(prefix)}-(?:.+-)?{STAMP})-v\d+")
    found = {index: match[1] for index in sorted(there) if (match := ours.fullmatch(index))}
    led = Counter(partition for index, partition in found.items() if partition in there[index]["aliases"])
    for index, partition in found.items():
        yield from _index(index, partition, there[index], partition in led)
    for partition in (name for name, number in led.items() if number > 1):
        yield Flaw(False, partition, f"this alias leads to {led[partition]} indices: nothing can be written there")


def _index(index: str, partition: str, there: dict[str, Any], led: bool) -> Iterator[Flaw]:
    aliases = there["aliases"]
    if there["settings"].get("index.verified_before_close") == "true":
        yield Flaw(True, index, "the index is closed: its events are neither found nor verified")
    if not led:
        yield Flaw(True, index, f"the index has lost the alias {partition}: its events are not verified")
    for name in {partition, alias_of(partition)} & aliases.keys():
        if aliases[name].keys() & {"filter", "search_routing"}:
            yield Flaw(True, index, f"the alias {name} has a filter or a routing: it hides events")
    if partition in aliases and alias_of(partition) not in aliases:
        yield Flaw(True, index, f"the index has lost the alias {alias_of(partition)}: its events are not found")
