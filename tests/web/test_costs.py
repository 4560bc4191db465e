"""What a page of one thing costs the site's own database: the same, however much it shows."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import NOON
from tests.web.conftest import Put

PAGES = [
    "/audit/object/shop.Order/7/",
    "/audit/object/shop.Order/7/?left=monday",
    "/audit/request/t/",
    "/audit/actor/12/",
]


def statements(client: Client, url: str) -> int:
    """How many statements a page needs."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def fill(put: Put, number: int) -> str:
    """Events of one request; returns the id of the last one."""
    told = {"snapshot": {"customer_id": 5, "status": "paid"}, "context": {"diff": {"customer_id": [4, 5]}}}
    return max([put(ts=NOON + n, request_token="t", **told) for n in range(number)])


@pytest.mark.parametrize("url", PAGES)
def test_more_events_need_no_more_statements(web: Client, put: Put, url: str) -> None:
    fill(put, 2)
    few = statements(web, url)
    fill(put, 60)
    assert statements(web, url) == few < 12


def test_an_event_with_many_neighbours_needs_no_more_statements(web: Client, put: Put) -> None:
    alone = statements(web, f"/audit/event/{fill(put, 1)}/")
    assert statements(web, f"/audit/event/{fill(put, 60)}/") == alone < 12
