"""A scan of a partition on a server: all of its events in the order in which they lie there.

In that order the server unpacks each block of its files once, in any other one a block for each event: measured, a
fifth of the work. A scroll keeps the state of its beginning, so each event comes exactly once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson

from auditsearch.backends.base import Stored
from auditsearch.backends.client import Client
from auditsearch.backends.scan import ENDED, Times
from auditsearch.document import document
from auditsearch.exceptions import AuditSearchError, ConfigurationError, PartialAnswer
from auditsearch.personal import holds, written
from auditsearch.query.dsl import compile_query
from auditsearch.query.tree import Node

FLAGS = ("clipped", "degraded", "truncated")

SIZE, BYTES, PACKED = 1000, 4_000_000, 3
"""An answer's events at most, its bytes about, and how many times smaller events are on the server's disk."""

KEPT = "10m"
"""How long the server keeps the place of a scan that rests."""

_NEEDED = {"canonical": str, "leaf": str, "ts": int}
_HIT = b'{"_index":'
_HEAD = re.compile(rb'"[^"\\]+","_id":"([^"\\]+)"(?:,"_score":null)?(?:,"_ignored":\[[^\]]*\])?,"_source":')
_LEAF, _CANONICAL, _SORT, _HITS = b',"leaf":"', b',"canonical":', b',"sort":[', b'"hits":['


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's answer as it came."""

    raw: bytes

    def events(self) -> list[Stored]:
        """All events, with what was derived."""
        return [stored(hit["_id"], hit["_source"]) for hit in orjson.loads(self.raw)["hits"]["hits"]]

    def brief(self) -> list[Stored]:
        """All events without what was derived, cut out of the answer."""
        try:
            return [_cut(*piece) for piece in _pieces(self.raw)]
        except (ValueError, KeyError):
            return self.events()

    def doubtful(self, partition: str, times: Times) -> tuple[int, list[Stored]]:
        """Those whose `_source` is not byte for byte what is made of their text, or that lie outside of `times`.

        The answer is cut, not parsed. A cut in a wrong place, inside of a document that holds what looks like a hit,
        leaves that document in pieces, of which the first is neither what is made of its text nor JSON: then the whole
        answer is parsed, and each event is doubtful.
        """
        try:
            proven, doubtful = 0, []
            for event_id, source in _pieces(self.raw):
                if _proven(event_id, source, partition, times):
                    proven += 1
                else:
                    doubtful.append(_whatever(event_id, orjson.loads(source)))
            return proven + len(doubtful), doubtful
        except ValueError:
            hits = orjson.loads(self.raw)["hits"]["hits"]
            return len(hits), [_whatever(hit["_id"], hit["_source"]) for hit in hits]


@dataclass(slots=True)
class Scroll:
    """A scan; its place is what the server calls the scroll's id.

    Raises PartialAnswer where a shard is lost, or the server's place in the scan.
    """

    client: Client
    partition: str
    node: Node
    place: str | None = None

    def __iter__(self) -> Scroll:
        return self

    def __next__(self) -> Answer:
        if self.place == ENDED:
            raise StopIteration
        raw = _first(self.client, self.partition, self.node) if self.place is None else self._following()
        head = _head(raw)
        self.place = head["_scroll_id"] if _HIT in raw else head.get("_scroll_id", ENDED)
        if head["timed_out"] or head["_shards"]["failed"]:
            raise PartialAnswer(f"Some shards of {self.partition} gave no answer: look at the cluster's health.")
        if _HIT not in raw:
            self.close()
            raise StopIteration
        return Answer(raw)

    def close(self) -> None:
        """Let the server forget the place; it does so by itself, later."""
        if self.place:
            with suppress(AuditSearchError):
                self.client.request("DELETE", "/_search/scroll", {"scroll_id": self.place})
        self.place = ENDED

    def _following(self) -> bytes:
        try:
            return self.client.raw("POST", "/_search/scroll", {"scroll": KEPT, "scroll_id": self.place})
        except ConfigurationError as error:
            if "search_context_missing" not in str(error):
                raise
            raise PartialAnswer(f"The search server lost its place in {self.partition}: run it again.") from None


def _first(client: Client, partition: str, node: Node) -> bytes:
    question = {"query": compile_query(node), "size": _size(client, partition), "sort": ["_doc"], "_source": True}
    asked = {"scroll": KEPT, "ignore_unavailable": "true", "allow_no_indices": "true"}
    return client.raw("POST", f"/{partition}/_search", question, **asked)


def _size(client: Client, partition: str) -> int:
    """How many events an answer may have, so that it is about `BYTES` however large they are."""
    try:
        told = client.ask("GET", f"/{partition}/_stats/store,docs", ignore_unavailable="true")["_all"]["primaries"]
        average = PACKED * int(told["store"]["size_in_bytes"]) // max(1, int(told["docs"]["count"]))
    except (AuditSearchError, KeyError):  # there is no such partition, or our user may not ask this
        return SIZE
    return max(1, min(SIZE, BYTES // max(1, average)))


def stored(event_id: str, source: dict[str, Any]) -> Stored:
    """Return an event with its body. Raises ConfigurationError where it is none."""
    if not _is_event(source):
        raise ConfigurationError(f"The document {event_id} is no event: take it, or its index's alias, away.")
    flags = frozenset(flag for flag in FLAGS if source.get(flag))
    personal = written(source.get("personal"))
    return Stored(event_id, source["ts"], source["canonical"], source["leaf"], flags, source, personal)


def _whatever(event_id: str, source: dict[str, Any]) -> Stored:
    """An event; what is none has no text, which no leaf fits."""
    return stored(event_id, source) if _is_event(source) else Stored(event_id, 0, "", "", frozenset(), source)


def _is_event(source: dict[str, Any]) -> bool:
    return all(isinstance(source.get(name), kind) for name, kind in _NEEDED.items())


def _head(raw: bytes) -> dict[str, Any]:
    """What an answer tells before its hits."""
    start = raw.find(_HITS)
    head: dict[str, Any] = orjson.loads(raw[:start] + _HITS + b"]}}" if start >= 0 else raw)
    return head


def _pieces(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Id and source of each hit of an answer. Raises ValueError where one does not look like it."""
    start = raw.find(_HIT)
    while start >= 0:
        following = raw.find(_HIT, start + 1)
        head, end = _HEAD.match(raw, start + len(_HIT)), raw.rfind(_SORT, start, following if following > 0 else None)
        if head is None or end < head.end():
            raise ValueError("no hit")
        yield head[1].decode(), raw[head.end() : end]
        start = following


def _cut(event_id: str, source: bytes) -> Stored:
    """An event by the two ends of its source, between which is what was derived; they are JSON where that is so."""
    first, last = source.find(_LEAF) + len(_LEAF) + 65, source.rfind(_CANONICAL)
    found: dict[str, Any] = orjson.loads(source[:first] + b"}") | orjson.loads(b"{" + source[last + 1 :])
    return stored(event_id, found)._replace(body=None)


def _proven(event_id: str, source: bytes, partition: str, times: Times) -> bool:
    start = source.rfind(_CANONICAL)
    try:
        rest = orjson.loads(b"{" + source[start + 1 :])
        if holds(rest["canonical"]):  # each value is compared with its commitment, too
            return False
        made = document(rest["canonical"], partition)
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
    if made.id != event_id or (times and not times[0] <= made.ts < times[1]):
        return False
    body = made.body()
    if len(rest) > 1:
        return orjson.dumps(body) == source
    del body["canonical"]  # it is the last, and was read just there: to write it again is a fifth of the writing
    return orjson.dumps(body)[:-1] == source[:start]
