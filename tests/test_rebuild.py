"""Rebuilding on real servers: under full writing, killed at each request and resumed, nothing is lost or doubled."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from io import StringIO

import orjson
import pytest
from django.core.management import CommandError, call_command

from auditsearch.backends import get_backend
from auditsearch.backends.base import Settled, Sort
from auditsearch.backends.client import Client
from auditsearch.backends.copying import Copy
from auditsearch.backends.memory import MemoryBackend
from auditsearch.backends.opensearch import OpenSearchBackend
from auditsearch.backends.sqlite import SQLiteBackend
from auditsearch.event import new_id
from auditsearch.exceptions import BackendUnavailable, ConfigurationError
from auditsearch.life import rebuild
from auditsearch.life.lock import Locked, locked
from auditsearch.models import PartitionLock, Rebuild
from auditsearch.query.tree import ALL
from tests.factories import NOON, event
from tests.servers.fake import fake_server, refuse, reworked, whole

NEWEST = (Sort("ts", True), Sort("id", True))
PROMOTED = {"amount": ["_snapshot__amount", "double"]}

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """What a killed process would do after this request: nothing more."""


def partition(backend):
    return f"{backend.prefix}-2026.11"


def some(backend, count, start=0):
    at = (NOON + n for n in range(start, start + count))
    return [event(partition=partition(backend), ts=ts, id=new_id(ts), object_snapshot={"amount": ts % 7}) for ts in at]


def stored_ids(backend):
    backend.refresh()
    found, after = [], None
    while True:
        hits = backend.search(ALL, order=NEWEST, after=after, limit=1000).hits
        found += [hit.canonical for hit in hits]
        if len(hits) < 1000:
            return Counter(found)
        after = hits[-1].after


def settled(backend, documents):
    """Send until each is confirmed, as a shipper does; five minutes at most."""
    waiting, end = list(documents), time.monotonic() + 300
    while waiting:
        assert time.monotonic() < end
        fates = {outcome.id: outcome.settled for outcome in backend.index(waiting)}
        assert set(fates.values()) <= {Settled.SHIPPED, Settled.RETRY}
        waiting = [document for document in waiting if fates[document.id] is Settled.RETRY]
        time.sleep(0.05 if waiting else 0)


class Writer(threading.Thread):
    """Goes on writing to the partition until it is told to stop."""

    def __init__(self, backend):
        super().__init__(daemon=True)
        self.backend = OpenSearchBackend(backend.client.hosts, prefix=backend.prefix, client={})
        self.confirmed, self.stopping, self.failed = [], threading.Event(), None

    def run(self):
        start = -1_000_000
        while not self.stopping.is_set():
            documents = some(self.backend, 20, start)  # older than all others: behind what was copied already
            try:
                settled(self.backend, documents)
            except BaseException as error:
                self.failed = error
                return
            self.confirmed += documents
            start += 20

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self.stopping.set()
        self.join()
        self.backend.close()
        assert self.failed is None


class Mortal:
    """The backend's client, which dies at the n-th request that has a word in it: before it is sent, or after."""

    def __init__(self, client, word, n, before):
        self.client, self.word, self.left, self.before = client, word, n, before

    def __getattr__(self, name):
        return getattr(self.client, name)

    def request(self, method, path, body=None, **params):
        self.left -= self.word in f"{method} {path}"
        if self.left == 0 and not self.before:
            self.client.request(method, path, body, **params)
        if self.left == 0:
            raise Killed
        return self.client.request(method, path, body, **params)

    def ask(self, method, path, body=None, **params):
        return self.client.proven(self.request(method, path, body, **params), f"{method} {path}")


@pytest.fixture
def stored(engine_backend):
    """A server with 1,200 events, and its documents."""
    documents = some(engine_backend, 1200)
    settled(engine_backend, documents)
    return engine_backend, documents


@pytest.fixture
def filled(opensearch_backend):
    """One server with some events."""
    settled(opensearch_backend, some(opensearch_backend, 100))
    return opensearch_backend


