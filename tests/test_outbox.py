"""The outbox: a row goes with its transaction, and belongs to one shipper at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from auditsearch import backlog, insertion, outbox
from auditsearch.backends.base import Outcome, Settled
from auditsearch.event import new_id
from auditsearch.exceptions import ConfigurationError
from auditsearch.models import OutboxRow, State
from auditsearch.notes import Note
from auditsearch.outbox import Row
from tests.factories import NOON, PARTITION, canonical

pytestmark = pytest.mark.django_db(databases=["default", "other"])


def rows(n: int) -> list[tuple[str, str, str, None]]:
    """`n` rows as capture hands them over."""
    ids = [new_id(NOON) for _ in range(n)]
    return [(each, PARTITION, canonical(id=each), None) for each in ids]


def append(n: int = 1, using: str = "default") -> list[str]:
    """Put `n` events into the outbox; returns their ids."""
    new = rows(n)
    outbox.append(using, new)
    return [row[0] for row in new]


def settled(claimed: Sequence[Row], fate: Settled, reason: str = "") -> list[tuple[Row, Outcome]]:
    return [(row, Outcome(row.event_id, fate, reason)) for row in claimed]


@contextmanager
def undone() -> Iterator[None]:
    """A transaction, or a savepoint in one, that is rolled back at its end."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def expire() -> None:
    """Let all leases end."""
    OutboxRow.objects.update(lease_until=Now() - timedelta(seconds=1))


def test_a_row_holds_what_was_captured_and_waits() -> None:
    (row,) = rows(1)
    outbox.append("default", [row])
    stored = OutboxRow.objects.get()
    assert (stored.event_id, stored.partition, stored.canonical, stored.personal) == row
    assert (stored.state, stored.attempts, stored.error) == (State.WAITING, 0, "")


