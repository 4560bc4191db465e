"""Saved searches: a question under a name, one's own or shared, asked with the eyes of who opens it."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from auditsearch.models import SavedSearch
from auditsearch.web import saved
from tests.web.conftest import Person

ONE = {"name": "Late payments", "query": "q=late&f.log=payments&cursor=x&all=user&nonsense=1"}


@pytest.fixture
def sharer(person: Person) -> Client:
    """The browser of somebody who may share."""
    client = Client()
    client.force_login(person("sharer", "view", "share"))
    return client


def keep(client: Client, **changes: str) -> SavedSearch:
    """Save a search; returns its row."""
    assert client.post("/audit/saved/new/", ONE | changes).status_code == 302
    return SavedSearch.objects.latest("pk")


def test_a_search_is_kept_without_its_place_and_opened_by_its_address(web: Client, officer: User) -> None:
    row = keep(web)
    assert (row.owner, row.query, row.shared) == (str(officer.pk), "q=late&f.log=payments", False)
    assert web.get(f"/audit/saved/{row.pk}/")["Location"] == "/audit/?q=late&f.log=payments"
    for page in ("/audit/", "/audit/saved/"):
        assert "Late payments" in web.get(page).content.decode()


def test_the_same_name_replaces_the_own_one_alone(web: Client, sharer: Client) -> None:
    keep(web)
    keep(sharer, query="q=other")
    keep(web, query="q=newer")
    assert sorted(SavedSearch.objects.values_list("query", flat=True)) == ["q=newer", "q=other"]


def test_an_own_one_is_neither_seen_nor_opened_nor_touched_by_others(web: Client, sharer: Client) -> None:
    row = keep(web)
    assert "Late payments" not in sharer.get("/audit/saved/").content.decode()
    assert sharer.get(f"/audit/saved/{row.pk}/").status_code == 404
    for act in ("share", "delete"):
        assert sharer.post(f"/audit/saved/{row.pk}/{act}/").status_code == 404
    assert SavedSearch.objects.filter(pk=row.pk, shared=False).exists()


def test_a_shared_one_is_opened_by_others_and_deleted_by_its_owner_alone(web: Client, sharer: Client) -> None:
    row = keep(sharer, shared="1")
    assert web.get(f"/audit/saved/{row.pk}/").status_code == 302
    assert "sharer" in web.get("/audit/saved/").content.decode()
    assert web.post(f"/audit/saved/{row.pk}/delete/").status_code == 404
    assert sharer.post(f"/audit/saved/{row.pk}/delete/").status_code == 302
    assert not SavedSearch.objects.exists()


def test_sharing_needs_its_permission(web: Client) -> None:
    row = keep(web, shared="1")
    assert not row.shared
    assert web.post(f"/audit/saved/{row.pk}/share/").status_code == 403


def test_sharing_is_taken_back_as_it_was_given(sharer: Client) -> None:
    row = keep(sharer)
    for expected in (True, False):
        sharer.post(f"/audit/saved/{row.pk}/share/")
        row.refresh_from_db()
        assert row.shared is expected


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
def test_a_search_has_a_name_of_1_to_100_characters(web: Client, name: str) -> None:
    assert web.post("/audit/saved/new/", ONE | {"name": name}).status_code == 400


def test_nobody_keeps_more_than_so_many(web: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved, "MOST", 2)
    for name in "ab":
        keep(web, name=name)
    assert web.post("/audit/saved/new/", ONE | {"name": "c"}).status_code == 400
    keep(web, name="b", query="q=again")


def test_nothing_is_changed_without_the_token_of_the_form(officer: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(officer)
    assert strict.post("/audit/saved/new/", ONE).status_code == 403
    token = strict.get("/audit/").cookies["csrftoken"].value
    assert strict.post("/audit/saved/new/", ONE | {"csrfmiddlewaretoken": token}).status_code == 302


def test_a_name_is_no_markup(web: Client) -> None:
    keep(web, name="<script>x</script>\u202e\x00", query="q=%00%F0%9F%98%80")
    text = web.get("/audit/saved/").content.decode()
    assert "&lt;script&gt;x&lt;/script&gt;\\u202e\\u0000" in text
