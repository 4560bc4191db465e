"""Hooked actions leave an event for each call, excluded ones nothing at all."""

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.test import AsyncClient, Client

from auditsearch.api import win_open
from auditsearch.event import Event
from auditsearch.signals import post_system_event_signal
from auditsearch.testing import Captured
from tests import windows
from tests.shop.models import Customer

pytestmark = pytest.mark.usefixtures("site")

ADDRESSES = [
    ("get", "/plain", ["tests.windows.plain", "plain", "plain-window", "tests.windows"]),
    ("get", "/window", ["tests.windows.Window", "Window", "window", "Window.get"]),
    ("post", "/api/window", ["tests.windows.ApiWindow", "ApiWindow", "ApiWindow.post"]),
    ("get", "/api/customers/", ["tests.windows.Customers", "Customers.list", "api:customer-list"]),
    ("get", "/api/function", ["tests.windows.api_function", "tests.windows"]),
    ("get", "/admin/shop/customer/", ["tests.windows.CustomerAdmin", "CustomerAdmin.changelist_view"]),
]
NAMES = [(method, url, name) for method, url, names in ADDRESSES for name in names]


@pytest.fixture
def site(settings: Any, db: None) -> None:
    """The site with all kinds of views."""
    settings.ROOT_URLCONF = "tests.windows"
    settings.LOGIN_URL = "/admin/login/"


@pytest.fixture
def browser(client: Client) -> Client:
    """A browser in which Anna is signed in."""
    client.force_login(User.objects.create_superuser("anna"))
    return client


def windows_of(events: Captured) -> list[Event]:
    """The events of hooked actions."""
    return [event for event in events if "action" in event.context_data]


@pytest.mark.parametrize(("method", "url", "name"), NAMES)
def test_a_view_is_hooked_by_any_of_its_names(
    browser: Client, events: Captured, audit: Callable[..., None], method: str, url: str, name: str
) -> None:
    audit(HOOKED_ACTIONS={name: "WIN_OPEN", "tests.other": "LOGIN"})
    getattr(browser, method)(url)
    (event,) = windows_of(events)
    assert (event.event_code, event.context_data["action"]) == ("win_open", name)
    assert event.context_data.keys() >= {"url", "method", "status", "seconds"}
    assert event.request_token


@pytest.mark.parametrize(("method", "url", "name"), NAMES)
def test_nothing_is_logged_while_an_excluded_view_runs(
    browser: Client, events: Captured, audit: Callable[..., None], method: str, url: str, name: str
) -> None:
    audit(EXCLUDE_ACTIONS=[name])
    former = len(events)
    getattr(browser, method)(url)
    assert len(events) == former
    Customer.objects.create(name="afterwards")
    assert len(events) == former + 1


ACTION = {"action": "rename", "index": "0"}


@pytest.mark.parametrize("name", ["rename", "tests.windows.rename", "CustomerAdmin.rename"])
def test_an_action_of_the_admin_is_hooked_and_excluded(
    browser: Client, events: Captured, audit: Callable[..., None], name: str
) -> None:
    made = Customer.objects.create(name="Maria")
    audit(HOOKED_ACTIONS={name: "CRITICAL_CHANGE"}, EVENT_CODES={"CRITICAL_CHANGE": ("cc", "Critical change")})
    browser.post("/admin/shop/customer/", {**ACTION, "_selected_action": made.pk})
    assert [event.event_code for event in events[-2:]] == ["update", "cc"]
    audit(EXCLUDE_ACTIONS=[name])
    former = len(events)
    browser.post("/admin/shop/customer/", {**ACTION, "_selected_action": made.pk})
    assert len(events) == former


def test_the_list_without_an_action_is_not_the_action(browser: Client, events: Captured, audit: Any) -> None:
    audit(HOOKED_ACTIONS={"rename": "WIN_OPEN"})
    browser.get("/admin/shop/customer/")
    assert windows_of(events) == []


