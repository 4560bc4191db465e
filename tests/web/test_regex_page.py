"""Regular expressions over a log's lines: what Python would find in them, for whom, and how far it came."""

import re
from datetime import UTC
from itertools import product
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client, override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditsearch.backends import get_backend
from auditsearch.exceptions import InvalidValue, Misread
from auditsearch.logs import kofa
from auditsearch.query.regex import Pattern
from auditsearch.query.regex_fault import pattern
from auditsearch.search import Events
from auditsearch.web import regex
from auditsearch.web.loglines import LogLines, required
from tests.factories import NOON, event
from tests.settings import AUDITSEARCH
from tests.web.conftest import Person, Put
from tests.web.test_reading import told

URL = "/audit/regex/"
ALWAYS = {"since": "2020-01-01", "until": "2100-01-01"}
CLOSED = AUDITSEARCH | {"LOGS": {"exams": {"permission": "auth.add_user"}, "payments": {"hidden": True}}}


def asked(client: Client, pattern: str, log: str = "main", **query: str) -> Any:
    """The page of a pattern."""
    return client.get(f"{URL}{log}/", ALWAYS | {"pattern": pattern} | query)


def lines(answer: Any) -> list[str]:
    """The lines that were found, with their marks."""
    assert answer.status_code == 200, answer.content.decode()
    return [str(line.text) for line in answer.context["found"]]


def test_a_hit_is_marked_in_its_line(web: Client, put: Put) -> None:
    key = put(user="admin", verbose="browser.pages.UserPage - Test edited: roles & more")
    put(verbose="something else")
    answer = asked(web, r"Test \w+")
    head = "2026-11-22 13:00:00,000 - INFO - admin - browser.pages.UserPage - "
    assert lines(answer) == [f"{head}<mark>Test edited</mark>: roles &amp; more"]
    assert f'href="/audit/event/{key}/"' in answer.content.decode()


@pytest.mark.parametrize(
    "source",
    ["^2026-11-22", "- WARNING -", "admin - browser", "WARN", "zope.anybody", "system", "Page - Test edited: roles$",
     "13:0", r"\d{4}", " - admin - ", "ING - adm", "UserPage", "^.* - admin", "(?s).", "gamma delta"],
)  # fmt: skip
def test_the_whole_line_is_looked_at_as_ever(web: Client, put: Put, source: str) -> None:
    put(ts=NOON, user="admin", level="WARNING", verbose="browser.pages.UserPage - Test edited: roles")
    put(ts=NOON - 1, user=None, suid=None, verbose="alpha", ip="10.0.0.1")
    put(ts=NOON - 2, user=None, suid=None, verbose="beta")
    put(ts=NOON - 3, user=None, suid="gamma delta", verbose=None, level=None)
    texts = [kofa.line(found, regex.timezone.get_current_timezone()) for found in Events()]
    answer = asked(web, source)
    assert len(lines(answer)) == sum(bool(re.search(source, text)) for text in texts)


PARTS = ["INFO", " - ", "-", " ", "admin", "adm", "zope", "2026", "11-22", "edited", "x", "\u0130", "ß", "•", "e\u0301"]
TEXTS = st.lists(st.sampled_from(PARTS), min_size=1, max_size=5).map("".join)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=TEXTS,
    user=TEXTS | st.none(),
    verbose=TEXTS | st.none(),
    folds=st.booleans(),
    level=st.sampled_from(["INFO", None]),
)
def test_narrowing_loses_no_line(text: str, user: Any, verbose: Any, level: Any, folds: bool) -> None:
    get_backend().clear()  # type: ignore[attr-defined]
    get_backend().index([event(user=user, verbose=verbose, level=level)])
    source = re.escape(text)
    [found] = Events()
    line = kofa.line(found, UTC)
    wanted = text in line or (folds and text.lower() in line.lower() and text.isascii() and line.isascii())
    assert len(list(LogLines.of(Events(), Pattern(source, folds=folds), UTC).hits())) >= wanted


@pytest.mark.parametrize(
    ("source", "parts"),
    [(r"PHY\d+", ["PHY"]), ("admin - edited", ["edited"]), (r"\d+:\d\d", []), ("INF", []), ("syst", []), ("ab|cd", [])],
)
def test_the_engine_is_asked_for_what_must_stand_in_a_part(source: str, parts: list[str]) -> None:
    assert list(required(Pattern(source))) == parts