def killed(backend, word, n=1, before=True):
    """Rebuild with a client that dies. A dead process leaves its lock, which then runs out."""
    whole, backend.client = backend.client, Mortal(backend.client, word, n, before)
    try:
        with pytest.raises(Killed):
            rebuild.rebuild(backend, partition(backend))
        PartitionLock.objects.update(until="2000-01-01T00:00:00Z")
    finally:
        backend.client = whole


STEPS = [("PUT", 1), ("_bulk", 1), ("_bulk", 2), ("_search", 3), ("_block", 1), ("_refresh", 4), ("_count", 1)]
STEPS += [("_count", 2), ("_aliases", 1), ("DELETE", 1)]


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_killed_at_each_step_under_full_writing_nothing_is_lost_or_doubled(stored, before):
    backend, documents = stored
    with Writer(backend) as writer:
        for word, n in STEPS:
            killed(backend, word, n, before)
        assert rebuild.rebuild(backend, partition(backend)) >= 1200
    assert holder_of(backend) == f"{partition(backend)}-v2"
    assert len(writer.confirmed) >= 100
    assert stored_ids(backend) == Counter(document.canonical for document in documents + writer.confirmed)


def test_events_get_the_columns_of_now(stored, settings):
    backend, documents = stored
    settings.AUDITSEARCH = {"PROMOTED": PROMOTED}
    assert any("other PROMOTED" in finding.message for finding in backend.status().findings)
    backend.setup()
    assert rebuild.partitions(backend) == [partition(backend)]
    assert rebuild.rebuild(backend, partition(backend)) == 1200
    backend.refresh()
    assert backend.facets(ALL, "promoted.amount").values == sorted(
        Counter(float(document.ts % 7) for document in documents).items(), key=lambda item: (-item[1], item[0])
    )
    assert rebuild.partitions(backend) == []
    assert holder_of(backend) == f"{partition(backend)}-v2"
    assert not [finding for finding in backend.status().findings if "PROMOTED" in finding.message]


def holder_of(backend):
    (index,) = backend.client.ask("GET", f"/{backend.prefix}-*")
    return index


def test_aborted_the_old_index_is_written_to_and_the_new_one_is_gone(stored):
    backend, documents = stored
    killed(backend, "_block", before=False)
    assert backend.index(some(backend, 1, 5000))[0].settled is Settled.RETRY
    assert "index.blocks.write" in str(backend.status().findings)
    assert [finding.level for finding in rebuild.findings()] == ["error"]
    rebuild.abort(backend, partition(backend))
    settled(backend, some(backend, 1, 5000))
    assert holder_of(backend) == f"{partition(backend)}-v1"
    assert sum(stored_ids(backend).values()) == len(documents) + 1
    assert list(rebuild.findings()) == []


def test_what_is_not_what_was_captured_is_copied_as_it_is(stored):
    backend, documents = stored
    victim, index = documents[5], f"{partition(backend)}-v1"
    changed = victim.canonical.replace("Anna", "Boris")
    backend.client.ask("POST", f"/{index}/_update/{victim.id}", {"doc": {"canonical": changed}})
    rebuild.rebuild(backend, partition(backend))
    found = backend.client.ask("GET", f"/{partition(backend)}-v2/_doc/{victim.id}")["_source"]
    assert (found["canonical"], found["leaf"]) == (changed, victim.leaf)


@pytest.mark.server
def test_an_index_in_the_way_is_told_and_left_alone(filled):
    filled.client.ask("PUT", f"/{partition(filled)}-v2", {})
    with pytest.raises(ConfigurationError, match="no rebuild made"):
        rebuild.rebuild(filled, partition(filled))


@pytest.mark.server
def test_one_at_a_time(filled):
    with locked(partition(filled), "retention"), pytest.raises(Locked, match="retention"):
        rebuild.rebuild(filled, partition(filled))
    assert rebuild.rebuild(filled, partition(filled)) == 100


