"""Handlers of the application: asked in order, believed, and unable to break what they are asked about."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client

from auditsearch import signals
from auditsearch.api import record
from auditsearch.capture import handlers
from auditsearch.capture.record import Record
from auditsearch.enums import EventCode
from auditsearch.testing import Captured
from tests.capture.conftest import customer, order
from tests.shop.models import Account, Customer

Connect = Callable[..., None]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Connect handlers for one test."""
    connected: list[tuple[signals.AuditSignal, Any, Any]] = []

    def connecting(signal: signals.AuditSignal, handler: Any, sender: Any = None) -> None:
        signal.connect(handler, sender=sender, weak=False)
        connected.append((signal, handler, sender))

    yield connecting
    for signal, handler, sender in connected:
        assert signal.disconnect(handler, sender)


def test_the_order_is_context_then_sentence_then_snapshot_then_mask(events: Captured, connect: Connect) -> None:
    calls: list[str] = []

    def post(log_record: Record, **_: Any) -> None:
        calls.append(f"post {log_record.verbose} {log_record.suid}")
        log_record.verbose = "password=abc"

    connect(signals.log_context_signal, lambda request, **_: calls.append("context") or {"suid": 7})
    connect(signals.msg_for_log_signal, lambda log_record, **_: calls.append("message") or "said")
    connect(signals.post_snapshot_signal, post)
    Customer.objects.create(name="a")
    assert calls == ["context", "message", "post said 7"]
    assert (events[-1].suid, events[-1].verbose) == ("7", "password=***")


def test_dictionaries_of_several_handlers_merge_in_order(events: Captured, connect: Connect) -> None:
    connect(signals.log_context_signal, lambda request, **_: {"suid": 1, "event_type": "se", "a": 1, "b": 1})
    connect(signals.log_context_signal, lambda request, **_: {"suid": None, "system_type": "app", "b": 2})
    connect(signals.log_context_signal, lambda request, **_: None)
    Customer.objects.create(name="a")
    event = events[-1]
    assert (event.suid, event.event_type, event.system_type) == ("1", "se", "app")
    assert event.context_data == {"a": 1, "b": 2}


def test_a_sentence_is_made_of_the_instance_and_its_fields(events: Captured, connect: Connect) -> None:
    def say(log_record: Record, model_instance: Any, fields_dict: dict[str, Any], **_: Any) -> str:
        return f"{log_record.event_code} {model_instance.name} {sorted(fields_dict)}"

    connect(signals.msg_for_log_signal, say, Customer)
    customer("Анна").delete()
    assert [event.verbose for event in events[-2:]] == [
        "insert Анна ['friend_id', 'id', 'name']",
        "delete Анна ['friend_id', 'id', 'name']",
    ]


def test_the_last_sentence_counts_and_none_leaves_it(events: Captured, connect: Connect) -> None:
    for said in ("first", "second", None):
        connect(signals.msg_for_log_signal, lambda said=said, **_: said)
    Customer.objects.create(name="a")
    assert events[-1].verbose == "second"


def test_a_handler_sees_no_secret(events: Captured, connect: Connect) -> None:
    seen: list[Any] = []
    connect(signals.msg_for_log_signal, lambda fields_dict, **_: seen.append(fields_dict["password"]))
    Account.objects.create(username="a", password="abc")
    assert seen == ["***"]


def test_a_record_can_be_changed_or_dropped(events: Captured, connect: Connect) -> None:
    def judge(log_record: Record, **_: Any) -> None:
        log_record.event_code = "cc"
        log_record.context_data["secret"] = "abc"
        if log_record.object_snapshot["name"] == "nobody":
            log_record.drop()

    connect(signals.post_snapshot_signal, judge, Customer)
    for name in ("anna", "nobody"):
        Customer.objects.create(name=name)
    assert [(event.event_code, event.context_data) for event in events] == [("cc", {"secret": "***"})]