def test_any_case_is_a_tick_or_python_s_own_sign(web: Client, put: Put) -> None:
    put(verbose="Ошибка: STRASSE")
    for query in ({"pattern": "ошибка", "any_case": "1"}, {"pattern": "(?i)strasse"}):
        assert len(lines(asked(web, query.pop("pattern"), **query))) == 1
    assert lines(asked(web, "ошибка")) == []


@pytest.mark.parametrize(
    ("source", "place"),
    [("a(b", "("), ("a[b", "["), ("*a", "*"), ("ab(?=c)", "(?="), (r"(a)x\1", r"\1"), ("a++", "++"),
     (r"[(?=]\\(?<!a)", "(?<!"), ("x(?i:a)", "(?i:"), ("(?P<n>a)(?P=n)", "(?P=n")],
)  # fmt: skip
def test_a_wrong_pattern_is_refused_at_its_place(web: Client, source: str, place: str) -> None:
    with pytest.raises(Misread) as error:
        pattern(source)
    assert source[error.value.start :].startswith(place) or place in source[error.value.start : error.value.end + 1]
    answer = asked(web, source)
    assert answer.status_code == 400
    assert 'class="place"' in answer.content.decode()


@settings(max_examples=200, deadline=None)
@given(st.text("ab([*+?{1,}])|\\^$.<=!:iPn>\x00\u202e", max_size=12))
def test_each_pattern_is_taken_or_refused_at_a_place_inside(source: str) -> None:
    try:
        Pattern(source)
    except InvalidValue:
        with pytest.raises(Misread) as error:
            pattern(source)
        assert 0 <= error.value.start <= error.value.end <= len(source)


@pytest.mark.parametrize(
    "source", ["(a+)+$", "(x|x)*y", r"(\w+\s?)*!", "a{900}" * 3, "(" * 500 + ")" * 500, "x" * 1001]
)
def test_no_pattern_hangs_the_page(web: Client, put: Put, source: str) -> None:
    put(verbose="a" * 5000 + "x" * 5000)
    assert asked(web, source).status_code in (200, 400)


def test_a_long_scan_tells_how_far_it_came_and_goes_on_by_itself(web: Client, put: Put) -> None:
    for n in range(4):
        put(ts=NOON - n, verbose=f"line {n}")
    with patch.object(regex, "SECONDS", -1), patch("auditsearch.paging.STEP", 2):
        answer = asked(web, "[03]$")
        assert 'hx-trigger="load"' in answer.content.decode()
        assert (answer.context["percent"], answer.context["number"]) == (50, 1)
        more = web.post(f"{URL}main/", dict(answer.context["again"]), headers={"HX-Request": "true"})
        last = web.post(f"{URL}main/", dict(more.context["again"]), headers={"HX-Request": "true"})
    assert [re.sub("</?mark>", "", line)[-6:] for line in lines(answer) + lines(more)] == ["line 0", "line 3"]
    assert (last.context["percent"], last.context["goes_on"]) == (100, False)
    assert "<html" not in more.content.decode()


def test_a_full_page_ends_with_a_link_to_the_next(web: Client, put: Put) -> None:
    for n in range(5):
        put(ts=NOON - n, verbose=f"line {n}")
    with patch.object(regex, "SIZE", 3):
        answer = asked(web, "line")
        following = web.get(f"{URL}main/?{answer.context['next']}")
    assert 'hx-trigger="load"' not in answer.content.decode()
    assert [len(lines(answer)), len(lines(following))] == [3, 2]


def test_a_scan_that_goes_on_is_one_reading(web: Client, put: Put) -> None:
    put(verbose="line")
    put(verbose="line")
    with patch.object(regex, "SIZE", 2), patch.object(regex, "SECONDS", -1), patch("auditsearch.paging.STEP", 1):
        answer = asked(web, "line")
        web.post(f"{URL}main/", dict(answer.context["again"]))
    [event] = told()
    assert (event.context_data["page"], event.context_data["question"]) == ("regex_log", "line")
    assert event.context_data["asked"]["log"] == "main"