def test_who_was_taken_for_dead_does_nothing_more():
    with locked("p", "rebuild") as renew:
        PartitionLock.objects.update(until="2000-01-01T00:00:00Z")
        with locked("p", "erasing"), pytest.raises(Locked, match="taken over"):
            renew()


def test_the_command_rebuilds_what_needs_it_and_tells(stored, settings):
    backend, _ = stored
    settings.AUDITSEARCH = {"HOSTS": backend.client.hosts, "INDEX_PREFIX": backend.prefix, "PROMOTED": PROMOTED}
    out = StringIO()
    get_backend().setup()
    call_command("auditsearch_rebuild", dry_run=True, stdout=out)
    call_command("auditsearch_rebuild", stdout=out)
    call_command("auditsearch_rebuild", stdout=out)
    assert f"would rebuild {partition(backend)}" in out.getvalue()
    assert out.getvalue().count("rebuilt, 1,200 events") == 1
    assert out.getvalue().endswith("\nNo partition needs it.\n")
    with pytest.raises(CommandError, match="No rebuild"):
        call_command("auditsearch_rebuild", abort=True, partition=[partition(backend)])


@pytest.mark.django_db(databases="__all__")
def test_an_unfinished_rebuild_is_told_by_the_check():
    Rebuild.objects.create(partition="p-2026.11", source="p-2026.11-v1", target="p-2026.11-v2", step="blocked")
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("auditsearch_check", stdout=out)
    assert "The rebuild of p-2026.11 was left blocked" in out.getvalue()
    assert "--abort" in out.getvalue()


@pytest.mark.parametrize("kind", ["sqlite", "memory"])
def test_the_embedded_store_makes_its_columns_anew_and_resumes(settings, tmp_path, kind):
    backend = SQLiteBackend(tmp_path / "events.sqlite3") if kind == "sqlite" else MemoryBackend()
    settings.AUDITSEARCH = {}
    documents = [event(id=new_id(NOON + n), ts=NOON + n, object_snapshot={"amount": n % 3}) for n in range(1200)]
    backend.index(documents)
    settings.AUDITSEARCH = {"PROMOTED": PROMOTED}
    assert kind == "memory" or "auditsearch_rebuild" in str(backend.status().findings)

    def die(done, total):
        raise Killed

    with pytest.raises(Killed):
        backend.rebuild(die)
    assert backend.rebuild(lambda done, total: None) == 1200
    assert backend.facets(ALL, "promoted.amount").values == [(0.0, 400), (1.0, 400), (2.0, 400)]
    assert "auditsearch_rebuild" not in str(backend.status().findings)
    backend.close()


def busy(server, lines):
    """The whole request is put off."""
    return 429, {"error": {"type": "circuit_breaking_exception"}}


@pytest.mark.parametrize(
    ("answer", "stored"),
    [
        (busy, "body"),
        (refuse(429, "es_rejected_execution_exception"), "body"),
        (refuse(409, "version_conflict_engine_exception"), None),
        (refuse(400, "mapper_parsing_exception"), "degraded_body"),
        (refuse(400, "mapper_parsing_exception", _id="another"), BackendUnavailable),
        (whole(413, html="too large"), "degraded_body"),
        (refuse(403, "security_exception"), ConfigurationError),
        (reworked(lambda items: []), BackendUnavailable),
        (whole(400, "parse_exception"), ConfigurationError),
        (whole(500, "internal"), BackendUnavailable),
    ],
)
def test_each_answer_to_a_copied_event_is_judged(answer, stored):
    with fake_server() as server:
        server.partitions.add("p-v2")
        server.script = [answer]
        one = event(partition="p")
        copy = Copy(Client([server.url], {}), "p", "p-v1", "p-v2", 1_000_000)
        forms = copy.forms(one.id, json.loads(orjson.dumps(one.body())))
        if isinstance(stored, type):
            with pytest.raises(stored) as error:
                copy.store([(one.id, forms)])
            assert "SECRET" not in str(error.value)
            return
        copy.store([(one.id, forms)])
        there = server.stored.get(("p-v2", one.id))
        assert there == (stored and json.loads(orjson.dumps(getattr(one, stored)())))
