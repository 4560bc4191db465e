"""Python's logging in and out: a record is one event, wherever it passes by, and never disturbs its caller."""

import json
import logging
import subprocess
import sys
import threading
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings

from auditsearch import delivery, ship
from auditsearch.context import acting, running_scope, token_scope
from auditsearch.logs import AuditFormatter, AuditHandler, ecs, jsonlines, writer
from auditsearch.logs.importers import outbox_row
from auditsearch.models import OutboxRow
from auditsearch.quiet import quietly
from auditsearch.testing import captured_events
from tests.shop.models import Customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def log() -> logging.Logger:
    """A logger of the log `students`, with an AuditHandler alone."""
    logger = logging.Logger("auditsearch.students")
    logger.addHandler(AuditHandler())
    return logger


class Unprintable:
    def __str__(self) -> str:
        raise ValueError("no text")


def test_a_record_is_an_event_of_its_loggers_log(log: logging.Logger) -> None:
    with captured_events() as events:
        log.warning("Cleared %s", "B1234567", extra={"user": "Anna", "event_code": "cleared", "amount": 5})
    (event,) = events
    assert (event.log, event.logger, event.level) == ("students", "auditsearch.students", "WARNING")
    assert (event.verbose, event.user, event.event_code) == ("Cleared B1234567", "Anna", "cleared")
    assert event.context_data == {"amount": 5}


def test_a_handler_may_name_the_log_of_any_logger() -> None:
    record = logging.makeLogRecord({"name": "payments.gateway", "msg": "paid", "levelname": "INFO"})
    with captured_events() as events:
        AuditHandler(log="payments").handle(record)
    assert [event.log for event in events] == ["payments"]


def test_a_dictionary_as_message_is_fields(log: logging.Logger) -> None:
    with captured_events() as events:
        log.info({"message": "paid", "user": "Anna", "amount": 5})
    assert (events[0].verbose, events[0].user, events[0].context_data) == ("paid", "Anna", {"amount": 5})


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ({"verbose": "paid"}, {}),
        ({"verbose": "", "msg": "paid"}, {"verbose": ""}),
        ({"event": "order", "message": "paid"}, {"event": "order"}),
    ],
)
def test_one_key_of_a_dictionary_is_the_sentence_and_no_other_is_lost(
    log: logging.Logger, said: dict[str, str], left: dict[str, str]
) -> None:
    with captured_events() as events:
        log.info(said)
    assert (events[0].verbose, events[0].context_data) == ("paid", left)


def test_an_object_of_extra_is_what_the_event_is_about(log: logging.Logger) -> None:
    customer = Customer.objects.create(name="Ben")
    with captured_events() as events:
        log.info("called", extra={"object": customer})
    assert (events[0].object_type, events[0].object_id) == ("shop.Customer", str(customer.pk))


def test_what_the_object_of_extra_hides_is_said_nowhere(log: logging.Logger, settings: Any) -> None:
    settings.AUDITSEARCH = {**settings.AUDITSEARCH, "MASK": ["shop.Customer.name"]}
    customer = Customer.objects.create(name="Ben Hidden")
    with captured_events() as events:
        log.info("%s called", customer, extra={"object": customer, "said": ["of ben hidden"]})
    assert (events[0].verbose, events[0].context_data) == ("*** called", {"said": ["of ***"]})


def test_an_exception_is_kept_with_its_traceback(log: logging.Logger) -> None:
    with captured_events() as events:
        try:
            raise KeyError("password=geheim")
        except KeyError:
            log.exception("failed")
    found = events[0].context_data["exception"]
    assert found["type"] == "KeyError"
    assert "test_logs_handler.py" in found["traceback"]
    assert "geheim" not in events[0].canonical


def test_secrets_are_hidden_in_message_and_extra(log: logging.Logger) -> None:
    with captured_events() as events:
        log.info("login with password=%s", "geheim", extra={"api_token": "geheim", "deep": {"secret": "geheim"}})
    assert "geheim" not in events[0].canonical


