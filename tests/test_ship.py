"""Shipping: committed is exactly one document in the end, whichever component is down meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.db.models.functions import Now

from auditsearch import outbox, queue, ship
from auditsearch.backends.base import Outcome, Settled
from auditsearch.backends.memory import MemoryBackend
from auditsearch.document import Document, document
from auditsearch.event import new_id
from auditsearch.exceptions import BackendUnavailable, ConfigurationError
from auditsearch.models import DroppedPartition, OutboxRow, State
from auditsearch.query.tree import And
from tests.factories import NOON, PARTITION, canonical
from tests.rows import append
from tests.stores import Server

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[queue.Noted, queue.Leased], autouse=True)
def rows_are_taken_by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each law holds under the file lock of SQLite and under the leases of others; no retry is due by itself."""
    monkeypatch.setattr(ship, "queue_of", lambda using, keep: request.param(using, keep))
    monkeypatch.setattr(outbox, "backoff", lambda attempts: timedelta(hours=1))


def states() -> list[str]:
    return list(OutboxRow.objects.order_by("pk").values_list("state", flat=True))


def stored(store: MemoryBackend) -> int:
    return store.count(And(()))


def test_what_is_shipped_is_stored_once_and_leaves_the_outbox(settings) -> None:
    settings.AUDITSEARCH = {"BATCH_SIZE": 2}
    append(5)
    store = MemoryBackend()
    assert ship.drain("default", store).counts == {Settled.SHIPPED: 5}
    assert (stored(store), states()) == (5, [])


def test_events_that_wait_a_second_time_hold_none_up(settings, monkeypatch, tmp_path) -> None:
    settings.AUDITSEARCH = {"BATCH_SIZE": 2}
    monkeypatch.setattr(queue, "lock_path", lambda using: tmp_path / "notes")
    ids, store = append(5), MemoryBackend()
    ship.drain("default", store, tidy=False)
    outbox.append("default", [(each, PARTITION, canonical(id=each), None) for each in ids])
    append(3)
    ship.drain("default", store)
    assert (stored(store), states()) == (8, [])


def test_with_a_server_shipped_rows_stay_for_a_day() -> None:
    append(2)
    ship.drain("default", Server())
    assert states() == [State.SHIPPED, State.SHIPPED]


def test_batches_go_out_oldest_first(settings) -> None:
    settings.AUDITSEARCH = {"BATCH_SIZE": 2}
    ids, store = append(5), Server()
    ship.drain("default", store)
    assert store.batches == [ids[:2], ids[2:4], ids[4:]]


def test_a_limit_is_kept(settings) -> None:
    settings.AUDITSEARCH = {"BATCH_SIZE": 2}
    append(5)
    assert ship.drain("default", Server(), 3).done == 3
    assert states().count(State.WAITING) == 2


def test_stopping_settles_what_is_on_its_way(settings) -> None:
    settings.AUDITSEARCH = {"BATCH_SIZE": 2}
    append(5)
    store = Server()
    ship.drain("default", store, stop=lambda: bool(store.batches))
    assert states().count(State.SHIPPED) == stored(store) in (2, 4)


def test_progress_is_told_after_each_batch(settings) -> None:
    settings.AUDITSEARCH = {"BATCH_SIZE": 2}
    append(5)
    told: list[int] = []
    ship.drain("default", Server(), progress=lambda shipped: told.append(shipped.done))
    assert told == [2, 4, 5]


def test_a_server_that_is_away_leaves_the_rows_untried_and_free() -> None:
    append(3)
    with pytest.raises(BackendUnavailable):
        ship.drain("default", Server(BackendUnavailable("away")))
    assert ship.drain("default", Server()).done == 3


def test_a_server_away_for_a_long_time_gets_everything_once_in_the_end(settings) -> None:
    settings.AUDITSEARCH = {"BATCH_SIZE": 2}
    store = Server(BackendUnavailable("away"))
    for _ in range(4):
        append(3)
        with pytest.raises(BackendUnavailable):
            ship.drain("default", store)
    store.fails = None
    assert (ship.drain("default", store).done, stored(store)) == (12, 12)


