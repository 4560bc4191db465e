"""Files of what is on the screen: in its order, in flat memory, never short without a word, told however they end."""

import csv
import json
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.test import AsyncClient, Client, override_settings

from auditsearch.backends.base import Hit
from auditsearch.backends.memory import MemoryBackend
from auditsearch.exceptions import BackendUnavailable
from auditsearch.logs import kofa
from auditsearch.search import Events
from auditsearch.web.door import HEADERS
from auditsearch.web.download import Download
from auditsearch.web.forms import FORMS, Ndjson
from tests.factories import NOON, canonical
from tests.settings import AUDITSEARCH
from tests.web.conftest import Person, Put
from tests.web.test_reading import told

CAPPED = AUDITSEARCH | {"EXPORT_LIMIT": 2}
URLS = ["/audit/export/", *(f"/audit/export/{form}/" for form in FORMS)]


@pytest.fixture
def clerk(client: Client, person: Person) -> Client:
    """The browser of somebody who may export."""
    client.force_login(person("clerk", "view", "export"))
    return client


def body(answer: Any) -> bytes:
    """The whole file; who reads it to its end closes it, as servers do."""
    try:
        return b"".join(answer.streaming_content)
    finally:
        answer.close()


def lines(client: Client, form: str = "ndjson", **query: Any) -> list[str]:
    """The lines of a file."""
    return body(client.get(f"/audit/export/{form}/", query)).decode("utf-8-sig").splitlines()


@pytest.mark.parametrize("url", URLS)
def test_who_may_look_may_not_therefore_take_away(web: Client, url: str) -> None:
    assert web.get(url).status_code == 403
    assert Client().get(url).status_code == 302


def test_a_form_that_does_not_exist_is_not_found(clerk: Client) -> None:
    assert clerk.get("/audit/export/xlsx/").status_code == 404
    assert clerk.post("/audit/export/csv/").status_code == 405


def test_tenants_take_away_their_own_events_alone(tenants: tuple[Client, Client]) -> None:
    for client, own, other in zip(tenants, ("north", "south"), ("south", "north"), strict=True):
        for url in URLS[1:]:
            text = body(client.get(url)).decode()
            assert own in text
            assert other not in text
        assert "1 event" in client.get(URLS[0]).content.decode()


def test_a_log_that_is_closed_to_the_person_is_in_no_file(clerk: Client, put: Put) -> None:
    put(log="exams", verbose="secret sentence")
    with override_settings(AUDITSEARCH=AUDITSEARCH | {"LOGS": {"exams": {"permission": "auth.add_user"}}}):
        assert lines(clerk) == lines(clerk, log="exams") == []


def test_a_file_has_the_question_and_the_order_of_the_screen(clerk: Client, put: Put) -> None:
    for n, user in enumerate(["Anna", "Bert", "Carl", "Anna"]):
        put(id=str(n), user=user, ts=NOON + n)
    found = lines(clerk, sort="user", **{"x.user": "Bert"})
    assert [json.loads(line)["id"] for line in found] == ["0", "3", "2"]


def test_ndjson_is_what_was_recorded_byte_for_byte(clerk: Client, put: Put) -> None:
    put(id="x", context={"exact": 2**53 + 1, "text": "\u202e\x00,\n=1\u2028"})
    [hit] = Events().hits()
    assert body(clerk.get("/audit/export/ndjson/")).decode() == hit.canonical + "\n"


def test_log_lines_are_those_of_kofa(clerk: Client, put: Put) -> None:
    put(user="admin", verbose="browser.pages.UserPage - Test edited: roles")
    assert lines(clerk, "lines") == [
        "2026-11-22 13:00:00,000 - INFO - admin - browser.pages.UserPage - Test edited: roles"
    ]


def test_a_message_can_not_pass_for_two_entries(clerk: Client, put: Put) -> None:
    put(verbose="note\n2026-11-22 14:00:00,000 - INFO - admin - deleted: everything")
    entries = [line for line in lines(clerk, "lines") if kofa.parse(line)]
    assert len(entries) == 1


