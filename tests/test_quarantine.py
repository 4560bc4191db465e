"""What is held in the outbox: shown, sent again, dropped; and what was shipped, shipped again. All of it is audited."""

from __future__ import annotations

import io
import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Now

from auditsearch import again, backends, outbox, ship
from auditsearch.backends.base import Settled
from auditsearch.event import Event, new_id
from auditsearch.life import holds
from auditsearch.models import OutboxRow, State
from auditsearch.query.tree import And
from tests.factories import NOON, PARTITION, canonical
from tests.stores import Server

pytestmark = pytest.mark.django_db(databases=["default", "other"])


def append(n: int = 1) -> list[str]:
    ids = [new_id(NOON) for _ in range(n)]
    outbox.append("default", [(each, PARTITION, canonical(id=each), None) for each in ids])
    return ids


def quarantine(*arguments: str, **options: Any) -> str:
    """What the command prints."""
    out = io.StringIO()
    call_command("auditsearch_quarantine", *arguments, stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def bad() -> str:
    """An event that the store has refused, with another one that it took."""
    refused, _ = append(2)
    ship.drain("default", Server(**{refused: Settled.QUARANTINE}))
    return refused


def told(code: str) -> dict[str, Any]:
    """The only thing that the only event of this code tells."""
    events = [Event.from_canonical(text) for text in OutboxRow.objects.values_list("canonical", flat=True)]
    (found,) = [event for event in events if event.event_code == code]
    (one,) = found.context_data["events"]
    return dict(one)


def test_list_tells_what_is_held_and_why(bad: str) -> None:
    assert bad in quarantine("list")
    assert "as the test wants" in quarantine("list")
    assert "Nothing is held" in quarantine("list", state="truncated")


def test_each_line_of_json_is_an_event(bad: str) -> None:
    (line,) = quarantine("list", "--json").splitlines()
    assert json.loads(line).items() >= {"id": bad, "state": "quarantined", "reason": "as the test wants"}.items()


def test_show_gives_the_event_whole(bad: str) -> None:
    assert OutboxRow.objects.get(event_id=bad).canonical in quarantine("show", bad)


def test_retry_sends_it_as_if_it_were_new_and_is_audited(bad: str) -> None:
    assert "1 events wait" in quarantine("retry", bad)
    assert told("outbox_retried").items() >= {"id": bad, "state": "quarantined", "reason": "as the test wants"}.items()
    store = Server()
    ship.drain("default", store)
    assert bad in store.batches[0]
    assert not OutboxRow.objects.exclude(state=State.SHIPPED).exists()


def test_drop_removes_it_and_keeps_its_hash_in_the_log(bad: str) -> None:
    quarantine("drop", "--all")
    assert not OutboxRow.objects.filter(event_id=bad).exists()
    assert len(told("outbox_dropped")["leaf"]) == 64


def test_what_is_under_a_legal_hold_is_not_dropped(bad: str) -> None:
    holds.place("a case", object_type="shop.Order")
    with pytest.raises(CommandError, match=f"Under a legal hold, which nothing may remove: {bad}"):
        quarantine("drop", "--all")
    assert OutboxRow.objects.filter(event_id=bad).exists()


def test_what_would_be_dropped_is_shown_and_stays(bad: str) -> None:
    shown = quarantine("drop", "--all", "--dry-run")
    assert bad in shown
    assert "drop would be done to 1 events. Nothing was changed." in shown
    assert OutboxRow.objects.filter(event_id=bad).exists()


def test_many_are_sent_again_and_dropped_in_statements_that_any_database_takes(settings, monkeypatch) -> None:
    monkeypatch.setattr("auditsearch.quarantine.SLICE", 40)
    ids = append(100)
    ship.drain("default", Server(**dict.fromkeys(ids, Settled.QUARANTINE)))
    assert "100 events wait" in quarantine("retry", "--all")
    ship.drain("default", Server(**dict.fromkeys(ids, Settled.QUARANTINE)))
    assert "100 events" in quarantine("drop", "--all")
    assert OutboxRow.objects.count() == 6  # what tells of both, forty in each


@pytest.mark.parametrize("arguments", [["retry"], ["drop"], ["show"], ["show", "--all"], ["drop", "nobody"]])
def test_nothing_is_done_to_what_was_not_named(bad: str, arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        quarantine(*arguments)
    assert OutboxRow.objects.get(event_id=bad).state == State.QUARANTINED


def test_what_waits_or_is_shipped_can_t_be_dropped() -> None:
    (waiting,) = append()
    with pytest.raises(CommandError, match="Not held"):
        quarantine("drop", waiting)


class TestAgain:
    @pytest.fixture(autouse=True)
    def store(self, monkeypatch: pytest.MonkeyPatch) -> Server:
        store = Server()
        monkeypatch.setattr(backends, "_make", lambda kind: store)
        monkeypatch.setattr(backends, "_made", {})
        return store

    def test_a_restored_store_is_filled_and_what_it_has_is_not_doubled(self, store) -> None:
        ids = append(4)
        ship.drain("default", store)
        store.forget(ids[:2])
        call_command("auditsearch_ship", again=again.period("2020-01-01.."), stdout=io.StringIO())
        assert Counter(store.batches[-1]) == Counter(ids)
        assert store.count(And(())) == 4

    def test_only_what_was_confirmed_in_that_time_is_shipped_again(self) -> None:
        append(3)
        ship.drain("default", Server())
        first = OutboxRow.objects.values_list("pk", flat=True)[0]
        OutboxRow.objects.filter(pk=first).update(shipped_at=Now() - timedelta(days=3))
        now = datetime.now(tz=ZoneInfo("UTC"))
        assert again.reopen("default", again.Period(now - timedelta(days=4), now - timedelta(days=2))) == 1
        assert again.reopen("default", again.Period(None, now - timedelta(days=2))) == 0

    def test_many_are_shipped_again_some_at_a_time(self, store, monkeypatch) -> None:
        monkeypatch.setattr(outbox, "SLICE", 40)
        append(100)
        ship.drain("default", store)
        assert again.reopen("default", again.period("2020-01-01..")) == 100
        assert OutboxRow.objects.filter(state=State.WAITING).count() == 100


@pytest.mark.parametrize("text", ["", "..", "2026-11-21", "2026-11-21...", "yesterday..", "2026-13-01.."])
def test_a_range_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"FROM\.\.TO"):
        again.period(text)


def test_a_date_is_its_midnight_in_the_site_s_zone() -> None:
    lagos = ZoneInfo("Africa/Lagos")
    assert again.period("2026-11-21..2026-11-22T03:00Z") == (
        datetime(2026, 11, 21, tzinfo=lagos),
        datetime(2026, 11, 22, 3, tzinfo=ZoneInfo("UTC")),
    )
