"""Two tenants on every address: what is one's is not shown to the other, and an address that is missing here fails."""

from __future__ import annotations

import re
import time

import pytest
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from auditsearch.models import SavedSearch
from auditsearch.search import Events
from auditsearch.urls import urlpatterns
from tests.web.conftest import Put

NAMES = sorted(pattern.name for pattern in urlpatterns)
LINES = ["?", "?q=only", "?q=label", "?log=north", "?f.log=north", "?q=id:{id}", "?since=2000-01-01&until=2100-01-01"]
READ = {
    "search": [f"/audit/{query}" for query in [*LINES, "?all=log", "?all=verbose", "?all=object_label", "?sort=user"]],
    "counts": [f"/audit/counts/{query}" for query in [*LINES, "?all=log", "?all=object_label"]],
    "complete": [f"/audit/complete/?q={text}" for text in ("log:", "log:no", "verbose:o", "object_label:lab", "la")],
    "event": ["/audit/event/{id}/"],
    "object": [
        f"/audit/object/shop.Order/7/{query}" for query in ("", "?at=2100-01-01", "?left=2000-01-01&right=2100")
    ],
    "request": ["/audit/request/shared/"],
    "actor": ["/audit/actor/12/", "/audit/actor/12/?name=Anna"],
    "export": [f"/audit/export/{query}" for query in LINES],
    "export_file": [f"/audit/export/{form}/{query}" for form in ("csv", "ndjson", "lines") for query in LINES],
    "regex": ["/audit/regex/", "/audit/regex/?log=north&pattern=only&since=2000-01-01"],
    "regex_log": [f"/audit/regex/{log}/?pattern=only|label&since=2000-01-01" for log in ("north", "south")],
    "tail": [f"/audit/tail/{query}" for query in LINES],
    "saved": ["/audit/saved/"],
}
"""Name of an address -> requests by which somebody may try to read what is another tenant's; {id} is its event's."""

SILENT = {"complete", "counts", "export", "saved"}
"""Addresses of which the owner, too, is not shown the sentence of an event by each of these requests."""

WRITE = {"saved_save", "saved_follow", "saved_share", "saved_delete"}
"""Addresses that show no events, tested below by what they may touch."""


def body(answer: HttpResponseBase) -> str:
    """All that an answer holds, streamed or not, without the marks on what was found."""
    parts = answer.streaming_content if answer.streaming else [answer.content]  # type: ignore[attr-defined]
    return re.sub("</?mark>", "", b"".join(parts).decode())


def of_north() -> str:
    """The id of the event that north alone may see."""
    return Events().filter(verbose="only of north")[0].id


def test_each_address_is_tried_by_a_stranger() -> None:
    assert sorted(READ.keys() | WRITE) == NAMES


@pytest.mark.parametrize("name", READ)
def test_another_tenant_reads_nothing_there(tenants: tuple[Client, Client], name: str) -> None:
    key = of_north()
    for address in READ[name]:
        answer = tenants[1].get(address.format(id=key))
        found = body(answer)
        assert answer.status_code in (200, 400, 404), address
        assert "only of north" not in found
        assert "label of north" not in found
        assert "{id}" in address or key not in found


@pytest.mark.parametrize("name", sorted(READ.keys() - SILENT))
def test_the_tenant_itself_reads_it_there(tenants: tuple[Client, Client], name: str) -> None:
    key = of_north()
    assert any("only of north" in body(tenants[0].get(address.format(id=key))) for address in READ[name])


@pytest.mark.parametrize("name", ["saved_follow", "saved_share", "saved_delete"])
def test_another_tenant_touches_no_search_that_is_not_shared(tenants: tuple[Client, Client], name: str) -> None:
    tenants[0].post("/audit/saved/new/", {"name": "mine", "query": "q=secret"})
    row = SavedSearch.objects.get()
    ask = tenants[1].get if name == "saved_follow" else tenants[1].post
    assert ask(reverse(f"auditsearch:{name}", args=[row.pk])).status_code == 404
    assert list(SavedSearch.objects.values()) == list(SavedSearch.objects.filter(name="mine", shared=False).values())
    assert "secret" not in body(tenants[1].get("/audit/saved/"))


def test_a_shared_search_asks_with_the_eyes_of_who_opens_it(tenants: tuple[Client, Client]) -> None:
    tenants[0].post("/audit/saved/new/", {"name": "all", "query": "q=only", "shared": "1"})
    answer = tenants[1].get(f"/audit/saved/{SavedSearch.objects.get().pk}/", follow=True)
    assert "only of south" in body(answer)
    assert "only of north" not in body(answer)


def test_a_search_is_saved_for_oneself_alone(tenants: tuple[Client, Client]) -> None:
    for tenant in tenants:
        tenant.post("/audit/saved/new/", {"name": "same", "query": "q=only"})
    assert SavedSearch.objects.filter(name="same").count() == 2


def test_what_comes_while_a_tenant_looks_is_its_own(tenants: tuple[Client, Client], put: Put) -> None:
    page = body(tenants[1].get("/audit/tail/"))
    cursor = re.search(r'name="cursor" value="([^"]+)"', page)[1]  # type: ignore[index]
    put(ts=time.time_ns() // 1000, log="north", verbose="news of north")
    put(ts=time.time_ns() // 1000, log="south", verbose="news of south")
    answer = body(tenants[1].post("/audit/tail/", {"cursor": cursor}))
    assert "news of south" in answer
    assert "news of north" not in answer


def test_a_place_in_a_list_is_no_place_in_somebody_elses(tenants: tuple[Client, Client]) -> None:
    cursor = Events().filter(log="north").page(1, user=1, scope="north").cursor
    answer = tenants[1].get("/audit/", {"cursor": cursor or "no such"})
    assert answer.status_code == 400
