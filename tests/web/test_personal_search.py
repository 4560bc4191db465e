"""Personal values on the search page: found and shown with the permission, and by no way without it."""

from typing import Any

import pytest
from django.test import Client

from auditsearch.testing import ship
from tests.shop.models import Customer

NAME = "Надежда Крупская"


@pytest.fixture
def customer(store: None, settings: Any) -> Customer:
    """Somebody whose name is personal, and promoted by mistake."""
    promoted = {"called": ["_snapshot__name", "keyword"]}
    settings.AUDITSEARCH = {**settings.AUDITSEARCH, "PERSONAL": ["shop.Customer.name"], "PROMOTED": promoted}
    made = Customer.objects.create(name=NAME)
    ship()
    return made


def answers(client: Client) -> list[Any]:
    """What the page answers to whoever looks for the name."""
    asked = ["", "q=надежда", "q=snapshot.name:Над", "q=snapshot.name~Н", "f.called=Н", "all=called", "sort=called"]
    completed = ["snapshot.name:", "called:", "snapshot.name:Н"]
    pages = [f"/audit/{path}?{query}" for path in ("", "counts/") for query in asked]
    return [client.get(page) for page in [*pages, *(f"/audit/complete/?q={text}" for text in completed)]]


def test_without_unmask_no_answer_has_it(web: Client, customer: Customer) -> None:
    for answer in answers(web):
        assert "Крупская" not in answer.content.decode()
        assert answer.status_code in (200, 400)


def test_without_unmask_its_words_find_nothing_and_its_path_is_refused(web: Client, customer: Customer) -> None:
    assert "0 events" in web.get("/audit/?q=надежда").content.decode()
    assert web.get("/audit/?q=snapshot.name:Над").status_code == 400


def test_with_unmask_it_is_found_shown_and_marked(trusted: Client, customer: Customer) -> None:
    text = trusted.get("/audit/?q=надежда&x.log=audit").content.decode()
    assert "<strong>1 event</strong>" in text
    assert "<mark>Надежда</mark>" in text
