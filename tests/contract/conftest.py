"""The stores that keep the contract, one of each kind for the whole session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from auditsearch.backends.base import Backend
from auditsearch.backends.memory import MemoryBackend
from auditsearch.backends.opensearch import OpenSearchBackend
from auditsearch.backends.sqlite import SQLiteBackend
from tests.contract.shelf import PREFIX, Shelf


def _opensearch(request: Any) -> Backend:
    return OpenSearchBackend([request.getfixturevalue("opensearch_url")], prefix=PREFIX, client={})


def _sqlite(request: Any) -> Backend:
    folder = request.getfixturevalue("tmp_path_factory").mktemp("contract")
    return SQLiteBackend(folder / f"{uuid4().hex}.sqlite3")


MAKE = {"memory": lambda request: MemoryBackend(), "sqlite": _sqlite, "opensearch": _opensearch}


@pytest.fixture(scope="session", params=["memory", "sqlite", pytest.param("opensearch", marks=pytest.mark.server)])
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """A store that all tests share."""
    made: Backend = MAKE[request.param](request)
    made.setup()
    yield made
    made.close()


@pytest.fixture
def shelf(backend: Backend) -> Iterator[Shelf]:
    """A place of its own in the store, empty."""
    yield Shelf(backend)
    if isinstance(backend, MemoryBackend):
        backend.clear()  # it looks at every event for every question
