"""What every test may use."""

from collections.abc import Iterator

import pytest
from django.utils import translation
from hypothesis import HealthCheck, settings

from auditsearch import backends

pytest_plugins = ["tests.servers.fixtures", "tests.servers.daemons"]

# the same examples each time, however slow the machine is; --hypothesis-profile=chance looks for new ones
for _name, _same in (("same", True), ("chance", False)):
    settings.register_profile(_name, deadline=None, derandomize=_same, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("same")


@pytest.fixture(autouse=True)
def _the_usual_language() -> Iterator[None]:
    """A page that was asked for in Russian leaves its thread speaking it."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def _a_store_of_its_own() -> Iterator[None]:
    """What a test leaves in the store in memory, the next one does not find there."""
    yield
    backends._made.pop("memory", None)
