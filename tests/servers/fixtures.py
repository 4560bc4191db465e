"""Fixtures that give a test its server: started once a session, never skipped."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from auditsearch.backends.opensearch import OpenSearchBackend
from tests.servers import opensearch as launcher


@pytest.fixture(scope="session")
def opensearch_url() -> Iterator[str]:
    """URL of a real OpenSearch; AUDITSEARCH_TEST_OPENSEARCH_URL names one that runs already."""
    with launcher.opensearch() as url:
        yield url


@pytest.fixture
def opensearch_backend(opensearch_url: str) -> Iterator[OpenSearchBackend]:
    """A backend with templates installed, under a prefix of its own, of which nothing is left afterwards."""
    backend = OpenSearchBackend([opensearch_url], prefix=f"test{uuid.uuid4().hex[:12]}", client={})
    backend.setup()
    yield backend
    remove(backend)


def remove(backend: OpenSearchBackend) -> None:
    """Delete the indices and templates of the backend's prefix."""
    ask, prefix = backend.client.request, backend.prefix
    for index in ask("GET", f"/{prefix}*").body:
        ask("DELETE", f"/{index}")
    ask("DELETE", f"/_index_template/{prefix}*")
    ask("DELETE", f"/_component_template/{prefix}*")
    backend.close()
