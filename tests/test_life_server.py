"""A log's life on a real server: archived, dropped, restored, retained, and killed on the way."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from auditsearch.backends.base import Settled
from auditsearch.backends.memory import MemoryBackend
from auditsearch.backends.opensearch import OpenSearchBackend
from auditsearch.document import document
from auditsearch.event import from_micros
from auditsearch.life import retention
from auditsearch.life.archive import archive
from auditsearch.life.copy import NotTheSame, copy
from auditsearch.life.packing import ArchiveError
from auditsearch.life.restore import restore
from auditsearch.models import DroppedPartition
from auditsearch.seal.verify import verify
from tests.factories import NOON, PARTITION, event
from tests.servers.opensearch import running_opensearch

pytestmark = [pytest.mark.server, pytest.mark.django_db(databases=["default", "other"])]

YEAR = 365 * 86_400_000_000


@pytest.fixture
def backend(opensearch_backend, settings):
    """Thirty old events and two new ones, on a site of this prefix."""
    store = opensearch_backend
    settings.AUDITSEARCH = settings.AUDITSEARCH | {"INDEX_PREFIX": store.prefix, "RETENTION": [{"keep": "3 years"}]}
    store.index([event(partition=f"{store.prefix}-2020.11", ts=NOON - 6 * YEAR + n, object_id=n) for n in range(30)])
    store.index([event(partition=f"{store.prefix}-2026.11", ts=NOON - n) for n in range(2)])
    store.refresh()
    return store


def texts(backend):
    return {(name, one.canonical) for name in backend.holdings() for one in backend.read(name)}


@pytest.fixture
def documented(tmp_path):
    """The snapshot commands of docs/operations.md: what a method, a path and a body they send."""
    text = (Path(__file__).parents[1] / "docs/operations.md").read_text().replace(" \\\n", " ")
    found = re.findall(r"curl -X (\w+) \"\$URL(\S+)\" -H 'Content-Type: application/json' +-d '(.+)'", text)
    return [(do, *path.split("?"), body.replace("/backup/snapshots", str(tmp_path))) for do, path, body in found]


def sent(backend, do, path, body, *params):
    options = dict(param.split("=") for param in params)
    return backend.client.ask(do, path, json.loads(body), **options)


def test_the_documented_snapshots_bring_a_lost_log_back(documented, tmp_path):
    with running_opensearch(snapshots=tmp_path) as url:
        backend = OpenSearchBackend([url], prefix="auditsearch", client={})
        backend.setup()
        assert backend.holdings() == {}
        backend.index([event(ts=NOON + n) for n in range(20)])
        backend.refresh()
        for do, path, *params, body in documented:
            if path.endswith("_restore"):
                assert backend.drop_partition(PARTITION, holding=20)
            sent(backend, do, path, body, *params)
        backend.refresh()
        backend.index([event(ts=NOON + 50)])
        assert verify(backend).checked == 21
        backend.close()


def test_an_archived_log_is_dropped_and_comes_back_whole(backend, tmp_path):
    before = texts(backend)
    [made] = archive(backend, tmp_path, before=NOON - 3 * YEAR, reset=True)
    assert backend.holdings() == {f"{backend.prefix}-2026.11": 2}
    restore(backend, made.path)
    assert texts(backend) == before
    assert verify(backend).exit_code == 0
    assert not DroppedPartition.objects.exists()


def test_what_is_due_is_dropped_with_its_index(backend):
    now = from_micros(NOON)
    done = retention.apply(backend, retention.planned(backend, now), now)
    assert done.dropped == [f"{backend.prefix}-2020.11"]
    assert backend.client.request("GET", f"/{backend.prefix}-2020.11-v1").status == 404


def test_of_a_partition_that_goes_on_only_what_is_due_goes(backend):
    now = from_micros(NOON - 1)
    backend.index([event(partition=f"{backend.prefix}-2020.11", ts=NOON - YEAR)])
    retention.apply(backend, retention.planned(backend, now), now)
    backend.refresh()
    assert backend.holdings() == {f"{backend.prefix}-2020.11": 1, f"{backend.prefix}-2026.11": 2}


def test_a_partition_that_a_killed_run_left_blocked_takes_events_again(backend, monkeypatch):
    def killed(index):
        raise KeyboardInterrupt

    now, kept = from_micros(NOON), f"{backend.prefix}-2020.11"
    monkeypatch.setattr(backend, "_holds", killed)
    with pytest.raises(KeyboardInterrupt):
        backend.drop_partition(kept, holding=30)
    monkeypatch.undo()
    retention.removal.mark(kept)
    retention.apply(backend, [], now)
    [outcome] = backend.index([event(partition=kept, ts=NOON - 6 * YEAR)])
    assert outcome.settled.value == "shipped"


HIDING = {
    "the index is closed": lambda ask, index, prefix: ask("POST", f"/{index}/_close"),
    "it hides events": lambda ask, index, prefix: ask(
        "POST",
        "/_aliases",
        {"actions": [{"add": {"index": index, "alias": prefix, "filter": {"term": {"user_name": "Eve"}}}}]},
    ),
    "its events are not found": lambda ask, index, prefix: ask("DELETE", f"/{index}/_alias/{prefix}"),
    "its events are not verified": lambda ask, index, prefix: ask("DELETE", f"/{index}/_alias/{prefix}*"),
}


@pytest.mark.parametrize("why", HIDING)
def test_an_index_whose_events_are_hidden_is_told(backend, why):
    assert verify(backend).exit_code == 0
    HIDING[why](backend.client.ask, f"{backend.prefix}-2020.11-v1", backend.prefix)
    report = verify(backend)
    assert why in "; ".join(found.why for found in report.findings if found.kind == "MISSING")
    assert report.exit_code == 1


@pytest.mark.parametrize("why", HIDING)
def test_hidden_events_are_not_passed_over(backend, tmp_path, why):
    name, now = f"{backend.prefix}-2020.11", from_micros(NOON)
    HIDING[why](backend.client.ask, f"{name}-v1", backend.prefix)
    with pytest.raises(ArchiveError, match=why):
        archive(backend, tmp_path)
    with pytest.raises(NotTheSame, match=why):
        copy(backend, MemoryBackend())
    done = retention.apply(backend, retention.planned(backend, now), now)
    assert why in done.refused[f"{name}-v1"]
    assert archive(backend, tmp_path, before=NOON - 8 * YEAR) == []


def test_a_closed_index_is_told_by_the_check_and_what_comes_for_it_waits(backend):
    HIDING["the index is closed"](backend.client.ask, f"{backend.prefix}-2020.11-v1", backend.prefix)
    assert "is closed" in "; ".join(one.message for one in backend.status().findings if one.level == "error")
    [outcome] = backend.index([event(partition=f"{backend.prefix}-2020.11", ts=NOON - 6 * YEAR)])
    assert outcome.settled is Settled.RETRY


def test_an_alias_of_two_indices_is_told(backend):
    name = f"{backend.prefix}-2020.11"
    backend.client.ask("PUT", f"/{name}-v2", {"aliases": {name: {}}})
    assert "this alias leads to 2 indices" in "; ".join(found.why for found in verify(backend).findings)


@pytest.mark.parametrize("stems", ["\ue004eve", "\ue000 \ue004eve"])
def test_stems_of_no_language_are_told(backend, stems):
    name = f"{backend.prefix}-2026.11"
    [one, _] = backend.read(name, derived=True)
    backend.client.ask("POST", f"/{name}/_update/{one.id}", {"doc": {"text": f"{one.body['text']} {stems}"}})
    report = verify(backend)
    assert [found.event for found in report.findings] == [one.id]
    assert report.exit_code == 1


def test_an_event_that_lies_in_two_partitions_is_told(backend):
    [one, _] = backend.read(f"{backend.prefix}-2026.11")
    backend.index([document(one.canonical, f"{backend.prefix}-edge")])
    [found] = verify(backend).findings
    assert (found.kind, found.event) == ("DUPLICATE", one.id)
