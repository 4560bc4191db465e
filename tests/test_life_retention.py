"""Retention removes what is due and nothing else, in steps that can be killed; what is held stays."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from auditsearch import outbox
from auditsearch.backends import get_backend
from auditsearch.backends.memory import MemoryBackend
from auditsearch.event import from_micros
from auditsearch.exceptions import BackendUnavailable, SettingError
from auditsearch.life import holds, removal, retention, times
from auditsearch.life.checks import check_life
from auditsearch.life.removal import Refused
from auditsearch.life.spans import span
from auditsearch.models import DroppedPartition, OutboxRow, PartitionLock
from auditsearch.testing import captured_events
from tests.factories import NOON, event

pytestmark = pytest.mark.django_db(databases=["default", "other"])

YEAR = 365 * 86_400_000_000
NOW = from_micros(NOON)
OLD, NEW = "auditsearch-2020.11", "auditsearch-2026.11"


@pytest.fixture
def rules(settings):
    def put(*given):
        settings.AUDITSEARCH = settings.AUDITSEARCH | {"RETENTION": list(given), "DELIVERY": "command"}

    put({"keep": "3 years"})
    return put


@pytest.fixture
def backend(rules):
    """Three old events, two new ones."""
    store = MemoryBackend()
    store.index([event(partition=OLD, ts=NOON - 6 * YEAR + n) for n in range(3)])
    store.index([event(partition=NEW, ts=NOON - n) for n in range(2)])
    return store


def run(backend, **options):
    return retention.apply(backend, retention.planned(backend, NOW), NOW, **options)


def test_a_plan_says_what_is_due_and_changes_nothing(backend):
    assert retention.planned(backend, NOW) == [retention.Due(OLD, 3, 3)]
    assert backend.holdings() == {OLD: 3, NEW: 2}


def test_a_partition_of_which_all_is_due_is_dropped_and_stands_in_the_ledger(backend):
    assert run(backend).dropped == [OLD]
    assert backend.holdings() == {NEW: 2}
    assert list(DroppedPartition.objects.values_list("name", flat=True)) == [OLD]


def test_what_comes_late_for_a_dropped_partition_is_expired(backend):
    run(backend)
    late = event(partition=OLD, ts=NOON - 6 * YEAR)
    [outcome] = backend.index([late], dropped=outbox.dropped("default").__contains__)
    assert outcome.settled.value == "expired_late"


def test_the_first_rule_that_fits_decides(backend, rules):
    backend.index([event(partition=OLD, ts=NOON - 6 * YEAR, log="payments")])
    backend.index([event(partition=NEW, ts=NOON - 10 * 86_400_000_000, event_code="login")])
    rules({"log": "payments", "keep": "forever"}, {"event_code": "login", "keep": "1 week"}, {"keep": "3 years"})
    assert {each.partition: each.due for each in retention.planned(backend, NOW)} == {OLD: 3, NEW: 1}
    assert run(backend).dropped == []
    assert backend.holdings() == {OLD: 1, NEW: 2}


@pytest.mark.parametrize(
    "members", [{"object_type": "shop.Order", "object_id": "9"}, {"suid": "77"}, {"log_name": "court"}]
)
def test_what_is_held_stays_until_the_hold_is_lifted(backend, members):
    backend.index([event(partition=OLD, ts=NOON - 6 * YEAR, **members)])
    hold = holds.place("a case at court", **members)
    run(backend)
    assert backend.holdings() == {OLD: 1, NEW: 2}
    holds.lift(hold.pk, "closed")
    run(backend)
    assert backend.holdings() == {NEW: 2}


def test_a_partition_for_which_events_wait_is_refused(backend):
    late = event(partition=OLD, ts=NOON - 6 * YEAR)
    outbox.append("default", [(late.id, OLD, late.canonical, None)])
    assert "1 events wait" in run(backend).refused[OLD]
    assert backend.holdings() == {OLD: 3, NEW: 2}


def test_of_a_partition_for_which_events_wait_nothing_is_taken_either(backend, rules):
    late = event(partition=OLD, ts=NOON - 6 * YEAR)
    backend.index([event(partition=OLD, ts=NOON - 6 * YEAR, log="payments")])
    rules({"log": "payments", "keep": "forever"}, {"keep": "3 years"})
    outbox.append("default", [(late.id, OLD, late.canonical, None)])
    assert "1 events wait" in run(backend).refused[OLD]
    assert backend.holdings() == {OLD: 4, NEW: 2}


def test_a_partition_that_somebody_works_on_is_refused(backend):
    with removal.locked(OLD, "rebuild"):
        assert "rebuild" in run(backend).refused[OLD]
    assert backend.holdings() == {OLD: 3, NEW: 2}


def test_what_is_added_while_it_is_dropped_is_not_lost(backend, monkeypatch):
    plan = retention.planned(backend, NOW)
    backend.index([event(partition=OLD, ts=NOON - YEAR)])
    retention.apply(backend, plan, NOW)
    assert backend.holdings() == {OLD: 1, NEW: 2}
    assert not DroppedPartition.objects.exists()


def test_rules_that_would_remove_everything_are_refused_unless_it_is_said(backend, rules):
    backend.delete(NEW, [one.id for one in backend.read(NEW)])
    with pytest.raises(Refused, match="--everything"):
        run(backend)
    assert run(backend, everything=True).removed == {OLD: 3}


def test_a_clock_that_was_set_back_is_noticed(backend):
    backend.index([event(partition=NEW, ts=NOON + 7_200_000_000, event_code=retention.RUN)])
    with pytest.raises(Refused, match="the clock was set back"):
        retention.planned(backend, NOW)


@pytest.mark.parametrize("days", [-400, 400])
def test_a_clock_that_is_not_the_databases_is_noticed(rules, monkeypatch, days):
    there = retention.clock()
    monkeypatch.setattr(retention, "clock", lambda: there + timedelta(days=days))
    for how in ("--dry-run", "--apply"):
        with pytest.raises(CommandError, match="by that of the database: set them right"):
            call_command("auditsearch_retention", how)


def test_an_event_of_the_future_that_is_no_retention_holds_nothing_up(backend):
    backend.index([event(partition=NEW, ts=NOON + 7_200_000_000)])
    assert run(backend).dropped == [OLD]


def test_each_run_is_an_event(backend):
    with captured_events() as events:
        run(backend)
    assert [(one.event_code, one.context_data["removed"]) for one in events] == [("retention", {OLD: 3})]
    assert (events[0].level, events[0].verbose) == ("WARNING", "Retention removed 3 events, 1 partitions whole")


def test_holds_are_events(rules):
    with captured_events() as events:
        holds.lift(holds.place("why", log_name="main").pk, "over")
    assert [one.event_code for one in events] == ["hold_placed", "hold_lifted"]


@pytest.mark.parametrize("step", ["mark", "waiting"])
def test_killed_at_a_step_the_next_run_goes_on(backend, monkeypatch, step):
    def kill(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(removal, step, kill)
    with pytest.raises(KeyboardInterrupt):
        run(backend)
    monkeypatch.undo()
    PartitionLock.objects.all().delete()
    assert run(backend).dropped == [OLD]


def fail(*args, **kwargs):
    raise BackendUnavailable("gone")


def test_a_partition_that_its_server_refuses_is_left_as_it_was(backend, monkeypatch):
    monkeypatch.setattr(backend, "drop_partition", fail)
    assert run(backend).refused == {OLD: "gone"}
    assert not DroppedPartition.objects.exists()
    assert not PartitionLock.objects.exists()


def test_a_store_that_is_gone_ends_the_run(backend, monkeypatch):
    def gone(*args, **kwargs):
        monkeypatch.setattr(backend, "holdings", fail)
        fail()

    monkeypatch.setattr(backend, "drop_partition", gone)
    with pytest.raises(BackendUnavailable):
        run(backend)
    assert not PartitionLock.objects.exists()


def test_what_was_removed_is_told_however_the_run_ends(backend, monkeypatch):
    def remove(backend, each, asked, done, alive):
        done.removed[each.partition] = 3
        raise KeyboardInterrupt

    monkeypatch.setattr(retention, "_remove", remove)
    with captured_events() as events, pytest.raises(KeyboardInterrupt):
        run(backend)
    assert [one.context_data["removed"] for one in events] == [{OLD: 3}]


def test_a_partition_that_a_killed_run_left_marked_lives_again_if_it_is_not_due(backend, rules):
    removal.mark(NEW)
    run(backend)
    assert list(DroppedPartition.objects.values_list("name", flat=True)) == [OLD]


def test_what_was_removed_is_not_shipped_again(backend, rules):
    rules({"event_code": "login", "keep": "1 week"})
    one = event(partition=OLD, ts=NOON - 6 * YEAR, event_code="login")
    backend.index([one])
    outbox.append("default", [(one.id, OLD, one.canonical, None)])
    OutboxRow.objects.update(state="shipped")
    run(backend)
    assert not OutboxRow.objects.filter(event_id=one.id).exists()


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"kep": "1 year"}, "did you mean 'keep'"),
        ({"xyz": "1 year"}, "known are "),
        ({"log": "main"}, "needs 'keep'"),
        ({"log": 5, "keep": "1 year"}, "needs 'keep'"),
        ({"keep": "3"}, "RETENTION'.: '3' is no age"),
        ({"keep": "0 days"}, "a number from 1 on of days"),
        ("3 years", "must be a list of rules"),
    ],
)
def test_a_rule_that_can_not_be_understood_is_refused(backend, rules, rule, said):
    rules(rule)
    with pytest.raises((SettingError, times.NoTime), match=said):
        retention.planned(backend, NOW)


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({}, []),
        ({"RETENTION": [{"keep": "3 yeers"}]}, ["auditsearch.E018"]),
        ({"RETENTION": [{"keep": "3 years"}, {"log": "payments", "keep": "9 years"}]}, ["auditsearch.E018"]),
        ({"RETENTION": [{"log": "payments", "keep": "9 years"}, {"keep": "3 years"}]}, []),
        ({"ARCHIVE_FILENAME_TEMPLATE": "../%Y"}, ["auditsearch.E019"]),
    ],
)
def test_what_is_set_wrong_is_found_by_the_system_checks(settings, changes, number):
    settings.AUDITSEARCH = settings.AUDITSEARCH | changes
    assert [message.id for message in check_life()] == number


def test_without_rules_all_is_kept(backend, rules):
    rules()
    assert retention.planned(backend, NOW) == []


@pytest.mark.parametrize(
    ("age", "then"),
    [("1 month", "2026-10-22"), ("1 year", "2025-11-22"), ("9 months", "2026-02-22"), ("2 weeks", "2026-11-08")],
)
def test_an_age_is_a_moment_of_the_calendar(age, then):
    assert f"{times.back(age, NOW):%Y-%m-%d}" == then


def test_the_month_before_the_31st_ends_earlier():
    assert times.back("1 month", datetime.fromisoformat("2026-03-31T00:00+00:00")).day == 28


@pytest.mark.parametrize(
    ("stamp", "first", "end"),
    [
        ("2026.11.03", "2026-11-03", "2026-11-04"),
        ("2026.w01", "2025-12-29", "2026-01-05"),
        ("2026.12", "2026-12-01", "2027-01-01"),
        ("2026", "2026-01-01", "2027-01-01"),
    ],
)
def test_a_partition_is_a_stretch_of_time(stamp, first, end):
    assert [f"{from_micros(at):%Y-%m-%d}" for at in span(f"auditsearch-{stamp}")] == [first, end]


@pytest.mark.parametrize("name", ["auditsearch-edge", "auditsearch-2026.13", "auditsearch"])
def test_what_is_no_stretch_of_time_is_never_dropped_whole(name):
    assert span(name) is None


def test_the_commands_show_hold_and_remove(rules, capsys):
    get_backend().index([event(partition=OLD, ts=NOON - 6 * YEAR, object_id=str(n)) for n in (7, 8)])
    get_backend().index([event(partition=NEW)])
    call_command("auditsearch_hold", "place", "--object", "shop.Order:8", "--reason", "a case")
    call_command("auditsearch_retention")
    assert get_backend().holdings() == {OLD: 2, NEW: 1}
    call_command("auditsearch_retention", "--apply")
    assert get_backend().holdings() == {OLD: 1, NEW: 1}
    call_command("auditsearch_hold", "list")
    told = capsys.readouterr().out
    assert "1 events are due" in told
    assert "object_id 8 (a case)" in told


def test_a_hold_without_a_reason_or_an_end_is_refused():
    with pytest.raises(CommandError, match="Say why"):
        call_command("auditsearch_hold", "place", "--log", "main")
    with pytest.raises(CommandError, match="Say why"):
        call_command("auditsearch_hold", "place", "--log", "main", "--reason", " ")
    with pytest.raises(CommandError, match="No hold 5"):
        call_command("auditsearch_hold", "lift", "5", "--reason", "closed")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (["lift", "1"], "Say why it is lifted"),
        (["lift", "--reason", "closed"], "Say which"),
        (["list", "--log", "main"], "list takes no --object"),
        (["place", "3", "--log", "main", "--reason", "a case"], "place takes no number"),
    ],
)
def test_what_a_hold_does_not_take_is_refused(said, told):
    holds.place("a case", log_name="main")
    with pytest.raises(CommandError, match=told):
        call_command("auditsearch_hold", *said)
    assert len(holds.in_force()) == 1


def test_how_many_events_a_hold_keeps_is_told(capsys):
    get_backend().index([event(partition=NEW, object_id=str(n)) for n in (7, 8)])
    call_command("auditsearch_hold", "place", "--object", "shop.Order:7", "--reason", "a case")
    assert "It keeps 1 events that are stored" in capsys.readouterr().out
    call_command("auditsearch_hold", "place", "--object", "shop.order:7", "--reason", "a case")
    assert "No stored event fits: look at how it is written, and lift 2" in capsys.readouterr().err


def test_a_retention_that_is_only_tried_changes_nothing(rules, capsys):
    get_backend().index([event(partition=OLD, ts=NOON - 6 * YEAR), event(partition=NEW)])
    call_command("auditsearch_retention", "--dry-run")
    assert "1 events are due. Nothing was changed" in capsys.readouterr().out
    with pytest.raises(CommandError, match="say one of them"):
        call_command("auditsearch_retention", "--dry-run", "--apply")
    assert get_backend().holdings() == {OLD: 1, NEW: 1}