@pytest.mark.parametrize(
    ("url", "title", "more"),
    [("/plain", "Orders & co", {}), ("/titled", "Order 5", {"order": 5}), ("/template", "Sign in", {})],
)
def test_a_window_has_a_title(
    browser: Client, events: Captured, audit: Any, url: str, title: str, more: dict[str, Any]
) -> None:
    audit(HOOKED_ACTIONS={"tests.windows": "WIN_OPEN"})
    browser.get(url)
    (event,) = windows_of(events)
    assert (event.context_data["title"], event.verbose) == (title, f"anna opened {title}")
    assert event.context_data.items() >= more.items()


def test_a_window_can_be_told_without_a_hook(events: Captured, client: Client) -> None:
    client.get("/titled")
    win_open("Report", year=2026)
    assert [event.event_code for event in events] == ["win_open", "win_open"]
    assert [event.context_data for event in events] == [
        {"title": "Order 5", "order": 5},
        {"title": "Report", "year": 2026},
    ]
    assert events[-1].verbose == "Somebody opened Report"


@pytest.mark.parametrize("hook", [{}, {"card": "WIN_OPEN"}])
def test_a_window_may_show_an_object_and_hides_what_is_personal(
    client: Client, events: Captured, audit: Any, hook: dict[str, str]
) -> None:
    audit(HOOKED_ACTIONS=hook, PERSONAL=["shop.Customer.name"])
    client.get("/card")
    event = events[-1]
    assert (event.event_code, event.object_type, event.object_id) == (
        "win_open",
        "shop.Customer",
        str(Customer.objects.get().pk),
    )
    assert (event.context_data["title"], event.context_data["tab"]) == ("•••, called •••", 2)
    audit(HOOKED_ACTIONS=hook, MASK=["shop.Customer.name"])
    client.get("/card")
    assert "Zinaida" not in events[-1].canonical


def test_a_handler_gets_action_and_request(browser: Client, events: Captured, audit: Any) -> None:
    seen: list[Any] = []

    def handle(log_record: Any, action: Any, request: Any, **_: Any) -> None:
        seen.append((action, request.path))
        log_record.context_data["by"] = "a handler"

    audit(HOOKED_ACTIONS={"plain": "WIN_OPEN", "Window": "WIN_OPEN"})
    post_system_event_signal.connect(handle)
    browser.get("/plain")
    browser.get("/window")
    post_system_event_signal.disconnect(handle)
    assert [path for _, path in seen] == ["/plain", "/window"]
    assert seen[0][0].__name__ == "plain"
    assert seen[1][0] is windows.Window
    assert {event.context_data["by"] for event in windows_of(events)} == {"a handler"}


def test_a_call_that_fails_is_told_with_its_status(browser: Client, events: Captured, audit: Any) -> None:
    audit(HOOKED_ACTIONS={"failing": "WIN_OPEN"})
    browser.raise_request_exception = False
    browser.get("/failing?token=abc")
    (event,) = windows_of(events)
    assert (event.context_data["status"], event.context_data["url"]) == (500, "/failing?token=***")
    assert (event.verbose, "title" in event.context_data) == ("anna opened failing, answered with 500", False)


def test_the_order_of_the_two_middlewares_does_not_matter(
    browser: Client, events: Captured, audit: Any, settings: Any
) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE[:-2], *settings.MIDDLEWARE[:-3:-1]]
    audit(HOOKED_ACTIONS={"Window": "WIN_OPEN"})
    browser.get("/window")
    assert [event.event_code for event in events[-2:]] == ["insert", "win_open"]
    assert len({event.request_token for event in events[-2:]} - {None}) == 1


def test_an_asynchronous_view_is_hooked_and_excluded(committed: Captured, audit: Any) -> None:
    async def ask() -> None:
        await AsyncClient().get("/later")

    audit(HOOKED_ACTIONS={"later": "WIN_OPEN"})
    async_to_sync(ask)()
    assert [event.event_code for event in committed] == ["insert", "win_open"]
    audit(EXCLUDE_ACTIONS=["later"])
    async_to_sync(ask)()
    assert len(committed) == 2


def test_without_system_events_no_call_is_told(browser: Client, events: Captured, audit: Any) -> None:
    audit(HOOKED_ACTIONS={"tests.windows": "WIN_OPEN"}, SYSTEM_EVENTS=False)
    former = len(events)
    browser.get("/plain")
    browser.get("/titled")
    browser.logout()
    assert [event.event_code for event in events[former:]] == ["insert"]
