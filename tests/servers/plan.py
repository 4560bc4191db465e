"""A seeded plan of faults for the server of our own: what goes wrong with each bulk request, and with each item of it.

Most answers are right; the rest are every kind of wrong that a server, a proxy or the network between was seen to do.
What a plan says about a document that it refuses for good is always the same, so that a quarantine can be explained.
"""

from __future__ import annotations

import random
import zlib
from collections import Counter
from typing import Any

from tests.servers.fake import RESET, Answer, Drip, FakeServer, Lines, Reply, item, store, whole

HTML = "<html><body>Sign in</body></html>"


def silent(server: FakeServer, lines: Lines) -> Reply:
    """The connection is cut before anything was stored."""
    return RESET


def after(reply: Reply) -> Answer:
    """Everything is stored, and then the answer is `reply`."""
    return lambda server, lines: (store(server, lines), reply)[1]


def shuffled(server: FakeServer, lines: Lines) -> Reply:
    """Stored, and told of in another order."""
    status, body = store(server, lines)
    return status, {"items": body["items"][1:] + body["items"][:1]}


def short(server: FakeServer, lines: Lines) -> Reply:
    """Stored, and told of in part."""
    status, body = store(server, lines)
    return status, {"items": body["items"][: len(lines) // 2]}


def extra(server: FakeServer, lines: Lines) -> Reply:
    """Stored, and told of with one item too many."""
    status, body = store(server, lines)
    return status, {"items": [*body["items"], body["items"][0]]}


def slow(server: FakeServer, lines: Lines) -> Reply:
    """Stored, and told of byte by byte."""
    return 200, Drip(store(server, lines)[1])


REQUESTS: dict[str, Answer] = {
    "reset before": silent,
    "reset after": after(RESET),
    "html with 200": whole(200, html=HTML),
    "html with 200 after": after((200, HTML)),
    "redirect": whole(302),
    "400": whole(400, "illegal_argument_exception"),
    "401": whole(401, "security_exception"),
    "403": whole(403, "security_exception"),
    "413": whole(413, html="too large"),
    "429": whole(429, "circuit_breaking_exception"),
    "500": whole(500, "null_pointer_exception"),
    "502 after": after((502, HTML)),
    "503": whole(503, "no_master_block_exception"),
    "504 after": after((504, HTML)),
    "empty object": whole(200),
    "shuffled": shuffled,
    "short": short,
    "extra": extra,
    "slow": slow,
}
"""What may go wrong with a whole request."""

REFUSED: dict[str, tuple[int, str]] = {
    "item 400": (400, "mapper_parsing_exception"),
    "item 403": (403, "cluster_block_exception"),
    "item 404": (404, "index_not_found_exception"),
    "item 413": (413, "document_too_large"),
    "item 429": (429, "rejected_execution_exception"),
    "item 500": (500, "io_exception"),
    "item 503": (503, "unavailable_shards_exception"),
}
"""What may be said of one document that is not stored."""

LIES: dict[str, dict[str, Any]] = {
    "noop": {"result": "noop", "status": 200},
    "updated": {"result": "updated", "status": 200},
    "other id": {"_id": "another"},
    "other index": {"_index": "elsewhere"},
    "other status": {"status": "201"},
    "conflict": {"status": 409, "error": {"type": "version_conflict_engine_exception"}},
    "late 503": {"status": 503, "error": {"type": "unavailable_shards_exception"}},
    "no copies": {"_shards": {"total": 2, "successful": 1, "failed": 1}},
}
"""What may be said of one document that is stored."""


class Plan:
    """Answers of a server under seed `seed`. `faults` counts what went wrong, `poison` says who is refused for good."""

    def __init__(self, seed: int, *, share: float = 0.4, poison: int = 50) -> None:
        self.chance = random.Random(seed)
        self.seed, self.share, self.poison = seed, share, poison
        self.faults: Counter[str] = Counter()

    def __call__(self, server: FakeServer, lines: Lines) -> Reply:
        if self.chance.random() > self.share:
            return 200, {"items": [self.honest(server, *line) for line in lines]}
        if self.chance.random() < 0.5:
            name = self.chance.choice(list(REQUESTS))
            self.faults[name] += 1
            wanted = [line for line in lines if not self.poisoned(line[0]["_id"])]
            return REQUESTS[name](server, lines) if len(wanted) == len(lines) else (503, HTML)
        return 200, {"items": [self.item(server, *line) for line in lines]}

    def poisoned(self, identifier: str) -> bool:
        """Whether this document is refused whatever its form."""
        return zlib.crc32(f"{self.seed} {identifier}".encode()) % self.poison == 0

    def honest(self, server: FakeServer, action: dict[str, Any], document: dict[str, Any]) -> Any:
        """What a healthy server says."""
        if self.poisoned(action["_id"]):
            self.faults["poison"] += 1
            return item(action, 400, "mapper_parsing_exception")
        return server.create(action, document)

    def item(self, server: FakeServer, action: dict[str, Any], document: dict[str, Any]) -> Any:
        """What an ill server says: most items are right."""
        if self.poisoned(action["_id"]) or self.chance.random() > 0.4:
            return self.honest(server, action, document)
        name = self.chance.choice([*REFUSED, *LIES])
        self.faults[name] += 1
        if name in REFUSED:
            return item(action, *REFUSED[name])
        told = server.create(action, document)
        return {"create": told["create"] | LIES[name]}
