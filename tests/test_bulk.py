"""Each row of the table of answers, on a real socket: nothing is lost, nothing is invented, nothing is quoted."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator

import pytest

from auditsearch.backends import bulk
from auditsearch.backends.base import Outcome, Settled
from auditsearch.backends.opensearch import OpenSearchBackend
from auditsearch.document import Document
from auditsearch.exceptions import ConfigurationError
from tests.factories import PARTITION, event
from tests.servers.fake import RESET, FakeServer, applied, fake_server, item, refuse, reworked, store, whole


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with fake_server() as server:
        yield server


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    pauses: list[float] = []
    monkeypatch.setattr(bulk.time, "sleep", pauses.append)
    return pauses


@pytest.fixture
def backend(server: FakeServer, pauses: list[float]) -> Iterator[OpenSearchBackend]:
    backend = OpenSearchBackend([server.url], client={"timeout": 2})
    yield backend
    backend.close()


def events(n: int) -> list[Document]:
    return [event(context_data={"n": i}) for i in range(n)]


def fates(outcomes: list[Outcome]) -> list[Settled]:
    assert not any("SECRET" in outcome.reason for outcome in outcomes)
    return [outcome.settled for outcome in outcomes]


def test_a_created_document_is_shipped_under_its_id(backend, server):
    one = event()
    assert fates(backend.index([one])) == [Settled.SHIPPED]
    assert server.stored[PARTITION, one.id]["canonical"] == one.canonical


def test_a_missing_replica_is_counted(backend, server):
    server.script = [refuse(201, result="created", _shards={"failed": 1})]
    assert backend.index(events(1))[0].under_replicated


def test_the_same_event_that_is_there_already_is_shipped(backend):
    documents = events(3)
    backend.index(documents)
    assert fates(backend.index(documents)) == [Settled.SHIPPED] * 3


def test_another_event_under_the_same_id_is_quarantined(backend):
    one = event()
    backend.index([one])
    outcomes = backend.index([event(id=one.id, user="Mallory")])
    assert fates(outcomes) == [Settled.QUARANTINE]


def test_two_equal_documents_in_one_call_are_one(backend, server):
    one = event()
    assert fates(backend.index([one, one])) == [Settled.SHIPPED] * 2
    assert len(server.stored) == 1


@pytest.mark.parametrize(
    "answer",
    [
        refuse(200, result="noop"),
        refuse(200, result="updated"),
        refuse(201, result="noop"),
        refuse(201, result="created", _id="other"),
        refuse(201, result="created", _index="elsewhere-v1"),
        refuse(201, result="created", _index=f"{PARTITION}-old"),
        refuse(418, "teapot"),
        reworked(lambda items: items[:-1]),
        reworked(lambda items: [*items, items[0]]),
        reworked(lambda items: items[::-1]),
        reworked(lambda items: [None] * len(items)),
        lambda server, lines: (200, {}),
        lambda server, lines: (200, "<html>welcome</html>"),
        lambda server, lines: (200, []),
    ],
)
def test_what_does_not_prove_a_document_is_not_shipped(backend, server, answer):
    documents = events(2)
    server.script = [answer]
    assert set(fates(backend.index(documents))) == {Settled.UNPROVEN}
    assert fates(backend.index(documents)) == [Settled.SHIPPED] * 2


@pytest.mark.parametrize("answer", [refuse(429, "es_rejected_execution_exception"), whole(429, "too_many")])
def test_a_busy_server_gets_half_as_much_after_a_pause(backend, server, pauses, answer):
    server.script = [answer, answer]
    assert fates(backend.index(events(8))) == [Settled.SHIPPED] * 8
    assert server.requests == [8, 4, 2, 2, 4]
    assert len(pauses) == 2


def test_a_server_that_stays_busy_gets_the_rest_later(backend, server, pauses):
    server.script = [refuse(429, "busy")] * 1000
    assert set(fates(backend.index(events(8)))) == {Settled.RETRY}
    assert sum(pauses) <= bulk.PATIENCE
    server.script = []
    assert set(fates(backend.index(events(8)))) == {Settled.SHIPPED}


def test_a_busy_half_does_not_hold_up_the_other(backend, server):
    def every_second(server: FakeServer, lines):
        return 200, {
            "items": [item(a, 429, "busy") if n % 2 else server.create(a, d) for n, (a, d) in enumerate(lines)]
        }

    server.script = [every_second]
    assert fates(backend.index(events(6))) == [Settled.SHIPPED] * 6
    assert server.requests == [6, 1, 2]


def test_a_missing_partition_is_made_with_both_aliases(backend, server):
    backend.index(events(1))
    assert f"PUT /{PARTITION}-v1" in server.asked


def test_a_partition_that_went_away_is_made_again(backend, server):
    backend.index(events(1))
    server.partitions.clear()
    assert fates(backend.index(events(2))) == [Settled.SHIPPED] * 2


def test_a_partition_that_is_never_there_is_a_retry(backend, server):
    server.script = [refuse(404, "index_not_found_exception")] * 10
    assert fates(backend.index(events(2))) == [Settled.RETRY] * 2


def test_an_event_of_a_dropped_partition_expired(backend, server):
    outcomes = backend.index(events(2), dropped=lambda partition: partition == PARTITION)
    assert fates(outcomes) == [Settled.EXPIRED_LATE] * 2
    assert server.requests == []


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_in_trouble_is_a_retry_for_all_and_is_asked_once(backend, server, status):
    backend.batch_bytes = 1
    server.script = [whole(status, "no_master")]
    assert fates(backend.index(events(4))) == [Settled.RETRY] * 4
    assert server.requests == [1]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (403, "cluster_block_exception"),
        (503, "unavailable_shards_exception"),
        (500, "internal"),
        (400, "index_closed_exception"),
    ],
)
def test_an_item_that_the_environment_refuses_is_a_retry(backend, server, status, error):
    server.script = [refuse(status, error)]
    assert fates(backend.index(events(2))) == [Settled.RETRY] * 2


def test_too_many_shards_are_a_retry(backend, server):
    full = {"type": "validation_exception", "reason": "cluster currently has [3]/[3] maximum shards open"}
    server.replies[f"/{PARTITION}-v1"] = 400, {"error": full}
    assert fates(backend.index(events(1))) == [Settled.RETRY]


@pytest.mark.parametrize(
    "answer",
    [
        whole(401, "security_exception"),
        whole(403, "security_exception"),
        whole(302, html="login"),
        whole(404, html="?"),
    ],
)
def test_a_refusal_of_us_stops_and_is_told(backend, server, answer):
    server.script = [answer]
    with pytest.raises(ConfigurationError) as told:
        backend.index(events(3))
    assert "SECRET" not in str(told.value)
    assert told.value.__cause__ is None
    assert told.value.__context__ is None


def test_an_item_refused_for_our_rights_stops_that_partition_only(backend, server):
    one, other = event(), event(partition="auditsearch-2026.12")
    backend.index([event(), event(partition="auditsearch-2026.12")])
    server.script = [
        lambda server, lines: (200, {"items": [item(lines[0][0], 403, "security_exception"), server.create(*lines[1])]})
    ]
    assert fates(backend.index([one, other])) == [Settled.RETRY, Settled.SHIPPED]


def test_a_server_that_is_too_old_for_our_requests_quarantines_nothing(backend, server):
    error = {"type": "illegal_argument_exception", "reason": "contains unrecognized parameter: [require_alias]"}
    server.replies["/_bulk"] = 400, {"error": error}
    with pytest.raises(ConfigurationError, match="refuses to store"):
        backend.index(events(2))


@pytest.mark.parametrize(
    "reason",
    ["pipeline with id [x] does not exist", "no write index is defined for alias [x]", "Invalid alias name [x]"],
)
def test_a_partition_that_was_spoiled_after_we_looked_quarantines_nothing(backend, server, reason):
    server.script = [refuse(400, "illegal_argument_exception", reason=reason)]
    with pytest.raises(ConfigurationError, match=PARTITION):
        backend.index(events(2))


def test_an_index_that_has_the_partitions_name_stops_and_is_told(backend, server):
    server.replies[f"/{PARTITION}-v1"] = 400, {"error": {"type": "invalid_alias_name_exception", "reason": "taken"}}
    with pytest.raises(ConfigurationError, match="rename or remove"):
        backend.index(events(1))


def test_a_request_that_is_too_large_is_halved(backend, server):
    server.script = [whole(413, html="too large"), whole(413, html="too large")]
    assert fates(backend.index(events(4))) == [Settled.SHIPPED] * 4
    assert server.requests == [4, 2, 1, 1, 2]


def test_a_document_that_is_too_large_is_shipped_as_its_envelope(backend, server):
    one = event(context_data={"text": "x" * 10_000})
    server.script = [whole(413, html="too large")]
    assert fates(backend.index([one])) == [Settled.TRUNCATED]
    stored = server.stored[PARTITION, one.id]
    assert (stored["truncated"], stored["leaf"], stored["user_name"]) == (True, one.leaf, "Anna")
    assert "x" * 100 not in str(stored)


def test_a_refused_document_is_shipped_as_degraded(backend, server):
    one = event(context_data={"text": "x"})
    server.script = [refuse(400, "mapper_parsing_exception")]
    assert fates(backend.index([one])) == [Settled.DEGRADED]
    assert server.stored[PARTITION, one.id].keys() & {"context", "text", "folded"} == set()
    assert server.stored[PARTITION, one.id]["canonical"] == one.canonical


def test_a_document_that_was_stored_in_less_is_known_again_as_that(backend, server):
    documents = events(2)
    server.script = [refuse(400, "mapper_parsing_exception")]
    backend.index(documents)
    assert fates(backend.index(documents)) == [Settled.DEGRADED] * 2


def test_a_document_that_is_refused_in_each_form_is_quarantined(backend, server):
    server.script = [refuse(400, "mapper_parsing_exception")] * 2
    assert fates(backend.index(events(1))) == [Settled.QUARANTINE]


def test_a_document_that_was_stored_unheard_is_not_quarantined_by_a_later_refusal(backend, server):
    one = events(1)
    server.script = [applied((502, "bad gateway")), *[refuse(400, "mapper_parsing_exception")] * 2]
    assert fates(backend.index(one)) == [Settled.RETRY]
    assert fates(backend.index(one)) == [Settled.SHIPPED]


def test_a_refused_document_that_can_not_be_looked_for_waits(backend, server):
    server.script = [refuse(400, "mapper_parsing_exception")] * 2
    server.replies["/_mget"] = 503, {"error": {"type": "no_cluster_manager"}}
    assert fates(backend.index(events(1))) == [Settled.RETRY]


def test_a_refused_request_is_bisected_down_to_the_document(backend, server):
    documents = events(8)

    def poisoned(server: FakeServer, lines):
        bad = documents[5].id in [action["_id"] for action, _ in lines]
        return whole(400, "parse_exception")(server, lines) if bad else store(server, lines)

    server.script = [poisoned] * 30
    expected = [Settled.SHIPPED] * 8
    expected[5] = Settled.QUARANTINE
    assert fates(backend.index(documents)) == expected


def test_a_proxy_that_refuses_everything_quarantines_nothing(backend, server):
    server.script = [whole(400, html="bad request")] * 30
    with pytest.raises(ConfigurationError):
        backend.index(events(4))


@pytest.mark.parametrize("answer", [lambda server, lines: RESET, applied(RESET), applied((502, "bad gateway"))])
def test_a_lost_answer_means_the_same_again(backend, server, answer):
    documents = events(3)
    server.script = [answer]
    assert fates(backend.index(documents)) == [Settled.RETRY] * 3
    assert fates(backend.index(documents)) == [Settled.SHIPPED] * 3
    assert len(server.stored) == 3


def test_a_server_that_is_gone_is_asked_once_and_not_for_each_partition(backend, server):
    partitions = [f"auditsearch-2026.{n}" for n in (10, 11, 12)]
    server.gone = True
    assert fates(backend.index([event(partition=name) for name in partitions])) == [Settled.RETRY] * 3
    assert len(server.asked) == 1


def test_a_partition_that_can_not_be_made_now_does_not_hold_up_another(backend, server):
    server.replies["/auditsearch-2026.10-v1"] = 503, {"error": {"type": "no_cluster_manager"}}
    documents = [event(partition="auditsearch-2026.10"), event()]
    assert fates(backend.index(documents)) == [Settled.RETRY, Settled.SHIPPED]


def test_a_server_that_does_not_answer_in_time_is_a_retry(server):
    heard, documents = threading.Event(), events(2)
    hasty, patient = (OpenSearchBackend([server.url], client={"timeout": seconds}) for seconds in (0.2, 300))
    server.script = [lambda server, lines: (heard.wait(300), store(server, lines))[1]]
    assert fates(hasty.index(documents)) == [Settled.RETRY] * 2
    heard.set()
    assert fates(patient.index(documents)) == [Settled.SHIPPED] * 2
    assert len(server.stored) == 2
    hasty.close()
    patient.close()


def test_no_request_is_larger_than_the_setting(backend, server):
    backend.batch_bytes = 3_000
    backend.index([event(context_data={"text": "y" * 300}) for _ in range(12)])
    assert max(server.bytes) <= 3_000
    assert sum(server.requests) == 12


def test_keys_that_look_like_metadata_stay_in_the_document(backend, server):
    keys = {"pipeline": "p", "routing": "r", "version": 1, "_op_type": "delete", "_id": "x", "_index": "y"}
    one = event(context_data=keys)
    assert fates(backend.index([one])) == [Settled.SHIPPED]
    assert server.stored[PARTITION, one.id]["context"] == keys


def test_without_our_template_nothing_is_sent(backend, server):
    server.template = False
    with pytest.raises(ConfigurationError, match="auditsearch_setup"):
        backend.index(events(1))
    assert server.requests == []


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_answers_each_event_is_stored_once_in_the_end(backend, server, seed):
    chance = random.Random(seed)
    ways = [refuse(429, "busy"), refuse(503, "x"), whole(429), whole(503), whole(413), applied(RESET), store]
    ways += [lambda server, lines: RESET, refuse(404, "index_not_found_exception"), reworked(lambda items: items[::-1])]
    documents = left = events(20)
    for _ in range(6):
        server.script = [chance.choice(ways) for _ in range(chance.randrange(4))]
        outcomes = backend.index(left)
        left = [d for d, o in zip(left, outcomes, strict=True) if o.settled in (Settled.RETRY, Settled.UNPROVEN)]
    server.script = []
    assert set(fates(backend.index(left))) <= {Settled.SHIPPED, Settled.TRUNCATED}
    assert {identifier for _, identifier in server.stored} == {document.id for document in documents}


def test_the_canonical_text_arrives_byte_for_byte(backend, server):
    one = event(context_data={"ключ": ["é", "\u2028", 2**70, 0.1, {"": None}]}, user="Ёлка 🎄")
    backend.index([one])
    assert server.stored[PARTITION, one.id]["canonical"] == one.canonical
