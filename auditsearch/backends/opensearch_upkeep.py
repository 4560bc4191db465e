"""What is done to stored events on a server: read whole, taken away one by one, or a partition at a time."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from auditsearch.backends.base import Stored
from auditsearch.backends.client import Client
from auditsearch.backends.flaw import Flaw
from auditsearch.backends.hidden import hidden
from auditsearch.backends.partitions import Partitions, is_index_of
from auditsearch.backends.scan import Scan
from auditsearch.backends.scroll import FLAGS, Scroll
from auditsearch.backends.space import Space
from auditsearch.exceptions import BackendUnavailable, ConfigurationError, PartialAnswer
from auditsearch.partition import search_aliases
from auditsearch.personal import written
from auditsearch.query.dsl import compile_query
from auditsearch.query.tree import ALL, Node

PAUSES = (0.2, 1.0, 5.0)
"""Seconds that a busy server is waited for before events are sent away again."""

_HASHED = ["id", "ts", "canonical", "leaf", "personal", *FLAGS]
_SOME = {"ignore_unavailable": "true", "allow_no_indices": "true"}


class Upkeep:
    """The part of `OpenSearchBackend` that archives, retention and verifying use."""

    keeps: frozenset[str] | None = None
    prefix: str
    client: Client
    partitions: Partitions

    def holdings(self) -> dict[str, int]:
        """Events in each partition. Raises PartialAnswer."""
        aliases = ",".join(search_aliases(self.prefix))
        indices = self.client.request("GET", f"/{aliases}/_alias", None, **_SOME)
        if indices.status == 404:
            return {}
        names = {index: _partition(index) for index in self.client.proven(indices, "the list of indices")}
        if not names:
            return {}
        question = {"size": 0, "aggs": {"indices": {"terms": {"field": "_index", "size": len(names) + 10}}}}
        buckets = self._whole(aliases, question)["aggregations"]["indices"]["buckets"]
        counts = {bucket["key"]: bucket["doc_count"] for bucket in buckets}
        return {name: counts.get(index, 0) for index, name in sorted(names.items())}

    def read(
        self,
        partition: str,
        node: Node = ALL,
        *,
        after: tuple[int, str] | None = None,
        limit: int = 1000,
        derived: bool = False,
    ) -> list[Stored]:
        """The next events of a partition, oldest first. Raises PartialAnswer."""
        question: dict[str, Any] = {"query": compile_query(node), "size": limit, "track_total_hits": False}
        question |= {"sort": [{"ts": {"order": "asc", "unmapped_type": "long"}}, {"id": {"order": "asc"}}]}
        question |= {"_source": True if derived else _HASHED}
        question |= {"search_after": list(after)} if after else {}
        return [_stored(hit, derived) for hit in self._whole(partition, question)["hits"]["hits"]]

    def scan(self, partition: str, node: Node = ALL, place: Any = None) -> Scan:
        """All events of a partition that fit, in the order in which they lie there."""
        return Scroll(self.client, partition, node, place)

    def flaws(self) -> Iterator[Flaw]:
        """What is wrong with indices and aliases, so that events of theirs are not found."""
        return hidden(self.client, self.prefix)

    def delete(self, partition: str, ids: Sequence[str]) -> int:
        """Take events away; how many were there. Raises BackendUnavailable where the server stays busy."""
        left, done = list(ids), 0
        for pause in (*PAUSES, None):
            gone, left = self._delete(partition, left)
            done += gone
            if not left:
                return done
            if pause is not None:
                time.sleep(pause)
        raise BackendUnavailable(f"The search server is too busy to take events of {partition} away; try again later.")

    def drop_partition(self, partition: str, *, holding: int) -> bool:
        """Delete the partition's index if it holds exactly `holding` events, with writing to it blocked before.

        Raises ConfigurationError where the partition is not one index of ours.
        """
        found = self.client.request("GET", f"/_alias/{partition}")
        if found.status == 404:
            return True
        indices = list(self.client.proven(found, f"the alias {partition}"))
        if len(indices) != 1 or not is_index_of(indices[0], partition):
            raise ConfigurationError(f"{partition} must name exactly one index of ours, not {', '.join(indices)}.")
        self.client.ask("PUT", f"/{indices[0]}/_block/write")
        if self._holds(indices[0]) != holding:
            self.client.ask("PUT", f"/{indices[0]}/_settings", {"index.blocks.write": None})
            return False
        self.client.ask("DELETE", f"/{indices[0]}")
        self.partitions.forget([partition])
        return True

    def number(self, partition: str, node: Node = ALL) -> int:
        """Events of a partition that fit. Raises PartialAnswer."""
        return self._count(partition, compile_query(node))

    def known(self, partition: str, leaves: Mapping[str, str]) -> int:
        """How many of these events a partition has, asked of the index by their leaves, so no document is unpacked."""
        return self._count(partition, {"terms": {"leaf": list(leaves.values())}})

    def reopen(self, partition: str) -> None:
        """Lift the write block of the partition's index."""
        self.client.ask("PUT", f"/{partition}/_settings", {"index.blocks.write": None})

    def space(self) -> Space | None:
        """Bytes free on the node that has the least. Raises ConfigurationError where our user may not ask."""
        nodes = self.client.ask("GET", "/_nodes/stats/fs")["nodes"].values()
        disks = [node["fs"]["total"] for node in nodes if node.get("fs", {}).get("total", {}).get("total_in_bytes")]
        least = min(disks, key=lambda disk: disk["available_in_bytes"] / disk["total_in_bytes"], default=None)
        return Space(least["available_in_bytes"], least["total_in_bytes"]) if least else None

    def _count(self, partition: str, query: dict[str, Any]) -> int:
        found = self.client.ask("POST", f"/{partition}/_count", {"query": query}, **_SOME)
        if found["_shards"]["failed"]:
            raise PartialAnswer(f"Some shards of {partition} gave no answer: look at the cluster's health.")
        return int(found["count"])

    def _holds(self, index: str) -> int:
        self.client.ask("POST", f"/{index}/_refresh")
        return int(self.client.ask("POST", f"/{index}/_count")["count"])

    def _delete(self, partition: str, ids: list[str]) -> tuple[int, list[str]]:
        """How many went, and which must be sent again."""
        lines = b"".join(b"%b\n" % orjson.dumps({"delete": {"_index": partition, "_id": each}}) for each in ids)
        answer = self.client.request("POST", "/_bulk", lines)
        if answer.status == 429:
            return 0, ids
        items = self.client.proven(answer, f"to delete events of {partition}").get("items", [])
        told = {item["delete"]["_id"]: item["delete"] for item in items if isinstance(item.get("delete"), dict)}
        busy = [each for each in ids if told.get(each, {}).get("status") == 429]
        for each in ids:
            if told.get(each, {}).get("status") not in (200, 404, 429):
                kind = (told.get(each, {}).get("error") or {}).get("type", "no answer for it")
                raise BackendUnavailable(f"The search server does not take events of {partition} away now: {kind}.")
        return sum(one.get("result") == "deleted" for one in told.values()), busy

    def _whole(self, where: str, question: dict[str, Any]) -> dict[str, Any]:
        found = self.client.ask("POST", f"/{where}/_search", question, **_SOME)
        if found.get("timed_out") or found["_shards"]["failed"]:
            raise PartialAnswer(f"Some shards of {where} gave no answer: look at the cluster's health.")
        return found


def _partition(index: str) -> str:
    return re.sub(r"-v\d+$", "", index)


def _stored(hit: dict[str, Any], derived: bool) -> Stored:
    source = hit["_source"]
    if "canonical" not in source or "leaf" not in source:
        raise ConfigurationError(f"The index {hit['_index']} holds documents that are no events: take its alias away.")
    flags = frozenset(flag for flag in FLAGS if source.get(flag))
    personal, body = written(source.get("personal")), source if derived else None
    return Stored(hit["_id"], hit["sort"][0], source["canonical"], source["leaf"], flags, body, personal)
