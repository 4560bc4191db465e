"""The bulk loop: documents go out in requests of limited size until each one's fate is known."""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

import orjson

from auditsearch.backends.answers import Next, refusal, under_replicated, verdict
from auditsearch.backends.base import Outcome, Settled
from auditsearch.backends.client import Answer, Client, Documents, NoAnswer
from auditsearch.backends.partitions import Partitions
from auditsearch.document import Document
from auditsearch.exceptions import BackendUnavailable, ConfigurationError

PATIENCE = 10.0
"""Seconds that one call may wait for a busy server; its documents are then sent again by a later call."""

FIRST_WAIT = 0.25
"""Seconds of the first wait; each next one is twice as long, with jitter."""

Fate = tuple[Settled, str]
"""What became of a document, and why."""

UNREADABLE: Fate = (Settled.UNPROVEN, "its id is taken, but the document there can't be read")

_PREPARATIONS = 3
_PARAMS = {"require_alias": "true", "timeout": "20s"}
_BODY = {
    Settled.SHIPPED: Document.body,
    Settled.DEGRADED: Document.degraded_body,
    Settled.TRUNCATED: Document.truncated_body,
}


@dataclass(slots=True)
class Parcel:
    """One document on its way. `form` is what it will be once confirmed: SHIPPED, DEGRADED or TRUNCATED."""

    position: int
    document: Document
    form: Settled = Settled.SHIPPED
    prepared: int = 0
    lines: bytes = field(default=b"", repr=False)

    def pack(self, form: Settled | None = None) -> Parcel:
        """Write the two lines of the request: a `create` of this id, so that each repetition finds the first."""
        self.form = form or self.form
        action = {"create": {"_index": self.document.partition, "_id": self.document.id}}
        self.lines = b"%b\n%b\n" % (orjson.dumps(action), orjson.dumps(_BODY[self.form](self.document)))
        return self


Batch = list[Parcel]


