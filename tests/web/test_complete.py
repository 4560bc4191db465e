"""What the box offers: names and values of events that the person may see, and where a fault is."""

from django.test import Client

from auditsearch.backends import forget_backend
from tests.web.conftest import Put


def offered(web: Client, text: str, **more: object) -> list[str]:
    """The candidates for what was typed."""
    answer = web.get("/audit/complete/", {"q": text, **more})
    assert answer.status_code == 200
    return [candidate[0] for candidate in answer.json()["candidates"]]


def test_names_keys_and_values_are_offered(web: Client, put: Put) -> None:
    put(user="Anna Karenina", object_snapshot={"note": "gift"})
    assert "user:" in offered(web, "us")
    assert "snapshot.note:" in offered(web, "no")
    assert offered(web, "user:an") == ['"Anna Karenina"']


def test_the_place_is_where_the_cursor_stands(web: Client, put: Put) -> None:
    answer = web.get("/audit/complete/", {"q": "lo word", "at": 2}).json()
    assert (answer["start"], answer["end"]) == (0, 2)
    assert ["log:", "log:"] in answer["candidates"]


def test_a_fault_is_told_with_its_place(web: Client) -> None:
    wrong = web.get("/audit/complete/", {"q": "😀 user:( x"}).json()["wrong"]
    assert (wrong["start"], wrong["end"]) == (2, 10)
    assert web.get("/audit/complete/", {"q": "user:x"}).json()["wrong"] is None


def test_what_is_offered_hides_nothing(web: Client, put: Put) -> None:
    put(user="evil\u202eexe")
    assert web.get("/audit/complete/", {"q": "user:ev"}).json()["candidates"] == [["evil\u202eexe", "evil\\u202eexe"]]


def test_events_are_looked_at_once_a_minute(web: Client, put: Put, searches: list[str]) -> None:
    put(object_snapshot={"note": "gift"})
    for text in ("no", "not", "note"):
        offered(web, text)
    assert searches.count("search") == 1


def test_too_long_a_question_and_a_strange_place_are_told(web: Client) -> None:
    assert web.get("/audit/complete/", {"q": "я" * 513}).status_code == 400
    assert offered(web, "us", at="²") == offered(web, "us", at="-1") == offered(web, "us", at="99999999")


def test_tenants_are_offered_their_own_values(tenants: tuple[Client, Client]) -> None:
    north, south = tenants
    assert offered(north, "log:") == ["north"]
    assert offered(south, "log:") == ["south"]


def test_completion_needs_the_permission_and_answers_as_json(client: Client) -> None:
    answer = client.get("/audit/complete/", {"q": "us"})
    assert (answer.status_code, answer.json()) == (401, {"error": "Sign in first."})


def test_what_was_looked_at_is_not_offered_of_another_store(web: Client, put: Put) -> None:
    put(object_snapshot={"note": "gift"})
    assert "snapshot.note:" in offered(web, "no")
    forget_backend()
    assert "snapshot.note:" not in offered(web, "no")
