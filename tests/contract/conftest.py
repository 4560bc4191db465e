"""The stores that keep the contract, one of each kind for the whole session."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from auditsearch.backends.base import Backend
from auditsearch.backends.memory import MemoryBackend
from auditsearch.backends.opensearch import OpenSearchBackend
from auditsearch.backends.sqlite import SQLiteBackend
from tests.contract.shelf import PREFIX, Shelf
from tests.factories import event
from tests.servers.fixtures import engines, remove


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test runs on each store, and on each search server of this run."""
    if "backend" in metafunc.fixturenames:
        names = [pytest.param(name, marks=pytest.mark.server) for name in engines(metafunc.config)]
        metafunc.parametrize("backend", ["memory", "sqlite", *names], indirect=True, scope="session")


@pytest.fixture(scope="session")
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """A store that all tests share."""
    made = _made(request)
    made.setup()
    made.index([event(partition=f"{PREFIX}-2026.11")])  # a test with other settings would make another partition
    yield made
    if isinstance(made, OpenSearchBackend):
        remove(made)
    made.close()


def _made(request: pytest.FixtureRequest) -> Backend:
    if request.param == "memory":
        return MemoryBackend()
    if request.param == "sqlite":
        return SQLiteBackend(request.getfixturevalue("tmp_path_factory").mktemp("contract") / f"{uuid4().hex}.sqlite3")
    return OpenSearchBackend([request.getfixturevalue("servers")(request.param)], prefix=PREFIX, client={})


@pytest.fixture
def shelf(backend: Backend) -> Iterator[Shelf]:
    """A place of its own in the store, empty."""
    made = Shelf(backend)
    before = set(backend._held) if isinstance(backend, MemoryBackend) else set()
    yield made
    if isinstance(backend, MemoryBackend):  # it looks at every event for every question
        backend._held = {key: held for key, held in backend._held.items() if key in before}
