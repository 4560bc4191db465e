"""What every test may use."""

from collections.abc import Iterator

import pytest
from django.utils import translation

pytest_plugins = ["tests.servers.fixtures", "tests.servers.daemons"]


@pytest.fixture(autouse=True)
def _the_usual_language() -> Iterator[None]:
    """A page that was asked for in Russian leaves its thread speaking it."""
    yield
    translation.deactivate()
