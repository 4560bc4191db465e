"""Actors who are not the user of a session: tokens, commands, shells, migrations, and who acts for somebody else."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser, User
from django.core.management import call_command
from django.db import connection, migrations
from django.db.migrations.state import ProjectState
from django.test import Client, RequestFactory
from rest_framework.authtoken.models import Token
from rest_framework_simplejwt.tokens import AccessToken

from auditsearch.api import acting, filter_events, record
from auditsearch.capture.commands import account
from auditsearch.context import request_scope
from auditsearch.helpers import memorize_user, remember_user
from auditsearch.testing import Captured, ship
from tests.capture.conftest import customer
from tests.shop.models import Customer


@pytest.fixture
def anna(db: None) -> User:
    """One who may do everything."""
    return User.objects.create_superuser("anna")


@pytest.mark.parametrize("kind", ["Token", "Bearer"])
def test_a_token_of_an_api_says_who_acts(
    anna: User, events: Captured, client: Client, settings: Any, kind: str
) -> None:
    settings.ROOT_URLCONF = "tests.windows"
    key = Token.objects.create(user=anna).key if kind == "Token" else AccessToken.for_user(anna)
    assert client.post("/api/window", HTTP_AUTHORIZATION=f"{kind} {key}").status_code == 200
    event = events[-1]
    assert (event.object_label, event.suid, event.user) == ("by an API", str(anna.pk), "anna")
    assert str(key) not in event.canonical


def test_the_token_counts_and_not_the_session(anna: User, events: Captured, client: Client, settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.windows"
    other = User.objects.create_user("robot")
    client.force_login(anna)
    client.post("/api/window", HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=other).key}")
    assert events[-1].user == "robot"


def test_acting_nests_with_its_reason(events: Captured, anna: User) -> None:
    with acting(anna, reason="correction of 2025"):
        record("a")
        with acting("import"):
            record("b")
        with acting(None, reason="password=abc"):
            record("c")
        record("d")
    record("e")
    told = [(event.user, event.context_data.get("reason")) for event in events[-5:]]
    reason = "correction of 2025"
    assert told == [("anna", reason), ("import", reason), (None, "password=***"), ("anna", reason), (None, None)]


def test_a_reason_is_found(events: Captured, anna: User) -> None:
    with acting(anna, reason="Fehler im Zeugnis"):
        customer()
    ship()
    assert filter_events(_context__reason="zeugnis").count() == filter_events(search="Zeugnis").count() == 1


def test_acting_counts_before_the_user_of_the_request(events: Captured, anna: User) -> None:
    request = RequestFactory().get("/")
    request.user = User(pk=9, username="maria")
    with request_scope(request), acting(anna):
        customer()
    assert events[-1].user == "anna"


def test_a_command_tells_its_name_and_account(events: Captured) -> None:
    call_command("greet")
    call_command("greet")
    first, second = events
    assert (first.system_type, first.context_data, first.user) == ("command", {"command": "greet"}, account())
    assert account().startswith("os:")
    assert first.request_token
    assert first.request_token != second.request_token
    customer()
    assert (events[-1].user, events[-1].system_type) == (None, "undefined")


def test_a_command_can_be_excluded(events: Captured, audit: Any) -> None:
    audit(EXCLUDE_ACTIONS=["greet"])
    call_command("greet")
    assert len(events) == 0


def test_a_command_that_a_request_runs_keeps_the_requests_user(events: Captured, anna: User) -> None:
    request = RequestFactory().get("/")
    request.user = anna
    with request_scope(request):
        call_command("greet")
        request.user = AnonymousUser()
        call_command("greet")
    assert [(event.user, event.context_data.get("command")) for event in events[-2:]] == [
        ("anna", "greet"),
        (None, "greet"),
    ]


def test_a_request_that_a_command_answers_is_no_command(events: Captured, client: Client) -> None:
    from auditsearch.context import running_scope

    with running_scope("command", {"command": "serve"}):
        client.get("/add?name=a")
    assert (events[-1].user, events[-1].system_type, events[-1].context_data) == (None, "undefined", {})


def test_a_shell_is_told(events: Captured) -> None:
    call_command("shell", command="from tests.shop.models import Customer; Customer.objects.create(name='typed')")
    assert (events[-1].system_type, events[-1].context_data, events[-1].user) == (
        "shell",
        {"command": "shell"},
        account(),
    )


def rename(historical: Any, schema_editor: Any) -> None:
    """What a migration does with its own models."""
    model = historical.get_model("shop", "Customer")
    model.objects.create(name="new")
    for each in model.objects.filter(name="old"):
        each.name = "renamed"
        each.save()
    model.objects.filter(name="new").delete()


def test_a_migration_tells_which_it_is_and_what_it_changes(committed: Captured) -> None:
    customer("old")
    state = ProjectState.from_apps(apps)
    migration = migrations.Migration("0002_x", "shop")
    migration.operations = [migrations.RunPython(rename)]
    with connection.schema_editor() as editor:
        migration.apply(state, editor)
    told = committed[-3:]
    assert [event.event_code for event in told] == ["insert", "update", "delete"]
    assert told[1].diff == {"name": ["old", "renamed"]}
    assert {(event.system_type, event.context_data["migration"], event.user) for event in told} == {
        ("migration", "shop.0002_x", account())
    }
    customer("afterwards")
    assert committed[-1].object_label == "afterwards"


def test_a_memorized_user_acts_where_nobody_is_signed_in(events: Captured, anna: User) -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    with request_scope(request):
        memorize_user(anna)
        customer()
        assert remember_user() is anna
    assert remember_user() is None
    customer()
    memorize_user(anna)
    customer()
    memorize_user(None)
    assert [event.user for event in events[-3:]] == ["anna", None, "anna"]


MIDDLEWARE = {
    "hijack": "hijack.middleware.HijackUserMiddleware",
    "impersonate": "impersonate.middleware.ImpersonateMiddleware",
}


@pytest.mark.parametrize("app", list(MIDDLEWARE))
def test_who_acts_for_somebody_else_is_told(
    events: Captured, anna: User, client: Client, settings: Any, app: str
) -> None:
    bob = User.objects.create_user("bob")
    settings.ROOT_URLCONF = "tests.windows"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE[:2], MIDDLEWARE[app], *settings.MIDDLEWARE[2:]]
    client.force_login(anna)
    if app == "hijack":
        client.post("/hijack/acquire/", {"user_pk": bob.pk, "next": "/window"})
    else:
        client.get(f"/impersonate/{bob.pk}/")
    client.get("/window")
    begun = next(event for event in events if event.event_code == "impersonate_begin")
    assert (begun.user, begun.object_label, begun.verbose) == ("anna", "bob", "anna began to act as bob")
    assert events[-1].user == "bob"
    assert events[-1].context_data["impersonator"] == {"suid": str(anna.pk), "user": "anna"}
    client.post("/hijack/release/") if app == "hijack" else client.get("/impersonate/stop/")
    ended = next(event for event in events if event.event_code == "impersonate_end")
    assert (ended.user, ended.object_label) == ("anna", "bob")
    assert Customer.objects.exists()


def test_who_has_logged_in_as_somebody_else_is_told(events: Captured, client: Client, settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.windows"
    root, bob = User.objects.create_superuser("root"), User.objects.create_user("bob")
    client.force_login(root)
    client.post(f"/login/user/{bob.pk}/")
    client.get("/plain")
    assert (events[-1].user, events[-1].context_data["impersonator"]) == ("bob", {"suid": str(root.pk), "user": "root"})


def test_logging_in_as_somebody_else_begins_and_ends(events: Captured, client: Client, settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.windows"
    client.force_login(User.objects.create_superuser("root"))
    bob = User.objects.create_user("bob")
    client.post(f"/login/user/{bob.pk}/", {"reason": "a call"})
    client.get("/logout/")
    told = [event for event in events if event.event_code in ("impersonate_begin", "impersonate_end")]
    assert [event.verbose for event in told] == ["root began to act as bob", "root ended to act as bob"]
    assert told[0].context_data == {"reason": "a call"}


def test_a_session_that_was_tampered_with_names_nobody(events: Captured, client: Client, settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.windows"
    client.force_login(User.objects.create_user("bob"))
    session = client.session
    session["loginas_from_user"] = "1:forged"
    session.save()
    client.get("/plain")
    assert "impersonator" not in events[-1].context_data