def test_chosen_columns_are_the_file_s(clerk: Client, put: Put) -> None:
    put(snapshot={"amount": 100})
    rows = list(csv.reader(lines(clerk, "csv", columns=["user,level", "_snapshot__amount", ""])))
    assert rows == [["user", "level", "_snapshot__amount"], ["Anna", "INFO", "100"]]


@pytest.mark.parametrize("query", [{"columns": "nonsense"}, {"q": "(("}, {"sort": "nonsense"}, {"q": "x" * 2000}])
def test_what_can_not_be_asked_is_refused_before_a_file_begins(clerk: Client, query: dict[str, str]) -> None:
    assert clerk.get("/audit/export/csv/", query).status_code == 400


@pytest.mark.parametrize("name", ["log", "q", "columns", "anything"])
def test_no_text_of_a_question_comes_into_a_header(clerk: Client, name: str) -> None:
    answer = clerk.get("/audit/export/ndjson/", {name: 'a"; \r\nSet-Cookie: a=b; \u202e\x00.html'})
    assert "cookie" not in str(answer.headers).lower().replace("vary: cookie", "").replace("'vary': 'cookie'", "")
    if answer.status_code == 200:
        assert body(answer) is not None
        assert answer["Content-Disposition"].startswith('attachment; filename="auditsearch-2')


def test_a_file_carries_the_headers_of_laws(clerk: Client) -> None:
    answer = clerk.get("/audit/export/csv/")
    assert {name: answer[name] for name in HEADERS} == HEADERS
    assert body(answer)


@override_settings(AUDITSEARCH=CAPPED)
@pytest.mark.parametrize("form", FORMS)
def test_a_file_ends_at_the_limit_and_says_so(clerk: Client, put: Put, form: str) -> None:
    for _ in range(3):
        put()
    answer = clerk.get(f"/audit/export/{form}/")
    assert (answer["X-Export-Limit"], answer["X-Export-Found"]) == ("2", "3")
    *events, last = body(answer).decode().splitlines()
    assert len(events) == 2 + (form == "csv")
    assert "cut at the limit of 2 events" in last
    assert told("audit_export")[0].context_data["capped"] is True


@override_settings(AUDITSEARCH=CAPPED)
def test_the_page_tells_of_the_limit_before_it_starts(clerk: Client, put: Put) -> None:
    put()
    put()
    assert "A file holds at most" not in clerk.get("/audit/export/").content.decode()
    put()
    assert "A file holds at most 2 events" in clerk.get("/audit/export/").content.decode()


@override_settings(AUDITSEARCH=CAPPED)
def test_a_file_that_holds_as_many_as_the_limit_is_whole(clerk: Client, put: Put) -> None:
    put()
    put()
    assert len(lines(clerk)) == 2
    assert told("audit_export")[0].context_data["capped"] is False


def test_an_export_is_an_event_with_count_and_seconds(clerk: Client, put: Put) -> None:
    put()
    lines(clerk, "csv", q="user:Anna", columns="id")
    [event] = told("audit_export")
    assert str(event).startswith("clerk exported 1 events as csv in 0.")
    known = event.context_data
    assert (known["form"], known["count"], known["outcome"], known["question"]) == ("csv", 1, "done", "user:Anna")
    assert (known["columns"], known["limit"], known["seconds"] < 60) == (["id"], 100_000, True)
    assert event.request_token == told()[0].request_token


def test_an_export_is_told_even_where_reading_is_not(clerk: Client) -> None:
    with override_settings(AUDITSEARCH=AUDITSEARCH | {"READING": False}):
        lines(clerk)
    assert len(told()) == 0
    assert len(told("audit_export")) == 1


def test_a_download_that_is_broken_off_is_told_with_what_was_sent(clerk: Client, put: Put) -> None:
    for _ in range(3):
        put()
    with patch("auditsearch.web.download.BATCH", 1):
        answer = clerk.get("/audit/export/ndjson/")
        pieces = iter(answer.streaming_content)
        sent = [next(pieces) for _ in range(3)]
        answer.close()
    [event] = told("audit_export")
    assert len(sent) == 3
    assert (event.context_data["outcome"], event.context_data["count"], event.user) == ("broken_off", 2, "clerk")