@pytest.mark.parametrize(
    "extra",
    [{"error": ValueError("password=Hidden")}, {"said": {"a": ["token: Hidden"]}}, {"object_label": "pwd=Hidden"}],
)
def test_what_texts_of_extra_say_is_hidden(log: logging.Logger, extra: dict[str, Any]) -> None:
    with captured_events() as events:
        log.info("tried", extra=extra)
    assert "Hidden" not in events[0].canonical


def test_an_argument_that_is_a_secret_by_name_is_hidden(log: logging.Logger) -> None:
    with captured_events() as events:
        log.info("%(user)s has %(password)s and %(n)d", {"user": "Anna", "password": "Hidden", "n": 5})
    assert events[0].verbose == "Anna has *** and 5"


def test_the_events_of_a_request_share_its_token(log: logging.Logger) -> None:
    with captured_events() as events, token_scope("a-token"):
        log.info("here")
    assert events[0].request_token == "a-token"


def test_a_record_tells_for_what_reason_and_in_which_command(log: logging.Logger) -> None:
    with captured_events() as events, running_scope("command", {"command": "tidy"}), acting("anna", reason="order 7"):
        log.info("Cleared", extra={"reason": "its own"})
        log.info("Cleared", extra={"amount": 5})
    assert [event.context_data for event in events] == [
        {"command": "tidy", "reason": "its own"},
        {"command": "tidy", "reason": "order 7", "amount": 5},
    ]
    assert {(event.user, event.system_type) for event in events} == {("anna", "command")}


@pytest.mark.parametrize("args", [("%d", "x"), ("%s %s", 1), ("%s", Unprintable()), (Unprintable(),)])
def test_no_message_raises_into_the_caller(log: logging.Logger, args: tuple[Any, ...]) -> None:
    with captured_events() as events:
        log.info(*args)
    assert len(events) == 1


def test_a_record_is_one_event_by_however_many_handlers_it_passes(log: logging.Logger) -> None:
    log.addHandler(AuditHandler(log="other"))
    with captured_events() as events:
        log.info("once")
    assert [event.log for event in events] == ["students"]


def test_our_own_work_is_no_event() -> None:
    handler, own = AuditHandler(), logging.makeLogRecord({"name": "auditsearch", "msg": "x"})
    with captured_events() as events:
        handler.handle(own)
        with quietly():
            handler.handle(logging.makeLogRecord({"name": "urllib3", "msg": "POST /_bulk"}))
        thread = threading.Thread(target=handler.handle, args=[logging.makeLogRecord({})], name="auditsearch-flight")
        thread.start()
        thread.join()
    assert len(events) == 0


def test_what_a_store_logs_while_shipping_is_not_shipped_again(log: logging.Logger) -> None:
    class Talkative:
        embedded = True

        def index(self, documents: Any, **_: Any) -> Any:
            log.info("POST /_bulk")
            raise AssertionError(len(documents))

    log.info("one")
    with pytest.raises(AssertionError, match="1"):
        ship.drain("default", Talkative())  # type: ignore[arg-type]
    assert OutboxRow.objects.count() == 1


def test_a_text_that_logs_itself_is_no_loop(log: logging.Logger) -> None:
    class Talking:
        def __str__(self) -> str:
            log.info("asked for its text %s", self)
            return "talking"

    with captured_events() as events:
        log.info("%s", Talking())
    assert [event.verbose for event in events] == ["talking"]


def test_switched_off_nothing_is_written(log: logging.Logger) -> None:
    with override_settings(AUDITSEARCH={"ENABLED": False}), captured_events() as events:
        log.info("x")
    assert len(events) == 0


