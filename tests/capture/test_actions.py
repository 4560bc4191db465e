"""Events of an application's own."""

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import models, transaction
from django.test.utils import isolate_apps

from auditsearch.api import record
from auditsearch.canonical import dumps, loads, normalise
from auditsearch.capture.diff import Plan
from auditsearch.capture.drafts import draft
from auditsearch.capture.fields import column
from auditsearch.capture.record import Record
from auditsearch.context import acting
from auditsearch.testing import Captured, captured_events
from tests.capture.conftest import customer
from tests.shop.models import Customer


def test_an_event_of_ones_own_bears_what_it_is_given(events: Captured) -> None:
    made = customer("Анна")
    event_id = record("export", object=made, verbose="12 rows exported", log="students", level="WARNING", rows=12)
    event = events[-1]
    assert (event.id, event.event_code, event.log, event.level) == (event_id, "export", "students", "WARNING")
    assert (event.object_type, event.object_id, event.object_label) == ("shop.Customer", str(made.pk), "Анна")
    assert (event.verbose, event.context_data) == ("12 rows exported", {"rows": 12})
    assert (event.event_type, event.system_type) == ("undefined", "undefined")


def test_secrets_in_it_are_masked(events: Captured) -> None:
    record("call", verbose="password=abc", url={"headers": {"Authorization": "abc"}}, token="abc")
    assert "abc" not in events[-1].canonical


def test_any_value_is_taken(events: Captured) -> None:
    loop: list[object] = []
    loop.append(loop)
    record(
        "odd", loop=loop, text="\ud800", big=2**70, exact=Decimal("1.10"), of={1: object()}, day=datetime.date(1, 1, 1)
    )
    context = events[-1].context_data
    assert (context["loop"], context["big"], str(context["exact"])) == (["<circular>"], 2**70, "1.10")


def test_it_is_rolled_back_with_what_it_tells_of(events: Captured) -> None:
    with transaction.atomic():
        record("export")
        transaction.set_rollback(True)
    assert len(events) == 0


@pytest.mark.django_db(databases=["default", "other"])
def test_it_goes_to_the_database_it_is_told() -> None:
    with captured_events("other") as there:
        record("export", using="other")
    assert [event.event_code for event in there] == ["export"]


def test_off_it_is_nothing(events: Captured, audit: Callable[..., None]) -> None:
    audit(ENABLED=False)
    assert record("export") is None
    assert len(events) == 0


def test_who_acts_can_be_said(events: Captured) -> None:
    class Robot:
        pk, is_authenticated = 7, True

        def get_username(self) -> str:
            return "robot"

    with acting(Robot()):
        Customer.objects.create(name="a")
    assert (events[-1].suid, events[-1].user) == ("7", "robot")
    assert events[-1].verbose == f"robot created Customer {events[-1].object_id}"


def test_a_record_can_be_changed_until_it_is_frozen() -> None:
    draft = Record("export", suid="7")
    draft.timestamp = datetime.datetime(2026, 11, 22, 8, tzinfo=datetime.UTC)
    draft.level, draft.user = 5, type("Name", (str,), {})("Анна")  # type: ignore[assignment]
    _, partition, text, _ = draft.freeze()
    tree = loads(text)
    assert (tree["ts"], tree["level"], tree["user_name"]) == (1795334400000000, "5", "Анна")
    assert partition.startswith("auditsearch-")


def test_ready_and_careful_text_are_the_same_bytes() -> None:
    numbers = map(Decimal, ("1.50", "-0.00", "1E+3", "0E-9", "NaN", "-Infinity", "9" * 40, f"0.{'1' * 300}"))
    now = datetime.datetime.now(datetime.UTC)
    times = [
        now,
        now.replace(tzinfo=None, microsecond=0),
        now.replace(year=9),
        now.date(),
        datetime.date.min,
    ]
    values = {"a": [*numbers], "d": times, "t": datetime.timedelta(1), "b": b"x", "u": UUID(int=7)}
    quick = Record("x", object_snapshot=values, ready=True)._text("id")[0]
    slow = Record("x", object_snapshot=values, ts=loads(quick)["ts"])._text("id")[0]
    assert quick == slow == dumps(normalise(loads(quick)))


@isolate_apps("tests.shop")
def test_a_time_of_day_keeps_its_small_fractions() -> None:
    class Alarm(models.Model):
        at = models.TimeField()

        class Meta:
            app_label = "shop"

        def __str__(self) -> str:
            return "alarm"

    alarm, plan = Alarm(at=datetime.time(7, 0, 0, 20864)), Plan(Alarm)
    text = draft("insert", alarm, plan, plan.read(vars(alarm))).freeze()[2]
    assert loads(text)["snapshot"]["at"] == "07:00:00.020864"


@pytest.mark.parametrize("year", [1800, 2026])
def test_offsets_that_iso_8601_does_not_know_are_utc_in_the_quick_text_too(year: int, settings: Any) -> None:
    settings.USE_TZ = False
    moment = datetime.datetime(year, 1, 1, tzinfo=ZoneInfo("Europe/Kyiv"))
    field = models.DateTimeField()
    field.set_attributes_from_name("a")
    kept = column(field).read(moment)
    quick = loads(Record("x", object_snapshot={"a": kept}, ready=True)._text("id")[0])
    assert quick["snapshot"]["a"] == normalise(moment)


def test_a_ready_record_with_a_lone_surrogate_is_written_too() -> None:
    draft = Record("x", object_label="a\ud800", object_snapshot={"n": 2**70}, ready=True)
    assert loads(draft.freeze()[2])["object_label"] == "a\\ud800"
