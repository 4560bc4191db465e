"""What knows of events beside themselves: other parts of the store, other partitions, and the outbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import combinations, islice

from auditsearch import outbox
from auditsearch.backends.base import Backend
from auditsearch.backlog import migrated
from auditsearch.canonical import leaf
from auditsearch.life.reading import pages
from auditsearch.life.spans import span
from auditsearch.models import OutboxRow, State
from auditsearch.query.tree import Column

SLICE = 2000
"""Events that are asked for at once."""

Trace = tuple[str, str, str, str]
"""Kind, partition, event and reason of a finding."""


def broken(backend: Backend) -> Iterator[Trace]:
    """What is wrong with the store around its events."""
    for flaw in backend.flaws():
        yield "MISSING" if flaw.lost else "MODIFIED", "", flaw.event, flaw.why


def doubled(backend: Backend) -> Iterator[Trace]:
    """Events that lie in two partitions, where these may hold the same times; an embedded store holds an id once."""
    holdings = {} if backend.embedded else backend.holdings()
    for one, other in combinations(sorted(holdings, key=lambda name: holdings[name]), 2):
        if not _meet(one, other):
            continue
        for page in pages(backend, one):
            for stored in backend.read(other, _named([each.id for each in page]), limit=len(page)):
                yield "DUPLICATE", other, stored.id, f"it lies in {one}, too"


def known(backend: Backend) -> Iterator[Trace | int]:
    """What the outbox knows as confirmed, and the store lacks or has otherwise; and how many were compared."""
    for alias in filter(migrated, outbox.aliases()):
        rows = OutboxRow.objects.using(alias).filter(state=State.SHIPPED).exclude(partition__in=outbox.dropped(alias))
        told = rows.values_list("partition", "event_id", "canonical").iterator(SLICE)  # sorting costs as much again
        with closing(told):  # type: ignore[type-var]  # it is a generator
            while batch := list(islice(told, SLICE)):
                yield len(batch)
                for partition in dict.fromkeys(row[0] for row in batch):
                    yield from _compared(backend, partition, {row[1]: row[2] for row in batch if row[0] == partition})


def _compared(backend: Backend, partition: str, texts: dict[str, str]) -> Iterator[Trace]:
    leaves = {event_id: leaf(text) for event_id, text in texts.items()}
    if backend.known(partition, leaves) == len(leaves):
        return
    there = {one.id: one.leaf for one in backend.read(partition, _named(list(texts)), limit=len(texts))}
    for event_id in leaves:
        if event_id not in there:
            yield "MISSING", partition, event_id, "the outbox knows it as stored"
        elif there[event_id] != leaves[event_id]:
            yield "MODIFIED", partition, event_id, "the outbox has another text of it"


def _meet(one: str, other: str) -> bool:
    """Whether an event's time may lie in both; the edge takes any."""
    here, there = span(one), span(other)
    return here is None or there is None or (here[0] < there[1] and there[0] < here[1])


def _named(ids: list[str]) -> Column:
    return Column("id", "equals", tuple(ids))