def test_a_download_of_which_nothing_was_fetched_is_told_too(clerk: Client) -> None:
    clerk.get("/audit/export/ndjson/").close()
    assert [event.context_data["outcome"] for event in told("audit_export")] == ["broken_off"]


def failing(after: int, error: Exception) -> Iterator[Hit]:
    """Hits, and then the store is away."""
    for _ in range(after):
        yield Hit(canonical(), ())
    raise error


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("error", [BackendUnavailable("the store is away"), ValueError("secret of the site")])
def test_a_file_that_fails_in_the_middle_says_so_at_its_end(
    clerk: Client, form: str, error: Exception, caplog: Any
) -> None:
    with patch.object(Events, "hits", lambda *_: failing(600, error)):
        last = lines(clerk, form)[-1]
    assert "not whole, it ends after 500 events" in last
    assert "secret" not in last
    [event] = told("audit_export")
    assert (event.level, event.context_data["outcome"], event.context_data["error"]) == (
        "ERROR",
        "failed",
        type(error).__name__,
    )


def test_a_store_that_is_away_from_the_beginning_sends_no_file(clerk: Client) -> None:
    with patch.object(MemoryBackend, "search", side_effect=BackendUnavailable("away")):
        assert clerk.get("/audit/export/csv/").status_code == 503


def test_a_file_whose_end_can_not_be_told_is_still_whole_and_the_failure_logged(clerk: Client, caplog: Any) -> None:
    with patch("auditsearch.web.export._told", side_effect=ValueError("no")):
        assert lines(clerk) == []
    assert "An export was not audited" in caplog.text


def test_events_are_fetched_as_they_are_sent() -> None:
    fetched: list[int] = []

    def hits() -> Iterator[Hit]:
        for n in range(100_000):
            fetched.append(n)
            yield Hit(canonical(id=str(n)), ())

    ended: list[Download] = []
    download = Download(hits(), Ndjson(), 100_000, ended.append)
    next(download)
    next(download)
    assert len(fetched) <= 1000
    download.close()
    download.close()
    assert len(ended) == 1


async def sent(client: AsyncClient, url: str, pieces: int | None = None) -> bytes:
    """A file as an asynchronous server sends it, or its first pieces."""
    answer: Any = await client.get(url)
    found = []
    async for piece in answer.streaming_content:
        found.append(piece)
        if len(found) == pieces:
            break
    await sync_to_async(answer.close)()
    return b"".join(found)


def test_an_asynchronous_server_sends_it_piece_by_piece(person: Person) -> None:
    client = AsyncClient()
    client.force_login(person("clerk", "view", "export"))
    nine = [Hit(canonical(), ())] * 9
    with patch("auditsearch.web.download.BATCH", 1), patch.object(Events, "hits", lambda *_: iter(nine)):
        whole, part = (async_to_sync(sent)(client, "/audit/export/ndjson/", pieces) for pieces in (None, 4))
    assert [len(text.splitlines()) for text in (whole, part)] == [9, 3]
    assert [event.context_data["outcome"] for event in told("audit_export")] == ["done", "broken_off"]


def test_the_page_offers_each_form_with_the_question_in_it(clerk: Client, put: Put) -> None:
    put()
    text = clerk.get("/audit/export/", {"q": "user:anna", "f.level": "INFO", "cursor": "x"}).content.decode()
    assert all(f"/audit/export/{form}/" in text for form in FORMS)
    assert '<input type="hidden" name="f.level" value="INFO">' in text
    assert 'name="cursor"' not in text


def test_a_text_of_the_question_is_harmless_on_the_page(clerk: Client) -> None:
    text = clerk.get("/audit/export/", {"q": '"<script>alert(1)</script>\u202e"'}).content.decode()
    assert "<script>alert" not in text
    assert "\u202e" not in text.replace('value="&quot;&lt;script&gt;alert(1)&lt;/script&gt;\u202e&quot;"', "")