def test_system_events_have_a_signal_of_their_own(events: Captured, connect: Connect, client: Client) -> None:
    seen: list[Any] = []
    connect(
        signals.post_system_event_signal,
        lambda log_record, action, request, **_: seen.append((log_record.event_code, action, request and request.path)),
    )
    connect(
        signals.msg_for_log_signal, lambda model_instance, fields_dict, **_: seen.append((model_instance, fields_dict))
    )
    connect(signals.post_snapshot_signal, lambda **_: seen.append("never"))
    record("export", object=User(pk=1, username="anna"))
    assert seen == [(None, {}), ("export", None, None)]


@pytest.mark.parametrize("signal", ["msg_for_log_signal", "log_context_signal", "post_snapshot_signal"])
def test_a_handler_that_raises_is_counted_and_breaks_nothing(
    events: Captured, connect: Connect, signal: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = handlers.failures[signal]
    connect(getattr(signals, signal), lambda **_: 1 / 0)
    Customer.objects.create(name="a")
    assert handlers.failures[signal] == before + 1
    assert events[-1].verbose == f"Customer {events[-1].object_id} created"
    assert "ZeroDivisionError" in caplog.text


def test_an_answer_of_the_wrong_kind_is_counted(events: Captured, connect: Connect) -> None:
    before = handlers.failures["log_context_signal"]
    connect(signals.log_context_signal, lambda **_: "no dictionary")
    Customer.objects.create(name="a")
    assert handlers.failures["log_context_signal"] == before + 1


def test_what_a_handler_makes_of_a_record_never_breaks_the_change(events: Captured, connect: Connect) -> None:
    def spoil(log_record: Record, **_: Any) -> None:
        log_record.ts, log_record.context_data, log_record.suid = "x", ["a"], {1: object()}  # type: ignore[assignment]

    connect(signals.post_snapshot_signal, spoil)
    Customer.objects.create(name="a")
    assert events[-1].context_data == {"value": ["a"]}


def test_a_handler_that_saves_is_asked_once(events: Captured, connect: Connect) -> None:
    connect(signals.post_snapshot_signal, lambda **_: Group.objects.create(name="g") and customer("made by a handler"))
    Customer.objects.create(name="a")
    assert [event.object_label for event in events] == ["made by a handler", "a"]


def test_a_handlers_failed_query_leaves_the_transaction_usable(events: Captured, connect: Connect) -> None:
    def ask(**_: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM missing")

    connect(signals.msg_for_log_signal, ask)
    Customer.objects.create(name="a")
    assert Customer.objects.count() == len(events) == 1


def test_a_handler_may_name_only_what_it_wants(events: Captured, settings: Any, connect: Connect) -> None:
    settings.DEBUG = True

    def say(sender: Any, log_record: Record) -> str:
        return f"{sender.__name__} {log_record.event_code}"

    connect(signals.msg_for_log_signal, say)
    Customer.objects.create(name="a")
    assert events[-1].verbose == "Customer insert"


def test_without_handlers_a_draft_is_written_as_it_is() -> None:
    assert not handlers.connected()
    assert not signals.log_context_signal.receivers


def test_a_sum_of_many_rows_is_shown_with_its_model(events: Captured, audit: Any, connect: Connect) -> None:
    seen: list[Any] = []
    order(), order()
    audit(BULK_EVENTS=1)
    connect(signals.msg_for_log_signal, lambda model_instance, **_: seen.append(model_instance._meta.label))
    type(order()).objects.update(number="B")
    assert seen[-1] == "shop.Order"
    assert events[-1].event_code == EventCode.UPDATE


def test_the_second_names_are_the_same_signals() -> None:
    assert signals.custom_verbose is signals.msg_for_log_signal
    assert signals.custom_log_context is signals.log_context_signal
    assert (signals.post_snapshot, signals.post_system_event) == (
        signals.post_snapshot_signal,
        signals.post_system_event_signal,
    )
