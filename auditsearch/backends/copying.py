"""Copying a partition from one index to another: each event is derived anew from its canonical text."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import orjson

from auditsearch.backends.answers import Next, refusal
from auditsearch.backends.base import Settled
from auditsearch.backends.client import Client, Documents
from auditsearch.canonical import leaf
from auditsearch.document import document
from auditsearch.exceptions import BackendUnavailable, ConfigurationError, PartialAnswer
from auditsearch.personal import written

IDS = 5_000
"""Ids in one page of a comparison; the servers give 10,000 at most."""

EVENTS = 500
"""Events that are copied at once."""

PATIENCE = 60.0
"""Seconds that a busy server is waited for, all in all."""

Key = tuple[int, str]
"""(ts, id): the order in which both indices are read side by side."""

Form = dict[str, Any]
"""A document's body. Of several the first that the server takes is stored."""


@dataclass(slots=True)
class Copy:
    """The copying of one partition. `alive` is called between any two requests, and may raise."""

    client: Client
    partition: str
    source: str
    target: str
    batch_bytes: int
    alive: Callable[[], None] = lambda: None
    waited: float = field(default=0.0)

    def copy_missing(self, progress: Callable[[int], None] = lambda n: None) -> int:
        """Copy each event of the source that the target lacks; returns how many, `progress` after each batch."""
        self.refresh(self.target)
        copied, missing = 0, self.missing()
        while ids := list(islice(missing, EVENTS)):
            self.store(self.read(ids))
            copied += len(ids)
            progress(copied)
        return copied

    def missing(self) -> Iterator[str]:
        """Ids that the source has and the target has not."""
        there = self.keys(self.target)
        known = next(there, None)
        for key in self.keys(self.source):
            while known is not None and known < key:
                known = next(there, None)
            if known != key:
                yield key[1]

    def difference(self) -> int:
        """How many events only one of both has, 0 if they hold the same ones."""
        self.refresh(self.source)
        self.refresh(self.target)
        counts = [self.client.ask("POST", f"/{index}/_count")["count"] for index in (self.source, self.target)]
        lacking = sum(1 for _ in self.missing())
        return int(max(lacking, abs(counts[0] - counts[1])))

    def keys(self, index: str) -> Iterator[Key]:
        """The (ts, id) of all events of an index, in order. Raises PartialAnswer."""
        question: dict[str, Any] = {"size": IDS, "_source": False, "track_total_hits": False}
        question |= {"sort": [{"ts": "asc"}, {"id": "asc"}]}
        while True:
            self.alive()
            found = self.client.ask("POST", f"/{index}/_search", question)
            if found.get("timed_out") or found["_shards"]["failed"]:
                raise PartialAnswer(f"Some shards of {index} gave no answer: look at the cluster's health.")
            hits = found["hits"]["hits"]
            yield from ((hit["sort"][0], hit["sort"][1]) for hit in hits)
            if len(hits) < IDS:
                return
            question["search_after"] = hits[-1]["sort"]

    def read(self, ids: Sequence[str]) -> list[tuple[str, list[Form]]]:
        """Each event's id with its bodies. One that is not what was captured is copied as it is, to be found out."""
        self.alive()
        found = self.client.ask("POST", f"/{self.source}/_mget", {"ids": list(ids)})["docs"]
        gone = [one["_id"] for one in found if not one.get("found")]
        if gone:
            raise PartialAnswer(f"{len(gone)} events of {self.source} can't be read now.")
        return [(one["_id"], self.forms(one["_id"], one["_source"])) for one in found]

    def forms(self, event_id: str, stored: Form) -> list[Form]:
        """The bodies in which an event can be stored, best first."""
        canonical = stored.get("canonical", "")
        if stored.get("truncated") or leaf(canonical) != stored.get("leaf"):
            return [stored]
        try:
            made = document(canonical, self.partition, written(stored.get("personal")))
        except (ValueError, KeyError, TypeError):
            return [stored]
        return [made.body(), made.degraded_body(), stored] if made.id == event_id else [stored]

    def store(self, events: list[tuple[str, list[Form]]]) -> None:
        """Create the events in the target; one that is there already was copied before."""
        queue = deque(self.batches([(event_id, forms) for event_id, forms in events]))
        while queue:
            self.alive()
            batch = queue.popleft()
            lines = b"".join(line(self.target, event_id, forms[0]) for event_id, forms in batch)
            answer = self.client.request("POST", "/_bulk", Documents(lines))
            if answer.status == 413 and (parts := smaller(batch)):
                queue.extendleft(reversed(parts))
                continue
            if answer.status in (429, 503):
                self.wait(f"{answer.status} {answer.error}")
                queue.appendleft(batch)
                continue
            items = self.client.proven(answer, "a bulk request", quoting=False).get("items", [])
            if len(items) != len(batch):
                raise BackendUnavailable("The answer does not tell of each copied event.")
            again = [rest for pair, item in zip(batch, items, strict=True) if (rest := self.judge(pair, item))]
            if again:
                queue.append(again)

    def judge(self, pair: tuple[str, list[Form]], item: dict[str, Any]) -> tuple[str, list[Form]] | None:
        """What is to be sent again of one event; None if it is stored."""
        event_id, forms = pair
        told = item.get("create", {})
        error = told.get("error") or {}
        if told.get("_id") != event_id:
            raise BackendUnavailable("The answer is about another event.")
        if told.get("result") == "created" or told.get("status") == 409:
            return None
        fate, reason = refusal(told.get("status", 0), error.get("type", ""), error.get("reason", ""))
        if fate in (Next.BACK_OFF, Settled.RETRY):
            self.wait(reason)
            return pair
        if fate in (Next.REDUCE, Next.CUT) and len(forms) > 1:
            return event_id, forms[1:]
        raise ConfigurationError(f"{self.target} does not take the event {event_id}: {reason}.")

    def wait(self, reason: str) -> None:
        """Leave a busy server alone for a moment. Raises BackendUnavailable when that was often enough."""
        if self.waited > PATIENCE:
            raise BackendUnavailable(f"The search server is too busy to copy: {reason}.")
        time.sleep(0.2)
        self.waited += 0.2

    def refresh(self, index: str) -> None:
        """Make all that an index holds visible."""
        self.client.ask("POST", f"/{index}/_refresh")

    def batches(self, events: list[tuple[str, list[Form]]]) -> Iterator[list[tuple[str, list[Form]]]]:
        """Cut into requests of about `batch_bytes`."""
        batch: list[tuple[str, list[Form]]] = []
        size = 0
        for event_id, forms in events:
            length = len(line(self.target, event_id, forms[0]))
            if batch and size + length > self.batch_bytes:
                yield batch
                batch, size = [], 0
            batch.append((event_id, forms))
            size += length
        if batch:
            yield batch


def smaller(batch: list[tuple[str, list[Form]]]) -> list[list[tuple[str, list[Form]]]]:
    """What to send of a request that is too large: its halves, of a single event the next form; [] if there is none."""
    if len(batch) > 1:
        middle = len(batch) // 2
        return [batch[:middle], batch[middle:]]
    [(event_id, forms)] = batch
    return [[(event_id, forms[1:])]] if len(forms) > 1 else []


def line(index: str, event_id: str, body: Form) -> bytes:
    """The two lines of a bulk request that create one event."""
    return b"%b\n%b\n" % (orjson.dumps({"create": {"_index": index, "_id": event_id}}), orjson.dumps(body))
