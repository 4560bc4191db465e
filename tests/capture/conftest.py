"""What the tests of capture share: the events of the test, and a site whose settings can be changed in one word."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from auditsearch.testing import Captured, captured_events
from tests.shop.models import Customer, Order


@pytest.fixture
def events(db: None) -> Iterator[Captured]:
    """The events of this test, oldest first, each test in a transaction that is rolled back."""
    with captured_events() as found:
        yield found


@pytest.fixture
def committed(transactional_db: None) -> Iterator[Captured]:
    """The events of this test in Django's default autocommit."""
    with captured_events() as found:
        yield found


@pytest.fixture
def audit(settings: Any) -> Callable[..., None]:
    """Change keys of AUDITSEARCH for this test."""

    def change(**keys: Any) -> None:
        settings.AUDITSEARCH = {**settings.AUDITSEARCH, **keys}

    return change


def customer(name: str = "Анна") -> Customer:
    """A customer as the database gives it."""
    return Customer.objects.get(pk=Customer.objects.create(name=name).pk)


def order(**values: Any) -> Order:
    """An order of a customer, as the database gives it."""
    return Order.objects.get(pk=Order.objects.create(customer=customer(), **values).pk)