@pytest.mark.django_db(transaction=True)
def test_what_was_said_before_a_rollback_stays_said(log: logging.Logger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "testing", lambda: False)
    monkeypatch.setattr(delivery, "fragile", lambda using: True)
    with delivery.held():
        with transaction.atomic():
            log.info("about to fail")
            transaction.set_rollback(True)
        log.handlers[0].flush()
    assert OutboxRow.objects.count() == 1


def test_a_full_queue_counts_what_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = writer.Queue("default")
    for n in range(5):
        queue.put((f"{n}", "p", "{}", None), limit=2)
    with captured_events():
        assert queue.write()
        rows = list(OutboxRow.objects.order_by("pk").values_list("canonical", flat=True))
    assert rows[:2] == ["{}", "{}"]
    assert json.loads(rows[2])["context"] == {"count": 3}


def test_a_database_that_fails_keeps_the_events_and_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = writer.Queue("nowhere")
    queue.put(("1", "p", "{}", None), limit=2)
    assert not queue.write()
    assert len(queue.rows) == 1


def lines(formatter: AuditFormatter, **extra: Any) -> dict[str, Any]:
    """The one line that a formatter writes of a record."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    record = logging.Logger("auditsearch.students").makeRecord(
        "auditsearch.students", 20, "", 1, "Cleared %s", ("B1",), None, extra=extra or None
    )
    handler.emit(record)
    (line,) = stream.getvalue().splitlines()
    return dict(json.loads(line))


def test_the_formatter_writes_the_document_of_the_event() -> None:
    record = logging.makeLogRecord({"name": "auditsearch.students", "levelname": "INFO", "msg": "x", "amount": 5})
    line = AuditFormatter().format(record)
    with captured_events() as events:
        AuditHandler().handle(record)
    assert events[0].canonical == line


def test_static_fields_go_into_each_event() -> None:
    found = lines(AuditFormatter(static_fields={"service": "billing"}))
    assert found["context"] == {"service": "billing"}


def test_by_ecs_names_nothing_is_lost() -> None:
    plain = {"id": "i", "ts": 1_430_291_546_091_001, "schema": 1, "verbose": "x", "ip": "::1", "user_name": "Anna"}
    plain["context"] = {"a": 1, "exception": {"type": "E", "message": "m", "traceback": "t"}}
    line = ecs.written(plain)
    assert (line["@timestamp"], line["user.name"]) == ("2015-04-29T07:12:26.091001Z", "Anna")
    assert ecs.read(line) == plain


@pytest.mark.parametrize("names", [False, True])
def test_a_written_line_is_read_back_as_the_same_document(names: bool) -> None:
    record = logging.makeLogRecord({"name": "shop", "levelname": "INFO", "msg": "x", "amount": 5, "user": "Anna"})
    fields = jsonlines.parse(AuditFormatter(ecs=names).format(record))
    assert fields is not None
    fields.pop("timestamp")
    row = outbox_row(fields.pop("id"), fields.pop("ts"), fields)
    assert row[2] == AuditFormatter().format(record)


@pytest.mark.parametrize("said", ["boom", ["a"], {"type": "x", "more": 2}, {"type": "x"}, {}, None])
def test_an_exception_of_somebodys_own_form_is_written_and_read_back(said: Any) -> None:
    record = logging.makeLogRecord({"msg": "hi", "exception": said})
    by_ecs, plain = (jsonlines.parse(AuditFormatter(ecs=names).format(record)) for names in (True, False))
    assert by_ecs == plain


def test_a_service_without_django_writes_the_same_lines(tmp_path: Path) -> None:
    code = (
        "import logging; from auditsearch.logs import AuditFormatter; h = logging.StreamHandler();"
        "h.setFormatter(AuditFormatter(log='billing')); logging.getLogger().addHandler(h);"
        "logging.error('password=%s', 'geheim', extra={'user': 'Anna'})"
    )
    root = str(Path(__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": root}
    )
    line = json.loads(done.stderr)
    assert (line["log_name"], line["user_name"], line["verbose"]) == ("billing", "Anna", "password=***")
