"""The live tail: each event appears once, late ones too, and nobody goes on with another one's."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client, override_settings

from auditsearch.backends.memory import MemoryBackend
from auditsearch.exceptions import BackendUnavailable
from auditsearch.web import seen, tail
from tests.settings import AUDITSEARCH
from tests.web.conftest import Person, Put
from tests.web.test_reading import told

NOW = 1_795_348_800_000_000
SECOND = 1_000_000
URL = "/audit/tail/"


class Clock:
    """What the tail takes for now, in microseconds."""

    now = NOW


@pytest.fixture(autouse=True)
def clock() -> Iterator[Clock]:
    """A clock that stands still until a test moves it."""
    clock = Clock()
    with patch.object(tail.time, "time_ns", lambda: clock.now * 1000):
        yield clock


class Tail:
    """An opened tail, as a browser keeps it."""

    def __init__(self, client: Client, **query: str) -> None:
        self.client, self.query = client, query
        answer = client.get(URL, query)
        self.ids = shown(answer)
        self.cursor = answer.context["cursor"]
        self.fields = dict(answer.context["state"].pairs())

    def ask(self, **more: str) -> Any:
        """What the server answers to the next look."""
        return self.client.post(URL, self.fields | {"cursor": self.cursor} | more, headers={"HX-Request": "true"})

    def poll(self) -> list[str]:
        """The ids that appear."""
        answer = self.ask()
        assert answer.status_code in (200, 204)
        if answer.status_code == 200:
            self.cursor = answer.context["cursor"]
        return shown(answer)


def shown(answer: Any) -> list[str]:
    """The ids of the lines of a page, from above."""
    return re.findall(r'data-id="([^"]+)"', answer.content.decode())


Open = Callable[..., Tail]


@pytest.fixture
def opened(web: Client) -> Open:
    """Opens the officer's tail."""
    return lambda **query: Tail(web, **query)


def test_it_begins_with_the_newest_and_adds_what_comes(opened: Open, put: Put) -> None:
    for n in range(60):
        put(id=f"old{n:02}", ts=NOW - n * SECOND)
    it = opened()
    assert it.ids == [f"old{n:02}" for n in range(50)]
    assert it.poll() == []
    put(id="new1", ts=NOW + 1)
    put(id="new2", ts=NOW + 2)
    assert [it.poll(), it.poll()] == [["new2", "new1"], []]


def test_an_event_that_comes_late_appears_once(opened: Open, put: Put) -> None:
    for n in range(60):
        put(id=f"old{n:02}", ts=NOW - n * SECOND)
    it = opened()
    put(id="late1", ts=NOW - 55 * SECOND)
    put(id="late2", ts=NOW - 299 * SECOND)
    put(id="new", ts=NOW + 5)
    assert [it.poll(), it.poll()] == [["new", "late1", "late2"], []]


def test_late_events_are_found_while_the_clock_goes_on(opened: Open, put: Put, clock: Clock) -> None:
    it = opened()
    for n in range(200):  # one in two seconds, each second one shipped two minutes late
        clock.now += 2 * SECOND
        put(id=f"{n}", ts=clock.now - (n % 2) * 120 * SECOND + 1)
        assert it.poll() == [f"{n}"]
    assert len(seen.Seen.opened(it.cursor, bound_of(it)).known) <= 200


def bound_of(it: Tail) -> str:
    """What the tail's note is bound to."""
    with patch.object(seen.Seen, "opened", side_effect=lambda text, of: (_ for _ in ()).throw(Bound(of))):
        try:
            it.ask()
        except Bound as error:
            return str(error)
    raise AssertionError


class Bound(Exception):
    """Carries a digest out of the view."""


def test_what_is_older_than_five_minutes_is_left_to_the_search(opened: Open, put: Put) -> None:
    it = opened()
    put(ts=NOW - 301 * SECOND)
    assert it.poll() == []


def test_what_is_dated_in_the_future_appears_when_its_time_has_come(opened: Open, put: Put, clock: Clock) -> None:
    put(id="future", ts=NOW + 3600 * SECOND)
    it = opened()
    assert (it.ids, it.poll()) == ([], [])
    for _ in range(60):
        clock.now += 60 * SECOND
        found = it.poll()
        if found:
            break
    assert found == ["future"]


def test_only_events_that_answer_the_question_appear(opened: Open, put: Put) -> None:
    it = opened(q="user:Anna", since="2026-11-20")
    put(id="of Bert", ts=NOW, user="Bert")
    put(id="of Anna", ts=NOW, user="Anna")
    assert it.poll() == ["of Anna"]


def test_while_it_rests_it_tells_how_many_wait_and_then_shows_them(opened: Open, put: Put, clock: Clock) -> None:
    it = opened()
    put(id="a", ts=NOW)
    clock.now += 1200 * SECOND
    put(id="b", ts=clock.now)
    answer = it.ask(paused="1")
    assert "2 events wait" in answer.content.decode()
    assert shown(answer) == []
    it.cursor = answer.context["cursor"]
    assert it.poll() == ["b", "a"]


