"""What an application imports to ask."""

import pytest

from auditsearch import api
from auditsearch.backends import get_backend
from auditsearch.backends.memory import MemoryBackend
from tests.factories import event


@pytest.fixture
def store() -> MemoryBackend:
    """The store that the settings name, empty."""
    backend = get_backend()
    assert isinstance(backend, MemoryBackend)
    backend.clear()
    return backend


def test_filter_events_asks_the_store_that_the_settings_name(store: MemoryBackend) -> None:
    store.index([event(user="Anna"), event(user="Иван")])
    assert [found.user for found in api.filter_events(user="Иван")] == ["Иван"]


def test_get_events_by_token_returns_the_events_of_one_request(store: MemoryBackend) -> None:
    store.index([event(request_token="t1"), event(request_token="t2"), event(request_token="t1")])
    assert api.get_events_by_token("t1").count() == 2


def test_all_that_the_api_names_can_be_imported() -> None:
    assert all(callable(getattr(api, name)) for name in api.__all__)
