"""Fixtures that give a test its database server or message broker: started once a session, never skipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack

import pytest

from tests.servers.mariadb import mariadb
from tests.servers.postgres import postgres
from tests.servers.rabbitmq import rabbitmq
from tests.servers.redis import redis

STARTERS: dict[str, Callable[[], AbstractContextManager[str]]] = {
    "postgresql": postgres,
    "mariadb": mariadb,
    "redis": redis,
    "rabbitmq": rabbitmq,
}


@pytest.fixture(scope="session")
def server_url() -> Iterator[Callable[[str], str]]:
    """Gives the URL of the real server of a name, which it starts at the first call."""
    urls: dict[str, str] = {}
    with ExitStack() as stack:

        def url(name: str) -> str:
            if name not in urls:
                urls[name] = stack.enter_context(STARTERS[name]())
            return urls[name]

        yield url
