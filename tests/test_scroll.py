"""What a scan proves without parsing is what it says; whatever looks otherwise is parsed and judged."""

from __future__ import annotations

import random

import orjson
import pytest

from auditsearch.backends.opensearch import OpenSearchBackend
from auditsearch.backends.scroll import Answer
from auditsearch.exceptions import BackendUnavailable, ConfigurationError, PartialAnswer
from auditsearch.seal.verify import judge
from tests.factories import NOON, PARTITION, event


def hit(document, **changes):
    body = orjson.loads(orjson.dumps(document.body())) | changes
    return b'{"_index":"%b-v1","_id":"%b","_score":null,"_source":%b,"sort":[0]}' % (
        PARTITION.encode(),
        document.id.encode(),
        orjson.dumps(body) if changes else orjson.dumps(document.body()),
    )


def answer(*hits):
    return Answer(b'{"took":1,"hits":{"hits":[%b]}}' % b",".join(hits))


def doubted(found, times=None):
    number, doubtful = found.doubtful(PARTITION, times)
    return number, [one.id for one in doubtful]


def test_what_is_byte_for_byte_what_its_text_makes_is_proven():
    assert doubted(answer(hit(event(ts=NOON)), hit(event(context_data={"canonical": "x"}, ts=NOON)))) == (2, [])


@pytest.mark.parametrize("changes", [{"user_name": "Eve"}, {"facts": []}, {"text": "x"}, {"canonical": "{}"}, {"n": 1}])
def test_what_was_changed_is_doubtful(changes):
    one, other = event(), event()
    assert doubted(answer(hit(one), hit(other, **changes))) == (2, [other.id])


def test_what_lies_outside_of_the_partitions_times_is_doubtful():
    one = event(ts=NOON)
    assert doubted(answer(hit(one)), (NOON, NOON + 1)) == (1, [])
    assert doubted(answer(hit(one)), (NOON + 1, NOON + 2)) == (1, [one.id])


def test_a_document_under_another_id_is_doubtful():
    one, other = event(), event()
    moved = hit(one).replace(b'"_id":"%b"' % one.id.encode(), b'"_id":"%b"' % other.id.encode())
    assert doubted(answer(moved)) == (1, [other.id])


@pytest.mark.parametrize(
    "around", [lambda inner: [inner], lambda inner: {"a": [{"b": inner}, inner]}], ids=["in a list", "deep"]
)
def test_a_document_that_holds_what_looks_like_a_hit_is_one_document(around):
    inner = orjson.loads(hit(event()))
    outer = event(context_data={"canonical": "{}", "sort": [0], "found": around(inner)})
    found = answer(hit(event()), hit(outer))
    assert doubted(found)[0] == 2
    assert [one.canonical for one in found.brief()][-1] == outer.canonical
    assert len(found.brief()) == len(found.events()) == 2


def test_what_is_no_event_is_told():
    with pytest.raises(ConfigurationError, match="is no event"):
        answer(b'{"_index":"i","_id":"x","_source":{"a":1}}').events()


@pytest.mark.parametrize(
    "strange", [{"a": 1}, {"canonical": 5, "leaf": "x", "ts": 1}, {"canonical": "{}", "leaf": "x"}]
)
def test_what_is_no_event_is_doubtful_and_the_rest_is_looked_at(strange):
    one = event()
    foreign = b'{"_index":"i","_id":"x","_source":%b,"sort":[1]}' % orjson.dumps(strange)
    assert doubted(answer(foreign, hit(one))) == (2, ["x"])
    [doubtful] = answer(foreign, hit(one)).doubtful("p", None)[1]
    assert [found.kind for found in judge([(doubtful, doubtful.canonical)], "p", None)] == ["MODIFIED"]


@pytest.fixture
def scanned(opensearch_backend):
    """A partition of 2,500 events of which the server gives 1,000 at once."""
    partition = f"{opensearch_backend.prefix}-2026.11"
    opensearch_backend.index([event(partition=partition, ts=NOON + n) for n in range(2500)])
    opensearch_backend.refresh()
    return opensearch_backend, partition


@pytest.mark.server
def test_what_is_written_meanwhile_changes_no_scan(scanned):
    backend, partition = scanned
    scan = backend.scan(partition)
    first = next(scan).brief()
    backend.delete(partition, [one.id for one in first[:500]])
    backend.index([event(partition=partition, ts=NOON - 1)])
    backend.refresh()
    rest = [one.id for batch in scan for one in batch.brief()]
    assert len({*rest, *(one.id for one in first)}) == len(rest) + len(first) == 2500


@pytest.mark.server
def test_a_scan_whose_place_is_lost_is_no_end(scanned):
    backend, partition = scanned
    scan = backend.scan(partition)
    next(scan)
    backend.client.ask("DELETE", "/_search/scroll/_all")
    with pytest.raises(PartialAnswer, match="lost its place"):
        list(scan)


@pytest.mark.server
def test_a_scan_that_is_left_leaves_nothing_on_the_server(scanned):
    backend, partition = scanned
    scan = backend.scan(partition)
    next(scan)
    scan.close()
    stats = backend.client.ask("GET", f"/{partition}/_stats/search")
    assert stats["_all"]["total"]["search"]["open_contexts"] == 0


@pytest.mark.server
@pytest.mark.parametrize(
    ("path", "error"), [("/nothing-there/_search", ConfigurationError), ("/_search/scroll", ConfigurationError)]
)
def test_an_answer_that_is_not_parsed_is_judged_like_any_other(opensearch_backend, path, error):
    with pytest.raises(error):
        opensearch_backend.client.raw("POST", path, {})


def test_a_server_that_is_away_is_told():
    backend = OpenSearchBackend(["http://127.0.0.1:9"], prefix="away", client={})
    with pytest.raises(BackendUnavailable, match="No answer"):
        next(backend.scan("away-2026.11"))


@pytest.mark.server
def test_of_large_events_fewer_come_at_once(opensearch_backend):
    partition, long = f"{opensearch_backend.prefix}-2026.11", random.Random(1).randbytes(400_000).hex()
    opensearch_backend.index([event(partition=partition, context_data={"a": long}) for _ in range(6)])
    opensearch_backend.refresh()
    assert 1 < len(list(opensearch_backend.scan(partition))) <= 6


def test_on_each_server_what_was_stored_is_proven_without_parsing(engine_backend):
    partition, contexts = f"{engine_backend.prefix}-2026.11", [{"a": [1, 2.5, "ё" * 300]}, {"n": 2**70}, None]
    engine_backend.index(
        [event(partition=partition, ts=NOON + n, verbose="long " * 99, context_data=contexts[n % 3]) for n in range(30)]
    )
    engine_backend.refresh()
    assert [batch.doubtful(partition, None) for batch in engine_backend.scan(partition)] == [(30, [])]
