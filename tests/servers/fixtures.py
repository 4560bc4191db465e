"""Fixtures that give a test its server: started once a session, never skipped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers import opensearch as launcher


@pytest.fixture(scope="session")
def opensearch_url() -> Iterator[str]:
    """URL of a real OpenSearch; AUDITSEARCH_TEST_OPENSEARCH_URL names one that runs already."""
    with launcher.opensearch() as url:
        yield url
