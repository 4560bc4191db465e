"""What people read of values and events: nothing hides, nothing moves its neighbours."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from auditsearch.event import Event, from_micros
from auditsearch.web import links, show
from tests.factories import NOON, canonical


def event(**changes: Any) -> Event:
    """The usual event."""
    return Event.from_canonical(canonical(**changes))


def rendered(text: str, **context: Any) -> str:
    """A template's text with the tags at hand."""
    return Template("{% load auditsearch %}" + text).render(Context(context))


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\u202eevil", "\\u202eevil"),
        ("a\0b", "a\\u0000b"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("one\r\n\ttwo", "one\\r\\n\\ttwo"),
        ("\x1b[31m", "\\u001b[31m"),
        ("line\u2028", "line\\u2028"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("filler\u3164\u115f", "filler\\u3164\\u115f"),
        ("Ёлка, e\u0301, 😀", "Ёлка, e\u0301, 😀"),
    ],
)
def test_what_cannot_be_seen_is_shown_as_an_escape(text: str, seen: str) -> None:
    assert show.shown(text) == seen


def test_shown_text_is_escaped_by_the_template() -> None:
    assert rendered("{{ x|shown }}", x="<script>\u202e") == "&lt;script&gt;\\u202e"


def test_shown_text_is_cut() -> None:
    assert rendered("{{ x|shown:5 }}", x="я" * 40_000) == "яяяяя…"


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        (None, "—"),
        (True, "true"),
        (0, "0"),
        (Decimal("1.50"), "1.50"),
        (Decimal("1E+3"), "1000"),
        (10**30, "1" + "0" * 30),
        ([1, "a"], '[1,"a"]'),
        ({"a": "\u202e"}, '{"a":"\\u202e"}'),
        ("", ""),
    ],
)
def test_each_kind_of_value_is_shown(value: Any, seen: str) -> None:
    assert show.shown(value) == seen


def test_a_time_is_told_in_the_current_zone_with_utc_as_its_title() -> None:
    with timezone.override("Asia/Tokyo"):
        assert rendered("{{ x|moment }}", x=from_micros(NOON + 5)) == (
            '<time datetime="2026-11-22T12:00:00.000005Z" title="2026-11-22 12:00:00.000005 UTC">'
            "2026-11-22 21:00:00</time>"
        )


@pytest.mark.parametrize("ts", [-62_135_596_800_000_000, 253_402_300_799_999_999])
def test_the_first_and_the_last_moment_can_be_told(ts: int) -> None:
    with timezone.override("Asia/Tokyo"):
        assert show.local(from_micros(ts))[:4] in ("0001", "9999")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.25, "0.25 s"),
        (59, "59 s"),
        (250, "4 min 10 s"),
        (3600 * 3 + 300, "3 h 5 min"),
        (86400 * 2 + 14400, "2 d 4 h"),
    ],
)
def test_a_duration_is_said_in_two_units(seconds: float, said: str) -> None:
    assert show.span(timedelta(seconds=seconds)) == said


def test_the_sentence_is_the_events_own() -> None:
    assert rendered("{{ x|sentence }}", x=event(verbose="Anna & Пётр")) == "Anna &amp; Пётр"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"verbose": "Anna changed Order 7: status", "context": {"diff": {"status": [1, 2]}}}, "ANNA status"),
        ({"verbose": "Anna changed Order 7: b, a", "context": {"diff": {"a": [1, 2], "b": [1, 2]}}}, "ANNA b, a"),
        (
            {"verbose": "Anna changed Order 7: b", "context": {"diff": {"a": [1, 2], "b": [1, 2]}}},
            "Anna changed Order 7",
        ),
        ({"verbose": "Anna changed Order 7: amount", "context": {"diff": {"status": [1, 2]}}}, "Anna changed Order 7"),
    ],
)
def test_a_sentence_that_capture_made_is_told_in_the_readers_language(
    changes: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(show, "gettext", lambda text: text.replace("%(user)s changed %(object)s:", "ANNA"))
    assert show.sentence(event(**changes)).startswith(said)


def test_without_a_sentence_the_parts_tell() -> None:
    assert show.sentence(event()) == "Anna changed Order 7"
    assert show.sentence(event(object_label="blue tea", event_code="cc")) == "Anna cc Order 7 (blue tea)"


def test_an_event_of_nobody_about_nothing_has_a_sentence() -> None:
    bare = event(user_name=None, suid=None, object_type=None, event_code=None)
    with translation.override("en"):
        assert show.sentence(bare) == "nobody —"


@pytest.mark.parametrize(
    "text", ["7", "app.Model", "..", ".", "a/b", "a//b", "\0", "\n", "~x", "", "Анна", "%2e", "?#&"]
)
def test_every_key_comes_out_of_its_address_as_it_was(text: str) -> None:
    part = links.part(text)
    assert links.text_of(part) == text
    assert part == text or not set(part) & set("/%.\n\0?#&")


def test_an_address_that_nobody_made_is_not_found() -> None:
    with pytest.raises(links.Http404):
        links.text_of("~!!!a")