def test_a_call_is_one_insert(django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        append(200)
    assert OutboxRow.objects.count() == 200


@pytest.mark.sqlite
def test_a_large_call_keeps_to_the_limit_of_parameters(
    django_assert_num_queries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(connection.features), "max_query_params", 999)  # as before Django 6.0
    with django_assert_num_queries(5):  # 4 of each row
        append(1000)
    assert OutboxRow.objects.count() == 1000


def test_no_rows_are_no_insert(django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        outbox.append("default", [])


@pytest.mark.sqlite
def test_an_insert_binds_at_most_nine_values_a_row() -> None:
    assert insertion.statement("sqlite", 7).count("%s") <= 9 * 7


def test_a_text_with_a_percent_sign_is_kept() -> None:
    text = canonical(verbose="100 % %s %(a)s ?")
    outbox.append("default", [(new_id(NOON), PARTITION, text, "50 %")])
    assert OutboxRow.objects.values_list("canonical", "personal").get() == (text, "50 %")


def test_the_row_goes_to_the_database_of_the_change() -> None:
    append(using="other")
    assert (OutboxRow.objects.using("other").count(), OutboxRow.objects.count()) == (1, 0)


def test_database_names_another_one(settings) -> None:
    settings.AUDITSEARCH = {"DATABASE": "other"}
    append(using="default")
    assert (OutboxRow.objects.using("other").count(), outbox.aliases()) == (1, ["other"])


def test_a_connection_at_hand_is_not_that_of_another_database(settings) -> None:
    settings.AUDITSEARCH = {"DATABASE": "other"}
    outbox.append("default", rows(1), connection, last=True)
    assert (OutboxRow.objects.using("other").count(), OutboxRow.objects.count()) == (1, 0)


def test_a_rolled_back_transaction_leaves_no_row() -> None:
    with undone():
        append()
    assert not OutboxRow.objects.exists()


def test_a_rolled_back_savepoint_takes_only_its_own_rows() -> None:
    kept = append()
    with undone():
        append()
    assert list(OutboxRow.objects.values_list("event_id", flat=True)) == kept


@pytest.mark.sqlite
def test_a_missing_table_names_the_command() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE auditsearch_outbox RENAME TO gone")
    with pytest.raises(ConfigurationError, match=r"manage\.py migrate --database=default"), transaction.atomic():
        append()


def test_the_oldest_are_claimed_first() -> None:
    ids = append(5)
    assert [row.event_id for row in outbox.claim("default", "me", 3)] == ids[:3]


def test_claimed_rows_are_nobody_elses() -> None:
    ids = append(5)
    outbox.claim("default", "me", 3)
    assert [row.event_id for row in outbox.claim("default", "you", 9)] == ids[3:]


def test_a_claim_takes_no_more_bytes_than_one_request_may_have(settings) -> None:
    ids = append(3)
    settings.AUDITSEARCH = {"BATCH_BYTES": len(canonical(id=ids[0])) * 2}
    assert [row.event_id for row in outbox.claim("default", "me", 9)] == ids[:2]


def test_one_event_larger_than_a_request_is_claimed_alone(settings) -> None:
    settings.AUDITSEARCH = {"BATCH_BYTES": 10}
    ids = append(2)
    assert [row.event_id for row in outbox.claim("default", "me", 9)] == ids[:1]


def test_a_lease_that_ended_goes_to_the_next_shipper() -> None:
    ids = append(2)
    outbox.claim("default", "paused", 2)
    expire()
    assert [row.event_id for row in outbox.claim("default", "me", 2)] == ids


def test_a_paused_shipper_cannot_settle_what_another_has_taken_over() -> None:
    append(2)
    paused = outbox.claim("default", "paused", 2)
    expire()
    mine = outbox.claim("default", "me", 1)
    assert outbox.settle("default", "paused", settled(paused, Settled.QUARANTINE)) == 1
    assert outbox.settle("default", "me", settled(mine, Settled.SHIPPED)) == 1


def test_released_rows_are_free_at_once_and_untried() -> None:
    append(2)
    claimed = outbox.claim("default", "me", 2)
    outbox.release("default", "me", [row.pk for row in claimed])
    assert [row.attempts for row in outbox.claim("default", "you", 2)] == [0, 0]


def test_shipped_rows_are_deleted_or_kept_for_hours() -> None:
    append(2)
    gone, kept = ([row] for row in outbox.claim("default", "me", 2))
    outbox.settle("default", "me", settled(gone, Settled.SHIPPED))
    outbox.settle("default", "me", settled(kept, Settled.SHIPPED), keep=24)
    assert list(OutboxRow.objects.values_list("pk", "state")) == [(kept[0].pk, State.SHIPPED)]


def test_kept_rows_go_when_their_time_is_over() -> None:
    append(2)
    outbox.settle("default", "me", settled(outbox.claim("default", "me", 1), Settled.SHIPPED), keep=24)
    assert outbox.purge("default", 24) == 0
    OutboxRow.objects.filter(state=State.SHIPPED).update(not_before=Now() - timedelta(hours=25))
    assert outbox.purge("default", 24) == 1
    assert OutboxRow.objects.get().state == State.WAITING


@pytest.mark.parametrize("fate", [Settled.RETRY, Settled.UNPROVEN])
def test_what_is_put_off_waits_for_its_next_turn(fate: Settled) -> None:
    append()
    outbox.settle("default", "me", settled(outbox.claim("default", "me", 1), fate, "429"))
    row = OutboxRow.objects.get()
    assert (row.state, row.attempts, row.error) == (State.WAITING, 1, "429")
    assert outbox.claim("default", "me", 1) == []
    OutboxRow.objects.update(not_before=Now())
    assert len(outbox.claim("default", "me", 1)) == 1


def test_what_was_put_off_often_waits_longer() -> None:
    append(2)
    first, second = outbox.claim("default", "me", 2)
    outbox.settle("default", "me", settled([first._replace(attempts=20)], Settled.RETRY))
    outbox.settle("default", "me", settled([second], Settled.RETRY))
    later = OutboxRow.objects.filter(not_before__gte=Now() + timedelta(seconds=100))
    assert [row.pk for row in later] == [first.pk]


def test_a_row_that_waited_for_days_is_kept_from_when_it_was_shipped() -> None:
    append()
    OutboxRow.objects.update(not_before=Now() - timedelta(days=9))
    outbox.settle("default", "me", settled(outbox.claim("default", "me", 1), Settled.SHIPPED), keep=24)
    assert outbox.purge("default", 24) == 0
    assert OutboxRow.objects.filter(shipped_at__gte=Now() - timedelta(hours=1)).count() == 1


@pytest.mark.parametrize("fate", outbox.STATES)
def test_what_needs_a_person_stays_with_its_reason(fate: Settled) -> None:
    append()
    outbox.settle("default", "me", settled(outbox.claim("default", "me", 1), fate, "because"))
    row = OutboxRow.objects.get()
    assert (row.state, row.error, row.lease_token) == (outbox.STATES[fate], "because", None)
    assert outbox.claim("default", "me", 1) == []


def test_waits_grow_to_five_minutes_and_differ() -> None:
    assert timedelta(seconds=0.5) <= outbox.backoff(0) <= timedelta(seconds=1)
    assert timedelta(seconds=150) <= outbox.backoff(10_000) <= timedelta(seconds=300)
    assert len({outbox.backoff(5) for _ in range(9)}) > 1


def test_what_follows_a_row_are_those_behind_it_in_turn() -> None:
    ids = append(5)
    pks = list(OutboxRow.objects.order_by("pk").values_list("pk", flat=True))
    OutboxRow.objects.update(not_before=Now() - timedelta(minutes=1))
    OutboxRow.objects.filter(pk=pks[4]).update(not_before=Now() - timedelta(minutes=2))  # it came late
    OutboxRow.objects.filter(pk=pks[0]).update(not_before=Now() - timedelta(minutes=3))
    assert [row.event_id for row in outbox.following("default", pks[1], 9)] == ids[2:4]
    assert [row.event_id for row in outbox.following("default", pks[0], 2)] == [ids[4], ids[1]]
    assert list(outbox.following("default", pks[4] + 99, 9)) == []


def test_an_id_given_out_again_is_another_row() -> None:
    with undone():
        (rolled_back,) = append()
        pk = OutboxRow.objects.get().pk
    (event,) = append()
    outbox.remove("default", [Note(OutboxRow.objects.get().pk, rolled_back), Note(pk, rolled_back)], keep=0)
    assert OutboxRow.objects.get().event_id == event


@pytest.mark.sqlite
def test_claiming_the_oldest_reads_the_index() -> None:
    plan = outbox.ready("default").order_by("not_before", "id")[:500].explain()
    assert "auditsearch_outbox_turn (state=? AND not_before<?)" in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.sqlite
def test_settling_goes_by_the_rows_keys() -> None:
    plan = outbox.waiting("default", [1, 2]).filter(event_id__in=["a"], lease_token="me").explain()
    assert "USING INTEGER PRIMARY KEY" in plan


def test_counts_and_age_tell_the_backlog() -> None:
    assert (backlog.counts("default"), backlog.oldest_age("default")) == ({}, None)
    append(3)
    OutboxRow.objects.update(created_at=Now() - timedelta(hours=2))
    outbox.settle("default", "me", settled(outbox.claim("default", "me", 1), Settled.QUARANTINE))
    assert backlog.counts("default") == {"waiting": 2, "quarantined": 1}
    assert timedelta(hours=2) <= (backlog.oldest_age("default") or timedelta()) < timedelta(hours=3)


def test_the_short_way_to_sqlite_writes_what_the_long_one_does() -> None:
    insertion.execute(connection, [(new_id(1), "p", "{}", None)])
    with connection.execute_wrapper(lambda execute, *asked: execute(*asked)):
        insertion.execute(connection, [(new_id(1), "p", "{}", None)])
    short, long = OutboxRow.objects.order_by("id").values()
    assert abs(short["created_at"] - long["created_at"]) < timedelta(seconds=9)
    assert short.keys() == long.keys()
    assert all(short[name] == long[name] for name in short.keys() - {"id", "event_id", "created_at", "not_before"})
