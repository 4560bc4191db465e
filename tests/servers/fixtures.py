"""Fixtures that give a test its server: started once a session, never skipped."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from auditsearch.backends.opensearch import OpenSearchBackend
from tests.servers.engines import ENGINES, USUAL, engine

Servers = Callable[[str], str]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--engines=all` asks every release that is supported, not only the newest of each."""
    parser.addoption("--engines", choices=("usual", "all"), default="usual", help="search servers to test on")


def engines(config: pytest.Config) -> tuple[str, ...]:
    """Names of the search servers of this run."""
    return tuple(ENGINES) if config.getoption("--engines") == "all" else USUAL


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `engine_url` runs on each search server."""
    if "engine_url" in metafunc.fixturenames:
        names = [pytest.param(name, marks=pytest.mark.server) for name in engines(metafunc.config)]
        metafunc.parametrize("engine_url", names, indirect=True, scope="session")


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """What gives the URL of a search server by its name, started when it is first asked for."""
    urls: dict[str, str] = {}
    with ExitStack() as running:

        def url(name: str) -> str:
            if name not in urls:
                urls[name] = running.enter_context(engine(name))
            return urls[name]

        yield url


@pytest.fixture(scope="session")
def opensearch_url(servers: Servers) -> str:
    """URL of a real OpenSearch; AUDITSEARCH_TEST_OPENSEARCH_URL names one that runs already."""
    return servers("opensearch")


@pytest.fixture(scope="session")
def engine_url(request: pytest.FixtureRequest, servers: Servers) -> str:
    """URL of each real search server in turn."""
    return servers(request.param)


@pytest.fixture
def opensearch_backend(opensearch_url: str) -> Iterator[OpenSearchBackend]:
    """A backend with templates installed, under a prefix of its own, of which nothing is left afterwards."""
    yield from _backend(opensearch_url)


@pytest.fixture
def engine_backend(engine_url: str) -> Iterator[OpenSearchBackend]:
    """The same on each search server in turn."""
    yield from _backend(engine_url)


def _backend(url: str) -> Iterator[OpenSearchBackend]:
    backend = OpenSearchBackend([url], prefix=f"test{uuid.uuid4().hex[:12]}", client={})
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
