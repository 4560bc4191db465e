"""Personal values on the pages of one event and one object: for who may see them, and for nobody else."""

from typing import Any

import pytest
from django.test import Client

from auditsearch.search import Events
from auditsearch.testing import ship
from tests.shop.models import Customer

NAMES = ("Надежда Крупская", "Надежда Ульянова")


@pytest.fixture
def customer(store: None, settings: Any) -> Customer:
    """Somebody who has married, and whose name is personal."""
    settings.AUDITSEARCH = {**settings.AUDITSEARCH, "PERSONAL": ["shop.Customer.name"]}
    made = Customer.objects.create(name=NAMES[0])
    made.name = NAMES[1]
    made.save()
    ship()
    return made


def pages(client: Client, customer: Customer) -> dict[str, str]:
    """The pages of the customer's events, and of the customer."""
    told = list(Events().filter(object_type="shop.Customer", object_id=str(customer.pk)).order_by("timestamp"))
    url = f"/audit/object/shop.Customer/{customer.pk}/"
    left, right = (event.timestamp.isoformat() for event in told)
    queries: list[dict[str, str]] = [{}, {"at": right}, {"left": left, "right": right}]
    answers = [client.get(f"/audit/event/{event.id}/") for event in told] + [client.get(url, each) for each in queries]
    assert {answer.status_code for answer in answers} == {200}
    texts = [answer.content.decode() for answer in answers]
    return dict(zip(("made", "changed", "story", "at", "compared"), texts, strict=True))


def test_without_unmask_no_page_has_them(web: Client, customer: Customer) -> None:
    for page in pages(web, customer).values():
        assert "Надежда" not in page
        assert "Ульянова" not in page
        assert "•••" in page


def test_that_they_were_changed_is_no_secret(web: Client, customer: Customer) -> None:
    changed = pages(web, customer)["changed"]
    assert 'id="changes"' in changed
    assert ">Name<" in changed


def test_two_states_are_not_said_to_be_the_same_where_values_are_hidden(web: Client, customer: Customer) -> None:
    assert "they are not compared" in pages(web, customer)["compared"]


def test_with_unmask_they_are_shown_and_compared(trusted: Client, customer: Customer) -> None:
    found = pages(trusted, customer)
    assert NAMES[0] in found["made"]
    assert "Надежда <del>Крупская</del>" in found["changed"]
    assert "Надежда <ins>Ульянова</ins>" in found["compared"]
    assert "not compared" not in found["compared"]


def test_the_canonical_text_has_commitments_for_everybody(trusted: Client, customer: Customer) -> None:
    page = pages(trusted, customer)["made"]
    canonical = page[page.index('<textarea id="canonical"') : page.index("</textarea>")]
    assert "$personal" in canonical
    assert "Надежда" not in canonical
