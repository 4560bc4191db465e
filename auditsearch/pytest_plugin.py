"""The pytest fixture of auditsearch. It imports nothing of Django before a test asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from auditsearch.testing import Captured


@pytest.fixture
def auditsearch_events(db: None) -> Iterator[Captured]:
    """The events that the test captures on the default database, as `auditsearch.testing.captured_events` gives them.

    Needs pytest-django, whose `db` it asks for.
    """
    from auditsearch.testing import captured_events

    with captured_events() as events:
        yield events
