"""One event as a line: what it tells, what is marked, and that nothing in it is markup."""

import pytest

from auditsearch.event import Event
from auditsearch.query.text import parse
from auditsearch.query.tree import ALL
from auditsearch.web.line import Line, lines
from tests.factories import canonical


def line(question: str = "", **changes: object) -> Line:
    """The line of the usual event with changes."""
    event = Event.from_canonical(canonical(**changes))
    return lines([event], parse(question) if question else ALL)[0]


def test_the_words_that_were_asked_for_are_marked_in_the_sentence() -> None:
    assert line("ПЕРЕДУМАЛ", verbose="Клиент передумал").text == "Клиент <mark>передумал</mark>"


def test_an_update_shows_what_it_changed_three_fields_at_most() -> None:
    diff = {"a": ["new", "paid"], "b": [None, 5], "c": {"removed": [1], "added": [2]}, "d": [1, 2]}
    shown = line("to.a:paid", context_data={"diff": diff})
    assert shown.changes[0] == ("a", "new", "<mark>paid</mark>")
    assert shown.changes[1:] == [("b", "—", "5"), ("c", "[1]", "[2]")]
    assert shown.more == 1


def test_a_word_that_stands_elsewhere_is_shown_with_its_place() -> None:
    snapshot = {"deep": [{"note": "x " * 60 + "gift wrap " + "y " * 60}]}
    ((path, part),) = line("gift", object_snapshot=snapshot).found
    assert path == "snapshot.deep.note"
    assert part == "…" + "x " * 30 + "<mark>gift</mark> wrap " + "y " * 27 + "…"


def test_no_place_is_shown_where_the_sentence_is_marked_or_nothing_was_asked() -> None:
    assert line("gift", verbose="a gift", context_data={"note": "gift"}).found == []
    assert line(context_data={"note": "gift"}).found == []


def test_a_line_tells_who_what_where_and_leads_there() -> None:
    parts = line(ip="10.0.0.7", request_token="t1", level="ERROR").where
    assert [part.text for part in parts] == ["Anna", "Order 7", "main", "10.0.0.7", "same request", "ERROR"]
    assert [part.url for part in parts if part.url] == [
        "/audit/actor/12/",
        "/audit/object/shop.Order/7/",
        "/audit/request/t1/",
    ]


HOSTILE = [
    '<script>alert("1")</script>',
    "<img src=x onerror=alert(1)>",
    "</li>&lt;b&gt;",
    "\u202egnp.exe",
    "a\u200bb\x00\x1b[31m",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("question", ["", "alert OR gnp OR a OR b OR li", 'verbose~"[a-z]+"', 'user:"<"'])
def test_nothing_of_an_event_is_markup_or_hides(text: str, question: str) -> None:
    values = dict.fromkeys(("verbose", "user", "object_label", "log", "level", "object_type", "request_token"), text)
    shown = line(question, **values, context_data={text: text, "diff": {text: [text, {text: text}]}})
    whole = "".join(
        [shown.text, *(part for change in shown.changes for part in change[1:]), *dict(shown.found).values()]
    )
    assert "<" not in whole.replace("<mark>", "").replace("</mark>", "")
    assert not {"\u202e", "\u200b", "\x00", "\x1b"} & set(whole + "".join(part.text for part in shown.where))


def test_a_line_is_short_whatever_the_event_holds() -> None:
    text = "word " * 100_000
    shown = line("word", verbose=text, object_label=text, user=text, context_data={"diff": {"a": [text, [text]]}})
    assert sum(len(part) for change in shown.changes for part in change) < 1000
    assert len(shown.text) < 8000
