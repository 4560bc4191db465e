"""The search servers that the tests ask, by the name of their flavour and release."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

from tests.servers.elasticsearch import running_elasticsearch
from tests.servers.opensearch import running_opensearch

ENGINES: dict[str, Callable[[], AbstractContextManager[str]]] = {
    "opensearch": running_opensearch,
    "elasticsearch": running_elasticsearch,
    "opensearch2": partial(running_opensearch, release="2"),
    "elasticsearch8": partial(running_elasticsearch, release="8"),
}
"""Name -> what starts it. Those with a number are older releases, asked only with `--engines=all`."""

USUAL = ("opensearch", "elasticsearch")
"""What every full run asks."""


def variable(name: str) -> str:
    """The environment variable that names a server that runs already: AUDITSEARCH_TEST_ELASTICSEARCH_URL."""
    return f"AUDITSEARCH_TEST_{name.upper()}_URL"


@contextmanager
def engine(name: str) -> Iterator[str]:
    """URL of the server that the environment names, or else of one that is started here."""
    if given := os.environ.get(variable(name)):
        yield given.rstrip("/")
        return
    with ENGINES[name]() as url:
        yield url