def test_a_cursor_goes_on_with_its_own_question_alone(web: Client, put: Put, client: Client, person: Person) -> None:
    put()
    put()
    with patch.object(regex, "SIZE", 1):
        fields = dict(asked(web, ".").context["again"])
    assert web.get(f"{URL}main/", fields).status_code == 200
    assert web.get(f"{URL}main/", fields | {"pattern": "x"}).status_code == 400
    assert web.get(f"{URL}main/", fields | {"any_case": "1"}).status_code == 400
    assert web.get(f"{URL}other/", fields).status_code == 400
    other = Client()
    other.force_login(person("other", "view"))
    assert other.get(f"{URL}main/", fields).status_code == 400


@override_settings(AUDITSEARCH=CLOSED)
def test_a_closed_log_is_neither_offered_nor_searched(web: Client, put: Put) -> None:
    for log in ("exams", "payments", "main"):
        put(log=log, verbose="secret sentence")
    assert [name for name, _ in web.get(URL).context["logs"]] == ["main"]
    for log, way in product(("exams", "payments"), (web.get, web.post)):
        answer = way(f"{URL}{log}/", ALWAYS | {"pattern": "secret"})
        assert answer.status_code == 404
        assert "secret sentence" not in answer.content.decode()
    assert web.get(URL, ALWAYS | {"pattern": "secret", "log": "exams"}).status_code == 404


@override_settings(AUDITSEARCH=CLOSED)
def test_who_has_the_log_s_permission_may_look_into_it(client: Client, put: Put, django_user_model: Any) -> None:
    put(log="exams", verbose="secret sentence")
    client.force_login(django_user_model.objects.create_superuser("head"))
    assert len(lines(asked(client, "secret", "exams"))) == 1


def test_tenants_find_lines_of_their_own_alone(tenants: tuple[Client, Client]) -> None:
    for client, own, other in zip(tenants, ("north", "south"), ("south", "north"), strict=True):
        assert len(lines(asked(client, "only of", own))) == 1
        assert lines(asked(client, "only of", other)) == []
        assert [name for name, _ in client.get(URL).context["logs"]] == [own]


def test_a_rule_that_must_be_checked_holds_here_too(web: Client, put: Put) -> None:
    put(verbose="ordinary word")
    put(verbose="password")
    rule = Events().filter(verbose__regex=r"\bword\b")
    assert rule.plan.check
    assert len(list(LogLines.of(rule, Pattern("word"), UTC).hits())) == 1


def test_who_may_not_look_gets_nothing(client: Client, person: Person) -> None:
    assert client.post(f"{URL}main/", headers={"HX-Request": "true"}).status_code == 401
    client.force_login(person("nobody", "export"))
    assert [client.get(URL).status_code, asked(client, "x").status_code] == [403, 403]


def test_time_is_narrowed_and_thirty_days_where_nothing_is_said(web: Client, put: Put) -> None:
    put(ts=NOON)
    put(ts=NOON - 86_400_000_000)
    assert len(lines(asked(web, ".", since="2026-11-22"))) == 1
    assert len(lines(asked(web, ".", until="2026-11-22"))) == 1
    assert web.get(URL).context["since"] == "30 days"
    assert asked(web, ".", since="nonsense").status_code == 400


def test_hostile_texts_are_shown_harmless(web: Client, put: Put) -> None:
    put(verbose="<script>alert(1)</script>\u202e\x00 x\nsecond line", user="\u202e<b>")
    text = asked(web, "<script>.*x").content.decode()
    assert "<script>alert" not in text
    assert "\u202e" not in text.replace('value="\u202e', "")
    assert "\x00" not in text
    assert "<mark>&lt;script&gt;alert(1)&lt;/script&gt;\\u202e\\u0000 x</mark>\nsecond line" in text


@pytest.mark.parametrize("source", ["\x00", "\u202e", "'\"><img src=x onerror=alert(1)>", "\ud800"])
def test_a_hostile_pattern_breaks_nothing(web: Client, put: Put, source: str) -> None:
    put()
    answer = web.get(f"{URL}main/", {"pattern": source.encode("utf-8", "surrogatepass")} | ALWAYS)
    assert answer.status_code in (200, 400)
    assert "<img" not in answer.content.decode()


def test_of_a_long_line_the_place_is_shown(web: Client, put: Put) -> None:
    put(verbose="a" * 50_000 + "needle" + "b" * 50_000)
    [line] = lines(asked(web, "needle"))
    assert "<mark>needle</mark>" in line
    assert line.startswith("…a")
    assert len(line) < 5000
