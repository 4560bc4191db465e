"""Seeded campaigns: a server that does everything wrong it can, and in the end each committed event is there once."""

from __future__ import annotations

import contextlib
import os
import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models.functions import Now

from auditsearch import outbox, ship
from auditsearch.backends import bulk
from auditsearch.backends.base import Settled
from auditsearch.backends.opensearch import OpenSearchBackend
from auditsearch.event import new_id
from auditsearch.exceptions import AuditSearchError
from auditsearch.models import OutboxRow, State
from tests.factories import NOON, canonical, event
from tests.servers.fake import FakeServer, fake_server, store
from tests.servers.plan import LIES, REFUSED, REQUESTS, Plan

SEEDS = range(30)
PARTITIONS = ("auditsearch-2026.11", "auditsearch-2026.12", "auditsearch-edge")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def haste(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits are as short as can be."""
    settings.AUDITSEARCH = {"BATCH_SIZE": 20}
    monkeypatch.setattr(bulk, "FIRST_WAIT", 0.001)
    monkeypatch.setattr(bulk, "PATIENCE", 0.01)
    monkeypatch.setattr(outbox, "backoff", lambda attempts: timedelta(0))


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with fake_server() as running:
        yield running


def capture(chance: random.Random, committed: set[str], rolled_back: set[str]) -> None:
    """A transaction of some events; one in five is rolled back, in whole or in an inner part."""
    with transaction.atomic():
        append(chance, committed if (stays := chance.random() > 0.2) else rolled_back)
        with transaction.atomic():
            kept = stays and chance.random() > 0.2
            append(chance, committed if kept else rolled_back)
            transaction.set_rollback(not kept)
        if not stays:
            transaction.set_rollback(True)


def append(chance: random.Random, ids: set[str]) -> None:
    new = [new_id(NOON) for _ in range(chance.randint(1, 12))]
    outbox.append("default", [(each, chance.choice(PARTITIONS), canonical(id=each), None) for each in new])
    ids.update(new)


def campaign(seed: int, server: FakeServer) -> tuple[set[str], set[str], Plan]:
    """Capture and ship under the plan of this seed, then sweep once more on a healthy server."""
    chance, plan = random.Random(seed), Plan(seed)
    committed, rolled_back = set[str](), set[str]()
    server.plan = plan
    backend = OpenSearchBackend([server.url], prefix="auditsearch", client={"timeout": 60})
    for _ in range(12):
        capture(chance, committed, rolled_back)
        with contextlib.suppress(AuditSearchError):
            ship.drain("default", backend)
    plan.share = 0
    OutboxRow.objects.filter(state=State.WAITING).update(not_before=Now() - timedelta(seconds=1))
    ship.drain("default", backend)
    backend.close()
    return committed, rolled_back, plan


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_committed_is_stored_once_and_nothing_else(seed: int, server: FakeServer) -> None:
    committed, rolled_back, plan = campaign(seed, server)
    stored = Counter(identifier for _, identifier in server.stored)
    held = dict(OutboxRow.objects.filter(state=State.QUARANTINED).values_list("event_id", "error"))
    assert not set(stored) & rolled_back
    assert set(stored) | set(held) == committed
    assert not set(stored) & set(held)
    assert set(stored.values()) <= {1}
    assert {identifier for identifier in committed if plan.poisoned(identifier)} <= set(held)
    assert all("400" in error or "413" in error for error in held.values())


def test_each_fault_of_the_plan_comes_up() -> None:
    names: Counter[str] = Counter()
    for seed in SEEDS:
        plan, server = Plan(seed, share=1), FakeServer()
        server.partitions.update(PARTITIONS)
        for n in range(40):
            lines = [({"_index": PARTITIONS[0], "_id": f"{seed}-{n}-{m}"}, {}) for m in range(5)]
            plan(server, lines)
        names += plan.faults
        server.server_close()
    assert set(names) == {*REQUESTS, *REFUSED, *LIES, "poison"}


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # the server of our own is a thread
def test_a_process_that_forks_after_it_has_shipped_shares_no_connection_with_its_child(server: FakeServer) -> None:
    backend = OpenSearchBackend([server.url], prefix="auditsearch", client={})
    assert fates(backend, "parent") == [Settled.SHIPPED]
    pid = os.fork()
    if not pid:
        os._exit(int(fates(backend, "child") != [Settled.SHIPPED]))
    assert fates(backend, "parent again") == [Settled.SHIPPED]
    assert os.waitpid(pid, 0)[1] == 0
    assert {identifier for _, identifier in server.stored} == {"parent", "child", "parent again"}


def fates(backend: OpenSearchBackend, identifier: str) -> list[Settled]:
    return [outcome.settled for outcome in backend.index([event(id=identifier)])]


def test_an_event_under_whose_id_another_is_stored_is_held_and_told(server: FakeServer) -> None:
    with transaction.atomic():
        append(random.Random(1), ids := set[str]())
    taken = min(ids)
    server.stored[OutboxRow.objects.get(event_id=taken).partition, taken] = {"leaf": "of another event"}
    server.partitions.update(PARTITIONS)
    server.plan = store
    ship.drain("default", OpenSearchBackend([server.url], prefix="auditsearch", client={}))
    assert OutboxRow.objects.get(state=State.QUARANTINED).error == "another event is stored under its id"
