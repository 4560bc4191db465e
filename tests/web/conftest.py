"""The web pages on the store in memory: who looks at them, and events to look at."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db.models import Q
from django.http import HttpRequest
from django.test import Client, override_settings

from auditsearch.backends import get_backend
from auditsearch.backends.memory import MemoryBackend
from auditsearch.testing import captured_events
from tests.factories import NOON, event
from tests.settings import AUDITSEARCH

Person = Callable[..., User]
Put = Callable[..., str]


@pytest.fixture(autouse=True)
def store(db: None) -> Iterator[None]:
    """An empty store in memory, and an outbox of which nothing is shipped by itself."""
    with captured_events():
        yield


@pytest.fixture
def put(store: None) -> Put:
    """Stores the usual event with changes; returns its id."""

    def put(**changes: Any) -> str:
        document = event(**changes)
        get_backend().index([document])
        return document.id

    return put


@pytest.fixture
def person(db: None) -> Person:
    """Makes a user with these permissions of auditsearch, by codename."""

    def person(name: str, *permissions: str) -> User:
        user = User.objects.create_user(name)
        codes = Permission.objects.filter(content_type__app_label="auditsearch", codename__in=permissions)
        assert len(codes) == len(permissions)
        user.user_permissions.set(codes)
        return user

    return person


@pytest.fixture
def officer(person: Person) -> User:
    """Somebody who may look, and nothing more."""
    return person("officer", "view")


@pytest.fixture
def web(client: Client, officer: User) -> Client:
    """The officer's browser."""
    client.force_login(officer)
    return client


def tenant(request: HttpRequest) -> Q:
    """The rule of a site with tenants: a user named like a log sees that log alone."""
    return Q(log=request.user.get_username())


@pytest.fixture
def tenants(person: Person, put: Put) -> Iterator[tuple[Client, Client]]:
    """Two tenants' browsers, `north` and `south`, each with all permissions and one event of its own, labelled so.

    Their events have the request token `shared`, the object shop.Order#7 and the actor 12 in common.
    """
    clients = []
    with override_settings(AUDITSEARCH=AUDITSEARCH | {"VISIBLE_EVENTS": "tests.web.conftest.tenant"}):
        for name in ("north", "south"):
            clients.append(Client())
            clients[-1].force_login(person(name, "view", "export", "unmask", "verify", "share"))
            here = {"log": name, "verbose": f"only of {name}", "object_label": f"label of {name}"}
            put(**here, request_token="shared", ts=min(NOON, time.time_ns() // 1000))
        yield clients[0], clients[1]


@pytest.fixture
def searches(store: None, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions that the store was asked since: `search`, `count`, `facets` or `histogram` each."""
    asked: list[str] = []
    for name in ("search", "count", "facets", "histogram"):
        monkeypatch.setattr(MemoryBackend, name, _noted(asked, name, getattr(MemoryBackend, name)))
    return asked


def _noted(asked: list[str], name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    def ask(*given: Any, **named: Any) -> Any:
        asked.append(name)
        return method(*given, **named)

    return ask


@pytest.fixture
def trusted(person: Person) -> Client:
    """Somebody who may see personal values."""
    client = Client()
    client.force_login(person("trusted", "view", "unmask"))
    return client