@dataclass(slots=True)
class Bulk:
    """One call of `OpenSearchBackend.index`."""

    client: Client
    partitions: Partitions
    dropped: Callable[[str], bool]
    limit: int
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    waited: float = 0.0
    wait: float = FIRST_WAIT
    stopped: str = ""
    refused: ConfigurationError | None = None

    def ship(self, documents: Sequence[Document]) -> list[Outcome]:
        """Return the fate of each document, in order. Raises ConfigurationError if it kept all of them back."""
        parcels = (Parcel(position, document) for position, document in enumerate(documents))
        for batch in batches(parcels, self.limit):
            queue = deque([batch])
            while queue:
                queue.extendleft(reversed(self.send(queue.popleft())))
        if self.refused and all(outcome.settled is Settled.RETRY for outcome in self.outcomes.values()):
            raise self.refused
        return [self.outcomes[position] for position in range(len(documents))]

    def send(self, batch: Batch) -> list[Batch]:
        """Send one request and settle what it decides; returns the batches to send next."""
        batch = self.prepare(batch)
        if not batch:
            return []
        try:
            answer = self.client.request("POST", "/_bulk", Documents(b"".join(p.lines for p in batch)), **_PARAMS)
        except (BackendUnavailable, ConfigurationError) as error:
            return self.give_up(batch, error)
        if not 200 <= answer.status < 300:
            return self.judge_request(batch, answer)
        items = answer.body.get("items") if answer.ok else None
        if not isinstance(items, list) or len(items) != len(batch):
            return self.settle(batch, Settled.UNPROVEN, "the answer does not tell of each document")
        return self.judge_items(batch, items)

    def prepare(self, batch: Batch) -> Batch:
        """Return what can be sent: settle the rest, whose partition was dropped or can't be written now."""
        fates = {name: self.look_at(name) for name in dict.fromkeys(parcel.document.partition for parcel in batch)}
        for parcel in batch:
            fate = fates[parcel.document.partition]
            if fate:
                self.settle([parcel], *fate)
        return [parcel for parcel in batch if not fates[parcel.document.partition]]

    def look_at(self, partition: str) -> Fate | None:
        """None if the partition can be written."""
        if self.stopped:
            return Settled.RETRY, self.stopped
        try:
            ready = self.partitions.ready(partition, self.dropped)
        except NoAnswer as error:
            self.stopped = str(error)
            return Settled.RETRY, self.stopped
        except (BackendUnavailable, ConfigurationError) as error:
            self.refused = self.refused or (error if isinstance(error, ConfigurationError) else None)
            return Settled.RETRY, str(error)
        return None if ready else (Settled.EXPIRED_LATE, f"{partition} was dropped by retention")

    def judge_request(self, batch: Batch, answer: Answer) -> list[Batch]:
        """The server refused the whole request."""
        fate, told = refusal(answer.status, answer.error, answer.reason)
        if fate is Next.BACK_OFF:
            return self.back_off(batch, told)
        if fate in (Next.REDUCE, Next.CUT) and len(batch) > 1:
            return halves(batch)
        if fate is Next.CUT or (fate is Next.REDUCE and answer.error):
            return self.reduce(batch[0], fate, told)
        if fate is Settled.RETRY:
            return self.give_up(batch, BackendUnavailable(f"The search server can't store now: {told}."))
        return self.give_up(batch, ConfigurationError(f"{self.client.where} refuses to store events: {told}."))

    def judge_items(self, batch: Batch, items: list[Any]) -> list[Batch]:
        """Do for each document what the table of answers says."""
        todo: dict[tuple[Next, str], Batch] = {}
        for parcel, item in zip(batch, items, strict=True):
            fate, told = verdict(item, parcel.document.id, parcel.document.partition)
            if fate is Next.CREATED:
                self.settle([parcel], parcel.form, told, under_replicated=under_replicated(item))
            elif isinstance(fate, Settled):
                self.settle([parcel], fate, told)
            else:
                todo.setdefault((fate, told), []).append(parcel)
        return [again for (fate, told), group in todo.items() for again in self.act(group, fate, told)]

    def act(self, batch: Batch, fate: Next, told: str) -> list[Batch]:
        """Do what `fate` says for documents that are not settled; returns what to send next."""
        match fate:
            case Next.COMPARE:
                return self.compare(batch)
            case Next.BACK_OFF:
                return self.back_off(batch, told)
            case Next.PREPARE:
                return self.prepare_again(batch, told)
            case Next.REDUCE | Next.CUT:
                return [again for parcel in batch for again in self.reduce(parcel, fate, told)]
        names = ", ".join(sorted({parcel.document.partition for parcel in batch}))
        self.partitions.forget(parcel.document.partition for parcel in batch)
        self.refused = self.refused or ConfigurationError(f"The search server refuses to write to {names}: {told}.")
        return self.settle(batch, Settled.RETRY, told)

    def back_off(self, batch: Batch, told: str) -> list[Batch]:
        """Wait for a busy server, longer each time, then send half as much at once."""
        pause = self.wait * random.uniform(0.5, 1.5)  # noqa: S311 - jitter is no secret
        if self.waited + pause > PATIENCE:
            return self.give_up(batch, BackendUnavailable(f"The search server is too busy: {told}."))
        time.sleep(pause)
        self.waited, self.wait = self.waited + pause, self.wait * 2
        return halves(batch)

    def prepare_again(self, batch: Batch, told: str) -> list[Batch]:
        """The partition went away after we looked at it."""
        self.partitions.forget(parcel.document.partition for parcel in batch)
        for parcel in batch:
            parcel.prepared += 1
        self.settle([parcel for parcel in batch if parcel.prepared > _PREPARATIONS], Settled.RETRY, told)
        return [[parcel for parcel in batch if parcel.prepared <= _PREPARATIONS]]

    def reduce(self, parcel: Parcel, fate: Next, told: str) -> list[Batch]:
        """Send less of a document that can't be stored: without its index entries, or the envelope only."""
        if fate is Next.CUT and parcel.form is not Settled.TRUNCATED:
            return [[parcel.pack(Settled.TRUNCATED)]]
        if fate is Next.REDUCE and parcel.form is Settled.SHIPPED:
            return [[parcel.pack(Settled.DEGRADED)]]
        return self.compare([parcel], (Settled.QUARANTINE, told))  # an earlier request may have stored it unheard

    def compare(self, batch: Batch, unknown: Fate = UNREADABLE) -> list[Batch]:
        """Their ids may be taken: by the same events, if an answer was lost. `unknown`: the fate of those not there."""
        wanted = {"docs": [{"_index": p.document.partition, "_id": p.document.id} for p in batch]}
        try:
            found = self.client.ask("POST", "/_mget", wanted, _source="leaf,degraded,truncated").get("docs", [])
        except (BackendUnavailable, ConfigurationError) as error:
            return self.settle(batch, Settled.RETRY, str(error))
        for parcel, stored in zip_longest(batch, found[: len(batch)]):
            self.settle([parcel], *same_event(stored or {}, parcel.document, unknown))
        return []

    def give_up(self, batch: Batch, error: BackendUnavailable | ConfigurationError) -> list[Batch]:
        """Send nothing more in this call."""
        self.stopped = str(error)
        self.refused = self.refused or (error if isinstance(error, ConfigurationError) else None)
        return self.settle(batch, Settled.RETRY, self.stopped)

    def settle(
        self, batch: Batch, settled: Settled, reason: str = "", *, under_replicated: bool = False
    ) -> list[Batch]:
        """Note the fate of documents; nothing of them is left to send."""
        for parcel in batch:
            self.outcomes[parcel.position] = Outcome(parcel.document.id, settled, reason, under_replicated)
        return []


def batches(parcels: Iterable[Parcel], limit: int) -> Iterator[Batch]:
    """Cut into requests of at most `limit` bytes, one document at least; packed only when its turn comes."""
    batch: Batch = []
    size = 0
    for parcel in parcels:
        parcel.pack()
        if batch and size + len(parcel.lines) > limit:
            yield batch
            batch, size = [], 0
        batch.append(parcel)
        size += len(parcel.lines)
    if batch:
        yield batch


def halves(batch: Batch) -> list[Batch]:
    """Both halves, or the batch itself if it is a single document."""
    middle = len(batch) // 2
    return [half for half in (batch[:middle], batch[middle:]) if half]


def same_event(stored: dict[str, Any], document: Document, unknown: Fate = UNREADABLE) -> Fate:
    """Whether the document that has the id is this event, by its leaf; and in which form it is stored."""
    source = stored.get("_source", {})
    if stored.get("_id") != document.id or not stored.get("found"):
        return unknown if stored.get("found") is False else UNREADABLE
    if source.get("leaf") != document.leaf:
        return Settled.QUARANTINE, "another event is stored under its id"
    flag = next((flag for flag in (Settled.DEGRADED, Settled.TRUNCATED) if source.get(flag.value)), Settled.SHIPPED)
    return flag, ""