def test_a_wrong_configuration_stops_and_keeps_the_rows() -> None:
    append(3)
    with pytest.raises(ConfigurationError):
        ship.drain("default", Server(ConfigurationError("wrong template")))
    assert states() == [State.WAITING] * 3


@pytest.mark.parametrize("fate", ship.NOT_YET)
def test_what_is_put_off_is_sent_again_in_its_turn(fate: Settled) -> None:
    first, second = append(2)
    store = Server(**{first: fate})
    assert ship.drain("default", store).counts == {fate: 1, Settled.SHIPPED: 1}
    store.answers.clear()
    OutboxRow.objects.update(not_before=Now() - timedelta(seconds=1))
    assert ship.drain("default", store).done == 1
    assert store.batches == [[first, second], [first]]


def test_a_batch_put_off_as_a_whole_ends_the_run(settings) -> None:
    settings.AUDITSEARCH = {"BATCH_SIZE": 2}
    ids = append(6)
    store = Server(**dict.fromkeys(ids, Settled.RETRY))
    assert ship.drain("default", store).put_off == 2
    assert len(store.batches) == 1


def test_batches_shrink_while_some_are_put_off(settings) -> None:
    settings.AUDITSEARCH = {"BATCH_SIZE": 4}
    ids = append(16)
    store = Server(**{ids[0]: Settled.RETRY})
    ship.drain("default", store)
    assert [len(batch) for batch in store.batches] == [4, 4, 2, 4, 2]  # the second was ready before the first answer


@pytest.mark.parametrize("fate", outbox.STATES)
def test_what_a_person_must_see_stays_with_its_reason(fate: Settled) -> None:
    bad, _ = append(2)
    shipped = ship.drain("default", Server(**{bad: fate}))
    row = OutboxRow.objects.exclude(state=State.SHIPPED).get()
    assert (row.event_id, row.state, row.error) == (bad, outbox.STATES[fate], "as the test wants")
    assert shipped.reasons == {(fate, "as the test wants"): 1}


def test_a_degraded_document_is_shipped_and_told() -> None:
    (bad,) = append()
    assert ship.drain("default", Server(**{bad: Settled.DEGRADED})).reasons
    assert states() == [State.SHIPPED]


def test_a_text_that_is_no_event_is_quarantined_and_stops_nothing() -> None:
    outbox.append("default", [("a", PARTITION, "no JSON: secret", None), ("b", PARTITION, canonical(id="c"), None)])
    append(1)
    shipped = ship.drain("default", Server())
    assert shipped.counts == {Settled.QUARANTINE: 2, Settled.SHIPPED: 1}
    assert not any("secret" in reason for _, reason in shipped.reasons)


def test_nothing_is_shipped_before_its_id_is_confirmed() -> None:
    class Short(Server):
        def index(self, documents: Sequence[Document], **options: Any) -> list[Outcome]:
            return super().index(documents, **options)[1:]

    append(3)
    assert ship.drain("default", Short()).counts == {Settled.UNPROVEN: 1, Settled.SHIPPED: 2}
    assert states().count(State.SHIPPED) == 2


def test_a_late_event_of_a_dropped_partition_is_settled_as_expired() -> None:
    DroppedPartition.objects.create(name=PARTITION)
    append()
    store = MemoryBackend()
    assert ship.drain("default", store).counts == {Settled.EXPIRED_LATE: 1}
    assert (states(), stored(store)) == ([State.EXPIRED_LATE], 0)


def test_an_event_of_a_newer_release_passes_through_untouched() -> None:
    text = canonical(id="newer", schema=9, reach={"of": ["tomorrow", 1.50]})
    outbox.append("default", [("newer", PARTITION, text, None)])
    store = MemoryBackend()
    ship.drain("default", store)
    (hit,) = store.search(And(()), order=[]).hits
    assert hit.canonical == text


