"""What was asked for is marked, escaped, by the same rules that made the hit; and what may be typed next."""

import pytest
from django.test import override_settings

from auditsearch.backends.memory import MemoryBackend
from auditsearch.completion import Completions
from auditsearch.query.highlight import highlight, segments
from auditsearch.query.text import parse
from auditsearch.search import Events
from tests.factories import NOON, event

MARKED = [
    ("отчет", "Сдан ОТЧЁТ, отчёты", None, "Сдан [ОТЧЁТ], отчёты"),
    ("отч*", "Сдан ОТЧЁТ, отчёты", None, "Сдан [ОТЧЁТ], [отчёты]"),
    ("reprot~", "a report", None, "a [report]"),
    ('"birth certificate"', "birth_certificate", None, "[birth]_[certificate]"),
    (
        '"birth certificate"',
        "birth of a certificate, Birth Certificate; birth",
        None,
        "birth of a certificate, [Birth] [Certificate]; birth",
    ),
    ('"a b a"', "a b a b a b", None, "[a] [b] [a] [b] [a] b"),
    ('"отчёт сдан" март', "Отчет сдан, сдан отчёт за март", None, "[Отчет] [сдан], сдан отчёт за [март]"),
    ('"a b" a b', "b a b", None, "[b] [a] [b]"),
    ("-secret open", "secret open", None, "secret [open]"),
    ("a OR b", "a b c", None, "[a] [b] c"),
    ("snapshot.note:ell", "HELLO hello", "snapshot.note", "H[ELL]O h[ell]o"),
    ("snapshot.note:ell", "HELLO hello", "snapshot.other", "HELLO hello"),
    ('snapshot.note~"l+o"', "HELLO hello", "snapshot.note", "HELLO he[llo]"),
    ("user:Анна", "Анна", "user_name", "[Анна]"),
    ("e", "e\u0301 e", None, "é [e]"),
    ("user:(a* ab*)", "abc", "user_name", "[ab]c"),
]


@pytest.mark.parametrize(("asked", "text", "path", "marked"), MARKED)
def test_what_was_asked_for_is_marked(asked: str, text: str, path: str | None, marked: str) -> None:
    found = segments(text, parse(asked), path)
    assert "".join([f"[{part}]" if hit else part for part, hit in found]) == marked


def test_everything_is_escaped() -> None:
    assert highlight("<b>paid</b> & paid", parse("paid")) == (
        "&lt;b&gt;<mark>paid</mark>&lt;/b&gt; &amp; <mark>paid</mark>"
    )
    assert highlight("<script>", parse('user:"<script>"'), "user_name") == "<mark>&lt;script&gt;</mark>"


@override_settings(AUDITSEARCH={"SEARCH_LANGUAGES": ["ru", "en"]})
def test_other_forms_of_a_word_are_marked() -> None:
    assert highlight("отчётами payments", parse("отчёт payment")) == "<mark>отчётами</mark> <mark>payments</mark>"


@pytest.fixture(scope="module")
def completions() -> Completions:
    """Out of three events."""
    backend = MemoryBackend()
    users = ["Anna", "Anna", "Boris von Neumann"]
    snapshots = [{"status": "paid", 'odd "k=e%y': ">5"}, {"status": "new", "a": {"b": 5}}, {"status": "new"}]
    rows = zip(users, snapshots, strict=True)
    backend.index([event(ts=NOON + n, user=user, object_snapshot=snapshot) for n, (user, snapshot) in enumerate(rows)])
    return Completions(Events(backend=backend))


@pytest.mark.parametrize(
    ("typed", "replaced", "some"),
    [
        ("us", "us", "user:"),
        ("user:anna -act", "act", "action:"),
        ("snapshot.st", "snapshot.st", "snapshot.status:"),
        ("sta", "sta", "snapshot.status:"),
        ("(user:a", "a", "Anna"),
        ("user:", "", "Anna"),
        ('user:"Bo', '"Bo', '"Boris von Neumann"'),
        ('user:"boris von N', '"boris von N', '"Boris von Neumann"'),
        ('"a b" -user:"Boris ', '"Boris ', '"Boris von Neumann"'),
        ('user:"Boris von Neumann" act', "act", "action:"),
        ('user:"a \\" b" act', "act", "action:"),
        ("snapshot.status:", "", "paid"),
        ("snapshot.a.b:", "", "5"),
        ("action:", "", "update"),
        ("object:", "", "shop.Order"),
        ("time.ho", "time.ho", "time.hour:"),
        ("odd", "odd", r'snapshot."odd \"k=e%y":'),
    ],
)
def test_fields_keys_and_values_that_were_seen_are_offered(
    completions: Completions, typed: str, replaced: str, some: str
) -> None:
    found = completions.at(typed)
    assert typed[found.start : found.end] == replaced
    assert some in found.candidates


def test_what_is_offered_can_be_read(completions: Completions) -> None:
    for typed in ("user:", "snapshot.status:", "snapshot.a.b:"):
        assert (offered := completions.at(typed).candidates)
        assert all(parse(typed + candidate) for candidate in offered)


def test_a_key_with_signs_is_offered_as_it_is_asked(completions: Completions) -> None:
    (key,) = completions.at("odd").candidates
    assert Events(parse(f'{key}">5"'), backend=completions.events.backend).count() == 1


def test_the_most_frequent_values_come_first(completions: Completions) -> None:
    assert completions.at("user:").candidates[0] == "Anna"
    assert completions.at("zzz").candidates == completions.at("user:zzz").candidates == []