def test_of_too_many_at_once_the_newest_appear_and_the_others_are_told(opened: Open, put: Put) -> None:
    it = opened()
    for n in range(7):
        put(id=str(n), ts=NOW + n)
    with patch.object(tail, "SHOWN", 3):
        answer = it.ask()
    it.cursor = answer.context["cursor"]
    assert shown(answer) == ["6", "5", "4"]
    assert "4 more events came" in answer.content.decode()
    assert it.poll() == []


def test_where_more_come_than_can_be_known_it_looks_back_less_and_says_so(opened: Open, put: Put, clock: Clock) -> None:
    it = opened()
    with patch.object(seen, "KNOWN", 10), patch.object(tail, "KNOWN", 10):
        for n in range(25):
            put(id=f"{n:02}", ts=NOW + n * SECOND)
        clock.now += 30 * SECOND
        answer = it.ask()
        it.cursor = answer.context["cursor"]
        assert "late ones are looked for since" in answer.content.decode()
        put(id="next", ts=clock.now)
        assert [it.poll(), it.poll()] == [["next"], []]


def test_a_question_that_must_be_checked_is_followed_too(opened: Open, put: Put) -> None:
    it = opened(q=r"verbose~\bслово\b")
    put(id="no", ts=NOW, verbose="словом")
    put(id="yes", ts=NOW, verbose="и слово тоже")
    assert [it.poll(), it.poll()] == [["yes"], []]


def test_an_opened_tail_is_one_reading_however_often_it_looks(opened: Open, put: Put) -> None:
    it = opened(q="user:Anna")
    for _ in range(3):
        put(ts=NOW)
        it.poll()
    assert [event.context_data["page"] for event in told()] == ["tail"]


@pytest.mark.parametrize("cursor", ["", "x", "a:b:c", "x" * 200_000, "\x00\u202e"])
def test_a_note_that_is_none_of_ours_is_refused(opened: Open, cursor: str) -> None:
    it = opened()
    it.cursor = cursor
    assert it.ask().status_code == 400


def test_a_note_is_good_for_its_question_alone(opened: Open) -> None:
    it = opened(q="user:Anna")
    assert it.ask().status_code == 204
    assert it.ask(q="user:Bert").status_code == 400
    assert it.ask(**{"f.user": "Bert"}).status_code == 400


def test_a_note_is_good_for_its_person_alone(opened: Open, client: Client, person: Person) -> None:
    it = opened()
    it.client = Client()
    it.client.force_login(person("other", "view"))
    assert it.ask().status_code == 400


def test_tenants_see_their_own_events_come(tenants: tuple[Client, Client], put: Put) -> None:
    tails = [Tail(client) for client in tenants]
    ids = [put(log=name, ts=NOW) for name in ("north", "south")]
    assert [it.poll() for it in tails] == [[ids[0]], [ids[1]]]
    stolen = tails[0].cursor
    tails[1].cursor = stolen
    assert tails[1].ask().status_code == 400


def test_a_log_that_was_closed_meanwhile_is_closed_for_the_tail_too(opened: Open, put: Put) -> None:
    it = opened()
    with override_settings(AUDITSEARCH=AUDITSEARCH | {"LOGS": {"exams": {"permission": "auth.add_user"}}}):
        put(log="exams", ts=NOW, verbose="secret sentence")
        assert b"secret sentence" not in it.ask().content


def test_who_may_not_look_gets_nothing_from_either_way(client: Client, person: Person) -> None:
    assert client.post(URL, headers={"HX-Request": "true"}).status_code == 401
    client.force_login(person("nobody", "export"))
    assert [client.get(URL).status_code, client.post(URL).status_code] == [403, 403]


def test_a_store_that_is_away_is_told_and_nothing_is_lost(opened: Open, put: Put) -> None:
    it = opened()
    put(id="new", ts=NOW)
    with patch.object(MemoryBackend, "search", side_effect=BackendUnavailable("away")):
        assert it.ask().status_code == 503
    assert it.poll() == ["new"]


def test_hostile_texts_come_as_escapes(opened: Open, put: Put) -> None:
    it = opened()
    put(ts=NOW, verbose="<script>alert(1)</script>\u202e\x00", user="\u202eevil<b>")
    text = it.ask().content.decode()
    assert "<script>alert" not in text
    assert "\u202e" not in text
    assert "\x00" not in text


def test_a_look_that_finds_nothing_fetches_no_event(opened: Open, put: Put) -> None:
    put(ts=NOW)
    it = opened()
    with patch.object(MemoryBackend, "search", side_effect=AssertionError):
        assert it.poll() == []
