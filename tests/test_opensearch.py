"""What only a server can do wrong: hosts, rights, missing and partial indices, squatters, blocks."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import closing
from itertools import chain, repeat

import pytest

from auditsearch.backends import opensearch
from auditsearch.backends.base import Settled, Sort
from auditsearch.backends.client import Answer, Client
from auditsearch.backends.opensearch import OpenSearchBackend
from auditsearch.event import new_id
from auditsearch.exceptions import (
    BackendUnavailable,
    ConfigurationError,
    PartialAnswer,
    QueryError,
    SettingError,
    UnknownField,
)
from auditsearch.query.tree import ALL, Fact
from tests.factories import NOON, event
from tests.servers.fake import fake_server

NEWEST = (Sort("ts", True), Sort("id", True))


def partition(backend):
    return f"{backend.prefix}-2026.11"


@pytest.fixture
def stored(opensearch_backend):
    """A backend that holds seven events, a microsecond apart, two without a user."""
    users = ("c", None, "a", "b", None, "B", "ё")
    documents = [event(partition=partition(opensearch_backend), ts=NOON + n, user=u) for n, u in enumerate(users)]
    assert {outcome.settled for outcome in opensearch_backend.index(documents)} == {Settled.SHIPPED}
    opensearch_backend.refresh()
    return opensearch_backend


def pages(backend, order, limit=2):
    after, found = None, []
    while True:
        page = backend.search(ALL, order=order, after=after, limit=limit)
        found += page.hits
        if len(page.hits) < limit:
            return [hit.after[0] for hit in found]
        after = page.hits[-1].after


@pytest.mark.server
def test_before_the_first_event_there_are_no_hits(opensearch_backend):
    assert opensearch_backend.search(ALL, order=NEWEST, total=True).total == 0
    assert opensearch_backend.count(ALL) == 0
    opensearch_backend.refresh()


@pytest.mark.server
def test_pages_go_on_where_the_last_one_ended_with_missing_values_last(stored):
    ties = (Sort("ts"), Sort("id"))
    assert pages(stored, (Sort("user_name"), *ties)) == ["B", "a", "b", "c", "ё", None, None]
    assert pages(stored, (Sort("user_name", True), *NEWEST)) == ["ё", "c", "b", "a", "B", None, None]


@pytest.mark.server
def test_addresses_are_ordered_by_their_text(stored):
    addresses = ("9.0.0.1", "10.0.0.1", "nonsense")
    stored.index([event(partition=partition(stored), ip=ip) for ip in addresses])
    stored.refresh()
    assert pages(stored, (Sort("ip"), Sort("ts"), Sort("id")))[:3] == ["10.0.0.1", "9.0.0.1", "nonsense"]


@pytest.mark.server
def test_a_hit_has_the_canonical_text_and_the_flags(opensearch_backend):
    one = event(partition=partition(opensearch_backend), context_data={"text": "x" * 300_000})
    opensearch_backend.index([one])
    opensearch_backend.refresh()
    (hit,) = opensearch_backend.search(ALL, order=NEWEST).hits
    assert hit.canonical == one.canonical
    assert hit.flags == ({"clipped"} if one.clipped else set())


@pytest.mark.server
def test_an_order_that_does_not_exist_is_an_error(opensearch_backend):
    with pytest.raises(UnknownField):
        opensearch_backend.search(ALL, order=(Sort("nonsense"), *NEWEST))


@pytest.mark.server
def test_totals_are_counted_to_ten_thousand_and_counts_are_exact(stored):
    assert stored.search(ALL, order=NEWEST, limit=1, total=True)[1:3] == (7, True)
    assert stored.search(ALL, order=NEWEST, limit=1).total is None
    assert stored.count(ALL) == 7


@pytest.mark.server
def test_a_question_that_the_server_refuses_is_the_askers_error(stored):
    with pytest.raises(QueryError, match="can't answer"):
        stored._ask("_search", {"query": {"regexp": {"facts": {"value": "a" * 2000}}}})


@pytest.mark.server
@pytest.mark.parametrize("op", ["contains", "ends"])
@pytest.mark.parametrize("value", ["x" * 256, "ab" * 128, "".join(chr(0x400 + n) for n in range(256))])
def test_the_longest_part_is_not_too_complex_for_the_server(stored, op, value):
    assert stored.count(Fact("context." + "k" * 400, "=", op, value)) == 0


@pytest.mark.parametrize(("total", "counted"), [(False, False), (True, 10_000)])
def test_a_server_is_given_a_time_and_counts_no_more_than_a_page_tells(monkeypatch, total, counted):
    asked = []
    found = {"_shards": {"failed": 0}, "hits": {"hits": [], "total": {"value": 10_000, "relation": "gte"}}}
    monkeypatch.setattr(Client, "request", lambda self, *given, **params: asked.append(given[2]) or Answer(200, found))
    page = OpenSearchBackend(["http://localhost"], client={"timeout": 2}).search(ALL, order=NEWEST, total=total)
    assert (asked[0]["timeout"], asked[0]["track_total_hits"]) == ("2000ms", counted)
    assert (page.total, page.exact) == ((10_000, False) if total else (None, True))


@pytest.mark.parametrize("partial", [{"_shards": {"failed": 1, "total": 2}}, {"timed_out": True}])
@pytest.mark.parametrize("action", ["_search", "_count"])
def test_shards_that_do_not_answer_or_not_in_time_make_no_silent_answer(action, partial):
    whole = {"_shards": {"failed": 0, "total": 2}, "timed_out": False, "hits": {"hits": []}, "count": 0}
    asks = {"_search": lambda backend: backend.search(ALL, order=NEWEST), "_count": lambda backend: backend.count(ALL)}
    with fake_server() as server, closing(OpenSearchBackend([server.url], client={})) as backend:
        server.replies[f"/{backend._aliases}/{action}"] = 200, whole
        asks[action](backend)
        server.replies[f"/{backend._aliases}/{action}"] = 200, whole | partial
        with pytest.raises(PartialAnswer, match="of 2 shards gave no answer"):
            asks[action](backend)


@pytest.mark.server
def test_an_index_that_has_a_partitions_name_stops_shipping_and_is_found(opensearch_backend):
    opensearch_backend.client.ask("PUT", f"/{partition(opensearch_backend)}", {})
    with pytest.raises(ConfigurationError, match="rename or remove"):
        opensearch_backend.index([event(partition=partition(opensearch_backend))])
    assert "rename or remove" in str(opensearch_backend.status().findings)


@pytest.mark.server
def test_an_alias_of_two_indices_stops_shipping_and_is_found(stored):
    stored.client.ask("PUT", f"/{partition(stored)}-v2", {"aliases": {partition(stored): {}, stored.prefix: {}}})
    with pytest.raises(ConfigurationError, match="exactly one index"):
        OpenSearchBackend(stored.client.hosts, prefix=stored.prefix).index([event(partition=partition(stored))])
    assert "exactly one index" in str(stored.status().findings)


@pytest.mark.server
def test_a_pipeline_on_the_index_stops_shipping_and_is_found(stored):
    stored.client.ask("PUT", f"/{partition(stored)}/_settings", {"index.final_pipeline": "_none"})
    stored.client.ask("PUT", f"/{partition(stored)}/_settings", {"index.default_pipeline": "enrich"})
    with pytest.raises(ConfigurationError, match="pipeline enrich"):
        OpenSearchBackend(stored.client.hosts, prefix=stored.prefix).index([event(partition=partition(stored))])
    assert "pipeline enrich" in str(stored.status().findings)


@pytest.mark.server
def test_a_blocked_index_is_a_retry_and_is_found(stored):
    stored.client.ask("PUT", f"/{partition(stored)}/_settings", {"index.blocks.write": True})
    assert stored.index([event(partition=partition(stored))])[0].settled is Settled.RETRY
    assert "index.blocks.write" in str(stored.status().findings)


@pytest.mark.server
def test_racing_creators_make_one_partition(opensearch_backend):
    one = event(partition=partition(opensearch_backend))
    opensearch_backend.partitions.create(one.partition)
    opensearch_backend.partitions.create(one.partition)
    assert opensearch_backend.index([one])[0].settled is Settled.SHIPPED


@pytest.mark.server
def test_an_index_without_its_alias_is_told(opensearch_backend):
    name = partition(opensearch_backend)
    opensearch_backend.client.ask("PUT", f"/{name}-v1", {})
    with pytest.raises(ConfigurationError, match="without its alias"):
        opensearch_backend.index([event(partition=name)])


@pytest.mark.server
def test_a_deleted_index_is_made_again(stored):
    stored.client.ask("DELETE", f"/{partition(stored)}-v1")
    assert stored.index([event(partition=partition(stored))])[0].settled is Settled.SHIPPED


@pytest.mark.server
def test_a_healthy_store_has_no_errors(stored):
    status = stored.status()
    assert status.events == 7
    assert {finding.level for finding in status.findings} <= {"ok", "warning"}


@pytest.mark.server
@pytest.mark.parametrize(
    "context",
    [
        {"text": "x" * 40_000},
        {"deep": [[[[[[[[[[[[[[[[[[[[[["x"]]]]]]]]]]]]]]]]]]]]]]},
        {f"key {n}": n for n in range(10_000)},
        {"n": 2**70, "nul": "a\0b", "line": "\u2028", "pipeline": "p", "_id": "x"},
        {"": {"": {".": 1}}, "a": 1, "a.b": 2, "__proto__": 3},
    ],
    ids=["immense term", "deep", "many keys", "odd values", "odd keys"],
)
def test_bad_input_is_shipped_whole(opensearch_backend, context):
    one = event(partition=partition(opensearch_backend), context_data=context)
    assert opensearch_backend.index([one])[0].settled is Settled.SHIPPED


@pytest.mark.server
def test_times_far_away_are_shipped(opensearch_backend):
    name = f"{opensearch_backend.prefix}-edge"
    times = (-62_135_596_800_000_000, 0, 32_503_680_000_000_000)
    documents = [event(partition=name, ts=ts, id=new_id(max(ts, 0))) for ts in times]
    assert {outcome.settled for outcome in opensearch_backend.index(documents)} == {Settled.SHIPPED}


@pytest.mark.server
def test_a_forked_process_has_a_client_of_its_own(stored):
    before = stored.client._transport()
    child = os.fork()
    if not child:
        os._exit(0 if stored.client._transport() is not before and stored.count(ALL) == 7 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert stored.count(ALL) == 7


def test_no_server_is_told_with_the_setting_to_look_at():
    backend = OpenSearchBackend(["http://user:geheim@127.0.0.1:9"], client={})
    with pytest.raises(BackendUnavailable, match=r"http://127\.0\.0\.1:9 .*HOSTS") as told:
        backend.count(ALL)
    assert "geheim" not in "".join(traceback.format_exception(told.value))
    assert backend.index([event()])[0].settled is Settled.RETRY
    assert backend.status().findings[0].level == "error"


def busy_server(monkeypatch, times: int) -> OpenSearchBackend:
    """One that is too busy to answer so many times."""
    refused = Answer(429, {"error": {"type": "circuit_breaking_exception", "reason": "Data too large"}})
    answers = chain(repeat(refused, times), repeat(Answer(200, {"count": 7, "_shards": {"failed": 0}})))
    monkeypatch.setattr(opensearch, "PAUSES", (0.0, 0.0, 0.0))
    monkeypatch.setattr(Client, "request", lambda *args, **params: next(answers))
    return OpenSearchBackend(["http://127.0.0.1:9"], client={})


@pytest.mark.parametrize("times", [1, 3])
def test_a_server_that_is_busy_for_a_moment_is_asked_again(monkeypatch, times):
    assert busy_server(monkeypatch, times).count(ALL) == 7


def test_a_server_that_stays_busy_is_told_of(monkeypatch):
    with pytest.raises(BackendUnavailable, match="429 circuit_breaking_exception: Data too large"):
        busy_server(monkeypatch, 4).count(ALL)


def test_a_host_that_is_no_search_server_is_told():
    with fake_server() as server:
        server.replies["/auditsearch/_count"] = 200, "<html>welcome</html>"
        with pytest.raises(ConfigurationError, match="HOSTS"):
            OpenSearchBackend([server.url], client={}).count(ALL)


@pytest.mark.parametrize(("status", "remedy"), [(401, "http_auth"), (403, "right"), (302, "HOSTS"), (404, "HOSTS")])
def test_a_server_that_refuses_us_is_told_with_the_remedy(status, remedy):
    with fake_server() as server:
        server.replies["/auditsearch/_count"] = status, "no"
        with pytest.raises(ConfigurationError, match=remedy):
            OpenSearchBackend([server.url], client={"http_auth": ("anna", "wrong")}).count(ALL)


def test_a_connection_that_is_not_secure_is_told():
    with fake_server() as server, pytest.raises(ConfigurationError, match="https://"):
        OpenSearchBackend([server.url.replace("http:", "https:")], client={}).count(ALL)


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        ({"hosts": []}, "HOSTS"),
        ({"hosts": ["search.example.org"]}, "https://search.example.org"),
        ({"hosts": ["http://localhost:9200"], "client": {"http_aut": 1}}, "http_auth"),
        ({"hosts": ["http://localhost:9200"], "client": {"ca_certs": "/nowhere.pem"}}, "nowhere.pem"),
    ],
)
def test_wrong_settings_are_told_at_first_use(arguments, remedy):
    with pytest.raises(SettingError, match=remedy):
        OpenSearchBackend(**arguments).count(ALL)


def test_a_prefix_that_no_index_can_have_is_told():
    with pytest.raises(SettingError, match="INDEX_PREFIX"):
        OpenSearchBackend(["http://localhost:9200"], prefix="Audit*")


def test_a_missing_client_is_told_with_its_pip_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "opensearchpy", None)
    with pytest.raises(ConfigurationError, match=r'pip install "auditsearch\[opensearch\]"'):
        OpenSearchBackend(["http://localhost:9200"], client={}).count(Fact("a", "=", "any", ""))
