"""Each row of docs/migrating.md is a test, named by its first cell; and the example of the old manual runs."""

import json
import re
import runpy
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection, router
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from auditsearch import api, apps, dbrouters, enums, event, helpers, managers, middleware, signals
from auditsearch.api import filter_events, get_events_by_token, record
from auditsearch.backends import get_backend
from auditsearch.capture import gap, handlers
from auditsearch.capture.checks import check_codes
from auditsearch.capture.registry import problems, tracked
from auditsearch.checks import check_models
from auditsearch.context import request_scope, token_scope
from auditsearch.enums import ConfigurableEnum, EventCode, EventType, SystemEnum, SystemsEnum
from auditsearch.models import OutboxRow
from auditsearch.testing import Captured, ship
from tests.capture.conftest import audit, committed, customer, events, order  # noqa: F401 - fixtures
from tests.moved.settings import AUDITSEARCH
from tests.shop.models import Customer, Order, Price

PAGE = (Path(__file__).parent.parent / "docs/migrating.md").read_text()
MOVED = Path(__file__).parent / "moved"
ROWS: dict[str, str] = {}

Audit = Callable[..., None]


def row(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Say which row of the page a test reads like."""

    def decorate(test: Callable[..., Any]) -> Callable[..., Any]:
        ROWS.update(dict.fromkeys(names, test.__name__))
        return test

    return decorate


def first_cells() -> list[str]:
    """What stands in the first column of the page's table, without its marks."""
    lines = re.findall(r"^\| (.+?) \|", PAGE, re.MULTILINE)[1:]
    return [name for line in lines for name in (re.findall(r"`([\w.]+)", line) or [line])]


def test_each_row_has_its_test() -> None:
    assert set(first_cells()) - set(ROWS) == set()


@row("DATALOGGER_SUSPECTS_MODEL")
@pytest.mark.parametrize("entry", ["shop.Order", "tests.shop.models.Order", "shop.*"])
def test_models_are_named_shortly_or_wholly_or_all_of_an_app(audit: Audit, entry: str) -> None:  # noqa: F811
    audit(MODELS=[entry])
    assert Order in tracked()
    audit(MODELS=["tests.shop.models.Ordr"])
    assert problems()[0][0] == "tests.shop.models.Ordr"
    assert [(each.id, "'shop.Order'" in each.msg) for each in check_models()] == [("auditsearch.E003", True)]


@row("DataLoggingManager")
def test_a_model_is_tracked_by_declaring_its_manager(events: Captured) -> None:  # noqa: F811
    assert isinstance(Price.objects, managers.DataLoggingManager)
    Price.objects.create(amount=5)
    assert events[-1].object_type == "shop.Price"


@row("DATALOGGER_EXCLUDE_FIELDS")
@pytest.mark.parametrize("name", ["number", "shop.Order.number"])
def test_excluded_fields_are_not_compared_but_shown(events: Captured, audit: Audit, name: str) -> None:  # noqa: F811
    audit(EXCLUDE_FIELDS=[name, "modified"])
    made = order()
    former = len(events)
    made.number = "B-2"
    made.save()
    assert len(events) == former
    made.quantity = 7
    made.save()
    assert events[-1].diff.keys() == {"quantity"}
    assert events[-1].object_snapshot["number"] == "B-2"


@row("DATALOGGER_EXCLUDE_ACTIONS")
@pytest.mark.parametrize("name", ["tests.windows.Window", "Window", "window", "tests.windows"])
def test_nothing_is_logged_while_an_excluded_action_runs(
    events: Captured,  # noqa: F811
    audit: Audit,  # noqa: F811
    settings: Any,
    client: Client,
    name: str,
) -> None:
    settings.ROOT_URLCONF = "tests.windows"
    audit(EXCLUDE_ACTIONS=[name])
    client.get("/window")
    assert Customer.objects.count() == 1
    assert len(events) == 0


@row("DATALOGGER_HOOKED_ACTIONS")
def test_each_call_of_a_hooked_action_is_a_system_event(
    events: Captured,  # noqa: F811
    audit: Audit,  # noqa: F811
    settings: Any,
    client: Client,
) -> None:
    settings.ROOT_URLCONF = "tests.windows"
    audit(HOOKED_ACTIONS={"Window": "CUSTOM_EVENT_CODE"}, EVENT_CODES={"CUSTOM_EVENT_CODE": ("cec", "Собственный")})
    seen: list[Any] = []

    def handle(sender: Any, log_record: Any, action: Any, request: Any) -> None:
        seen.append((log_record.event_code, action.__name__, request.path))

    signals.post_system_event_signal.connect(handle)
    client.get("/window")
    signals.post_system_event_signal.disconnect(handle)
    assert seen == [("cec", "Window", "/window")]
    assert events[-1].event_code == EventCode.CUSTOM_EVENT_CODE == "cec"


@row("DATALOGGER_EVENT_CODE", "DATALOGGER_EVENT_TYPE", "DATALOGGER_SYSTEMS_ENUM")
@pytest.mark.parametrize(
    ("setting", "enum"), [("EVENT_CODES", EventCode), ("EVENT_TYPES", EventType), ("SYSTEMS", SystemEnum)]
)
def test_codes_are_added_by_settings(audit: Audit, setting: str, enum: Any) -> None:  # noqa: F811
    audit(**{setting: {"CRITICAL_CHANGE": ("cc", "Критичное изменение")}})
    assert enum.CRITICAL_CHANGE == "cc"
    assert enum.CRITICAL_CHANGE.label == "Критичное изменение"
    assert enum.CRITICAL_CHANGE in list(enum)
    assert ("cc", "Критичное изменение") in enum.choices
    audit(**{setting: {"A": ("cc", "x"), "B": ("cc", "y")}})
    assert [each.id for each in check_codes()] == ["auditsearch.E015"]


def test_built_in_are_the_six_codes() -> None:
    assert {"insert", "update", "delete", "login", "logout", "win_open"} <= set(EventCode.values)


@row("ConfigurableEnum")
def test_an_enumeration_of_ones_own_is_loaded_from_the_settings(settings: Any) -> None:
    class Office(ConfigurableEnum, setting="OFFICES"):
        BURSARY = ("bursary", "Bursary")

    settings.OFFICES = {"REGISTRY": ("registry", "Registry")}
    assert Office.REGISTRY == "registry"
    assert Office.choices == [("bursary", "Bursary"), ("registry", "Registry")]


@row("DATALOGGER_DATABASE", "DataLoggerRouter", "NotUseDataLoggerDBRouter", "datalogging.south_migration")
@pytest.mark.django_db(databases=["default", "other"])
def test_the_outbox_has_a_database_of_its_own(audit: Audit, settings: Any) -> None:  # noqa: F811
    audit(DATABASE="other")
    settings.DATABASE_ROUTERS = [
        f"auditsearch.dbrouters.{each.__name__}"
        for each in (dbrouters.DataLoggerRouter, dbrouters.NotUseDataLoggerDBRouter)
    ]
    customer()
    assert [OutboxRow.objects.using(alias).count() for alias in ("default", "other")] == [0, 1]
    assert router.db_for_read(OutboxRow) == "other"
    assert not router.allow_migrate_model("default", OutboxRow)


@row("DATALOGGER_SHUTUP")
def test_off_means_no_rows_and_a_warning_and_then_an_event_of_the_gap(
    committed: Captured,  # noqa: F811
    audit: Audit,  # noqa: F811
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    audit(ENABLED=False, PATH=tmp_path / "store")
    gap.look()
    with CaptureQueriesContext(connection) as asked:
        customer()
    assert len(asked) == 2
    assert [(each.levelname, each.name) for each in caplog.records] == [("WARNING", "auditsearch")]
    assert len(committed) == 0
    audit(ENABLED=True)
    gap.look()
    customer()
    assert [each.event_code for each in committed] == ["insert", "auditing_resumed"]


@row("DATALOGGER_FORGET_SYS_EVENTS")
def test_system_events_can_be_forgotten(events: Captured, audit: Audit, client: Client) -> None:  # noqa: F811
    audit(SYSTEM_EVENTS=False)
    client.force_login(User.objects.create_user("anna"))
    client.logout()
    assert {each.event_code for each in events} == {"insert"}


@pytest.fixture
def said(events: Captured) -> Iterator[Callable[[Any, Any], None]]:  # noqa: F811
    """Connect handlers for one test."""
    connected: list[tuple[Any, Any]] = []

    def connect(signal: Any, handler: Any) -> None:
        signal.connect(handler, weak=False)
        connected.append((signal, handler))

    yield connect
    for signal, handler in connected:
        signal.disconnect(handler)


@row("msg_for_log_signal")
def test_a_handler_says_the_sentence(events: Captured, said: Any) -> None:  # noqa: F811
    seen: list[Any] = []

    def handler(sender: Any, log_record: Any, model_instance: Any, fields_dict: dict[str, Any]) -> str:
        seen.append(model_instance)
        return f"{log_record.event_code}: {fields_dict.get('name')}"

    said(signals.msg_for_log_signal, handler)
    customer("Анна")
    record("export")
    assert [each.verbose for each in events] == ["insert: Анна", "export: None"]
    assert (type(seen[0]), seen[1]) == (Customer, None)
    assert signals.custom_verbose is signals.msg_for_log_signal


@row("log_context_signal")
def test_a_handler_says_where_it_comes_from(events: Captured, said: Any, client: Client) -> None:  # noqa: F811
    requests: list[Any] = []

    def handler(sender: Any, request: Any) -> dict[str, Any]:
        requests.append(request and request.path)
        return {"suid": 5, "system_type": "app", "event_type": "se", "office": "bursary"}

    said(signals.log_context_signal, handler)
    client.get("/add?name=a")
    customer()
    assert requests == ["/add", None]
    assert {(each.suid, each.system_type, each.event_type) for each in events} == {("5", "app", "se")}
    assert events[-1].context_data == {"office": "bursary"}


@row("post_snapshot_signal")
def test_a_handler_changes_or_drops_the_record(events: Captured, said: Any) -> None:  # noqa: F811
    def handler(sender: Any, log_record: Any) -> None:
        log_record.event_code = "cc"
        if log_record.object_label == "nobody":
            log_record.drop()

    said(signals.post_snapshot_signal, handler)
    customer("Anna"), customer("nobody")
    assert [(each.event_code, each.object_label) for each in events] == [("cc", "Anna")]


@row("post_system_event_signal")
def test_a_handler_changes_system_events_likewise(events: Captured, said: Any, client: Client) -> None:  # noqa: F811
    said(signals.post_system_event_signal, lambda log_record, action, request: setattr(log_record, "level", "DEBUG"))
    client.force_login(User.objects.create_user("anna"))
    assert [(each.event_code, each.level) for each in events] == [("insert", "INFO"), ("login", "DEBUG")]


@row("handlers are strictly necessary")
def test_without_any_handler_it_works(events: Captured) -> None:  # noqa: F811
    assert not handlers.connected()
    customer()
    assert events[-1].verbose == f"Customer {events[-1].object_id} created"
    assert apps.AuditSearchConfig.name == "auditsearch"


@row("filter_events", "_context__...", "_snapshot__...", "_context__", "_snapshot__")
def test_events_are_filtered_as_the_manual_does(events: Captured) -> None:  # noqa: F811
    made = order(number="Учреждение №666")
    made.number = "455"
    made.save()
    api.win_open("Заголовок или его часть")
    ship()
    assert filter_events(event_code=EventCode.WIN_OPEN, _context__title="его часть").count() == 1
    assert filter_events(object_type="shop.Order", _context__diff__number="Учреждение №666").count() == 1
    assert filter_events(object_type="shop.Order", _snapshot__number="455").count() == 1


@row("get_events_by_token", "get_request", "get_request_token", "get_user_ip")
def test_a_request_is_known_and_its_events_are_found_by_its_token(events: Captured) -> None:  # noqa: F811
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.9")
    with token_scope("t"), request_scope(request):
        assert (api.get_request(), api.get_request_token(), api.get_user_ip()) == (request, "t", "10.0.0.9")
        customer(), customer()
    assert api.get_user_ip() is None
    ship()
    assert len(get_events_by_token("t")) == 2


@row("get_snapshot", "is_server_mode", "only_server_mode", "memorize_user", "remember_user")
def test_the_helpers_are_there(db: None) -> None:
    made = customer("Анна")
    assert helpers.get_snapshot(made) == {"id": made.pk, "name": "Анна", "friend_id": None}
    assert helpers.is_server_mode()
    assert helpers.only_server_mode(lambda: 5)() == 5
    helpers.memorize_user(user := User(pk=5, username="anna"))
    assert helpers.remember_user() is user
    helpers.memorize_user(None)


@row("CaptureRequestMiddleware", "RequestTokenMiddleware")
def test_the_middlewares_tie_a_request_together(
    events: Captured,  # noqa: F811
    audit: Audit,  # noqa: F811
    settings: Any,
    client: Client,
) -> None:
    names = {
        f"auditsearch.middleware.{each.__name__}"
        for each in (middleware.CaptureRequestMiddleware, middleware.RequestTokenMiddleware)
    }
    assert names <= set(settings.MIDDLEWARE)
    audit(TRUSTED_PROXIES=["127.0.0.1"])
    for header in ({"HTTP_X_REQUEST_ID": "7f2a"}, {"HTTP_TRACEPARENT": f"00-{'7f2a' * 8}-{'b' * 16}-01"}):
        client.get("/add?name=a", **header)
        assert events[-1].request_token not in (None, "7f2a")
        assert (events[-1].ip, events[-1].context_data["client_request_id"][:4]) == ("127.0.0.1", "7f2a")


RECORD = [
    "event_code",
    "event_type",
    "system_type",
    "object_type",
    "object_id",
    "request_token",
    "suid",
    "ip",
    "timestamp",
    "verbose",
    "context_data",
    "object_snapshot",
]


@pytest.mark.django_db(databases=["default", "other"])
@row("DATALOGGER_COMPRESS_DESTINATION", "DATALOGGER_COMPRESS_FILENAME_TEMPLATE", "datalogging_compress")
def test_events_are_packed_away_and_taken_out_of_the_store(events: Captured, audit: Audit, tmp_path: Path) -> None:  # noqa: F811
    audit(ARCHIVE_FILENAME_TEMPLATE="datalogging-dump-%Y")
    customer()
    ship()
    before = (datetime.now() + timedelta(days=40)).strftime("%Y-%m-%d")
    call_command("auditsearch_archive", reset=True, destination=str(tmp_path), before=before, verbosity=0)
    assert list(tmp_path.glob("datalogging-dump-2*.manifest.json"))
    assert filter_events(object_type="shop.Customer").count() == 0


@row("its own table, and dumps of it by `dumpdata`", "dumpdata")
def test_its_dump_is_brought_over_and_can_be_repeated(events: Captured, tmp_path: Path) -> None:  # noqa: F811
    file = tmp_path / "dump.json"
    fields = {"guid": "a", "timestamp": "2014-12-11T10:21:21.930", "event_code": "win_open", "verbose": "Открыто окно"}
    file.write_text(json.dumps([{"model": "datalogging.datalog", "pk": 1, "fields": fields}]))
    for _ in range(2):
        call_command("auditsearch_import", str(file), format="datalogging", timezone="Europe/Moscow", verbosity=0)
        ship()
    (found,) = filter_events(event_code="win_open")
    assert (found.verbose, found.timestamp.isoformat()) == ("Открыто окно", "2014-12-11T07:21:21.930000+00:00")


@row("no NoSQL")
@pytest.mark.parametrize("kind", ["sqlite", "opensearch", "memory"])
def test_the_store_is_one_for_searching(audit: Audit, kind: str) -> None:  # noqa: F811
    audit(BACKEND=kind)
    assert get_backend().__class__.__name__.lower() == f"{kind}backend"


@row("a demo project", "make")
def test_the_first_command_of_the_readme_runs_a_shop() -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text()
    assert re.findall(r"^ {4}(make \w+)", readme, re.MULTILINE)[:1] == ["make demo"]
    assert (Path(__file__).parent.parent / "example/shop/models.py").exists()


@row(*RECORD)
def test_a_record_has_the_same_attributes() -> None:
    assert set(RECORD) <= set(event.Event.__dataclass_fields__)


@row("bulk operations are not logged")
def test_bulk_operations_are_logged(events: Captured) -> None:  # noqa: F811
    Customer.objects.bulk_create([Customer(name="a"), Customer(name="b")])
    Customer.objects.update(name="c")
    Customer.objects.all().delete()
    assert [each.event_code for each in events] == ["insert"] * 2 + ["update"] * 2 + ["delete"] * 2


@row("SystemEnum", "SystemsEnum", "EventType.UNDEFINED", "SystemsEnum.SHELL")
def test_both_names_and_the_codes_are_built_in() -> None:
    assert SystemsEnum is SystemEnum is enums.SystemEnum
    assert (EventType.UNDEFINED, SystemsEnum.SHELL) == ("undefined", "shell")


@pytest.fixture
def moved(settings: Any) -> Iterator[None]:
    """The site of the old manual's example, with its handlers."""
    settings.AUDITSEARCH = {**AUDITSEARCH, "HOOKED_ACTIONS": {"titled": "WIN_OPEN"}}
    settings.ROOT_URLCONF = "tests.windows"
    names = runpy.run_path(str(MOVED / "signals.py"))
    yield
    for signal, handler in (("msg_for_log", "verbose"), ("log_context", "context"), ("post_snapshot", "post_snapshot")):
        assert getattr(signals, f"{signal}_signal").disconnect(names[f"{handler}_handler"])


@pytest.mark.usefixtures("moved")
def test_the_example_of_the_manual_runs(events: Captured, client: Client) -> None:  # noqa: F811
    before = handlers.failures.total()
    anna = User.objects.create_user("anna")
    client.force_login(anna)
    client.get("/plain")
    client.get("/window")
    client.get("/titled")
    made = order()
    made.number = "B-2"
    made.save()
    login, plain, window, opened, *_, changed = events
    assert login.verbose == "anna logged in"
    assert plain.verbose == f"Пользователь (ID={anna.pk}) создал(а) клиента (ID={plain.object_id})."
    assert (plain.suid, plain.system_type, plain.event_type) == (str(anna.pk), "app", "se")
    assert (window.system_type, window.event_type) == ("sch", "le")
    assert (opened.event_code, opened.verbose) == ("win_open", "Открыто окно: Order 5")
    said = f"заказ (ID={made.pk}) клиента (ID={made.customer_id})"
    assert (changed.event_code, changed.verbose) == ("cc", f"Пользователь (ID=None) изменил(а) {said}.")
    assert (changed.system_type, changed.event_type) == ("shell", "undefined")
    assert handlers.failures.total() == before


@pytest.mark.parametrize("name", ["settings.py", "signals.py"])
def test_the_page_shows_the_example_that_runs(name: str) -> None:
    code = (MOVED / name).read_text().split('"""\n\n', 1)[1]
    code = "".join(line for line in code.splitlines(keepends=True) if not line.startswith("# ruff"))
    assert f"```python\n{code}```" in PAGE