def test_a_retry_in_the_next_month_goes_to_the_same_partition() -> None:
    event = new_id(NOON)
    outbox.append("default", [(event, "auditsearch-2019.01", canonical(id=event), None)])
    seen: list[str] = []

    class Recording(Server):
        def index(self, documents: Sequence[Document], **options: Any) -> list[Outcome]:
            seen.extend(document.partition for document in documents)
            return super().index(documents, **options)

    for fate in ({event: Settled.RETRY}, {}):
        ship.drain("default", Recording(**fate))
        OutboxRow.objects.update(not_before=Now() - timedelta(seconds=1))
    assert seen == ["auditsearch-2019.01"] * 2


def test_rows_committed_late_are_shipped_after_newer_ones() -> None:
    late, *newer = append(4)
    OutboxRow.objects.filter(event_id=late).update(state=State.SUPERSEDED)  # as one not committed yet: unseen
    store = Server()
    ship.drain("default", store)
    OutboxRow.objects.filter(event_id=late).update(state=State.WAITING)
    ship.drain("default", store)
    assert store.batches == [newer, [late]]


def test_the_next_batch_is_made_ready_while_one_is_on_its_way(settings, monkeypatch) -> None:
    settings.AUDITSEARCH = {"BATCH_SIZE": 1}
    made, second = append(2), threading.Event()
    monkeypatch.setattr(ship, "document", lambda *row: (made.pop(), made or second.set(), document(*row))[2])

    class Slow(Server):
        def index(self, documents: Sequence[Document], **options: Any) -> list[Outcome]:
            assert second.wait(300)
            return super().index(documents, **options)

    assert ship.drain("default", Slow()).done == 2


def test_two_batches_are_on_their_way_once_a_first_one_was_taken(settings) -> None:
    settings.AUDITSEARCH = {"BATCH_SIZE": 1}
    append(3)
    both = threading.Barrier(2)

    class Slow(Server):
        def index(self, documents: Sequence[Document], **options: Any) -> list[Outcome]:
            if self.batches:
                both.wait(300)
            return super().index(documents, **options)

    assert ship.drain("default", Slow()).done == 3


def test_a_batch_that_fails_takes_none_behind_it_along(settings, monkeypatch) -> None:
    settings.AUDITSEARCH = {"BATCH_SIZE": 1}
    _, bad, _ = append(3)
    settled, settle = [], ship._settle
    monkeypatch.setattr(ship, "_settle", lambda *sent: settled.extend(done := settle(*sent)) or done)

    class Failing(Server):
        def index(self, documents: Sequence[Document], **options: Any) -> list[Outcome]:
            if documents[0].id == bad:
                raise BackendUnavailable("away")
            return super().index(documents, **options)

    with pytest.raises(BackendUnavailable):
        ship.drain("default", Failing())
    assert len(settled) == 2


def test_a_row_that_was_committed_late_waits_for_no_end_of_the_rows_behind_it(settings, monkeypatch) -> None:
    settings.AUDITSEARCH = {"BATCH_SIZE": 1}
    monkeypatch.setattr(queue, "MOST_NOTES", 3)
    late, *_ = append(9)
    OutboxRow.objects.filter(event_id=late).update(state=State.SUPERSEDED)  # as one not committed yet: unseen
    committed = OutboxRow.objects.filter(event_id=late)
    store = Server()
    ship.drain("default", store, progress=lambda shipped: committed.update(state=State.WAITING) and None)
    assert store.batches.index([late]) < 8


def test_sending_holds_no_transaction() -> None:
    class Looking(MemoryBackend):
        def index(self, documents: Sequence[Document], **options: Any) -> list[Outcome]:
            depth.append(len(connections["default"].savepoint_ids))
            return super().index(documents, **options)

    depth: list[int] = []
    append()
    before = len(connections["default"].savepoint_ids)
    ship.drain("default", Looking())
    assert depth == [before]
