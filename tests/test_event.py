"""The event, its ids and its partition."""

import dataclasses
import datetime
import random
from uuid import UUID

import pytest

from auditsearch.canonical import dumps, leaf
from auditsearch.event import Event, from_micros, imported_id, micros, new_id
from auditsearch.partition import HOUR, partition_of

NOW = 1_795_341_600_123_456


def test_times_are_exact_to_the_microsecond() -> None:
    moment = datetime.datetime(2026, 11, 22, 8, 0, 0, 123_457, tzinfo=datetime.UTC)
    assert from_micros(micros(moment)) == moment
    assert from_micros(-1).microsecond == 999_999


def test_an_event_reads_all_of_its_text() -> None:
    text = dumps({"id": "1", "ts": NOW, "schema": 1, "user_name": "Анна", "log_name": "main", "context": {"a": 1}})
    event = Event.from_canonical(text)
    assert (event.user, event.log, event.context_data, event.object_snapshot) == ("Анна", "main", {"a": 1}, {})
    assert (event.canonical, event.leaf, event.ip) == (text, leaf(text), None)


def test_an_event_cannot_be_changed() -> None:
    event = Event.from_canonical(dumps({"id": "1", "ts": NOW}))
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.user = "Eve"  # type: ignore[misc]


def test_ids_are_version_7_and_sort_in_capture_order_at_equal_times() -> None:
    ids = [new_id(NOW) for _ in range(5000)]
    assert ids == sorted(set(ids))
    assert UUID(ids[0]).version == 7
    assert UUID(ids[0]).int >> 80 == NOW // 1000


def test_ids_do_not_repeat_where_an_application_seeds_its_chance() -> None:
    random.seed(1)
    first = new_id(NOW)
    random.seed(1)
    assert int(first[-7:], 16) != int(new_id(NOW)[-7:], 16)


def test_ids_follow_time_below_the_millisecond() -> None:
    assert new_id(NOW) < new_id(NOW + 1) < new_id(NOW + 2)


def test_an_imported_id_is_the_same_for_ever_and_differs_by_each_part() -> None:
    base = imported_id("a.log", "students", b"line", 0)
    assert base == "d9cbad6f-8450-8e9b-8c06-f144786b3abb"
    others = {imported_id("a.log", "students", b"line", 1), imported_id("a.logs", "tudents", b"line", 0)}
    assert len({base, *others}) == 3


@pytest.mark.parametrize(
    ("period", "name"),
    [("day", "2026.11.22"), ("week", "2026.w47"), ("month", "2026.11"), ("year", "2026")],
)
def test_a_partition_is_a_stretch_of_event_time_in_utc(period: str, name: str) -> None:
    moment = datetime.datetime(2026, 11, 22, 23, 59, tzinfo=datetime.UTC)
    assert partition_of(micros(moment), window=None, period=period) == f"auditsearch-{name}"


def test_an_iso_week_belongs_to_its_own_year() -> None:
    moment = datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC)
    assert partition_of(micros(moment), window=None, period="week") == "auditsearch-2026.w53"


def test_early_years_are_padded() -> None:
    moment = datetime.datetime(1, 1, 1, tzinfo=datetime.UTC)
    assert partition_of(micros(moment), window=None) == "auditsearch-0001.01"


@pytest.mark.parametrize("shift", [-49 * HOUR, 2 * HOUR])
def test_live_events_far_from_now_go_to_the_edge(shift: int) -> None:
    assert partition_of(NOW + shift, now=NOW) == "auditsearch-edge"


@pytest.mark.parametrize("shift", [-48 * HOUR, 0, HOUR])
def test_live_events_near_now_go_to_their_month(shift: int) -> None:
    assert partition_of(NOW + shift, now=NOW) == "auditsearch-2026.11"
