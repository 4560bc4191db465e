"""Regular expressions: Python's syntax and answers, in linear time, and as Lucene's where that is safe."""

import re
import time
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from auditsearch.exceptions import InvalidValue
from auditsearch.forms import clip
from auditsearch.query.regex import Pattern

LETTERS = "abЖёıſK_٣9 .\n\x1f\u0301😀"
PLAIN = [re.escape(letter) for letter in LETTERS] + [".", r"\w", r"\W", r"\d", r"\D", r"\s", r"\S", "[^a\n]", r"[\w.]"]
PLACES = ["^", "$", r"\A", r"\Z", r"\b", r"\B"]
PATTERNS = st.recursive(
    st.sampled_from(PLAIN + PLACES + ["[a-ж]", "", "(?s:.)", "(?m:^)"]),
    lambda inner: (
        st.lists(inner, max_size=4).map("".join)
        | st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"({'|'.join(parts)})")
        | st.builds("(?:{}){}".format, inner, st.sampled_from(["*", "+", "?", "{2}", "{0,2}", "{1,}?"]))
    ),
    max_leaves=6,
)
TEXTS = st.text(LETTERS, min_size=1, max_size=8)


def compiled(source: str) -> Pattern:
    """The pattern, unless it mixes what is refused."""
    try:
        return Pattern(source)
    except InvalidValue as error:
        assume("mixes" not in str(error))
        raise


@settings(max_examples=400, deadline=None)
@given(PATTERNS, TEXTS)
def test_a_pattern_is_found_where_re_search_finds_it(source: str, text: str) -> None:
    assert compiled(source).search(text) == bool(re.search(source, text))


@settings(max_examples=400, deadline=None)
@given(PATTERNS, TEXTS)
def test_lucene_s_form_matches_a_whole_value_exactly_where_the_pattern_is_found(source: str, text: str) -> None:
    pattern = compiled(source)
    body = pattern.lucene()
    assume(body is not None)
    assert bool(re.fullmatch(str(body), text)) == pattern.search(text)  # what we write of Lucene's means the same here


@settings(max_examples=400, deadline=None)
@given(PATTERNS, TEXTS)
def test_the_wide_reading_matches_all_and_the_narrow_one_only_what_is_found(source: str, text: str) -> None:
    compiled(source)
    wide, narrow = (Pattern(source, reading).lucene() for reading in ("wide", "narrow"))
    found = bool(re.search(source, text))
    assert wide is None or not found or re.fullmatch(wide, text)
    assert narrow is None or found or not re.fullmatch(narrow, text)


@pytest.mark.parametrize("source", [r"\w+@example", r"\bИванов\b", r"^\d{4}-\d\d-\d\d$"])
def test_unicode_s_classes_and_boundaries_have_a_wide_reading(source: str) -> None:
    assert Pattern(source).lucene() is None
    assert Pattern(source, "wide").lucene()


def test_the_servers_count_characters_beyond_the_basic_plane_twice() -> None:
    smiles = f"[{''.join(chr(0x1F600 + 2 * n) for n in range(20))}]"
    assert Pattern(smiles * 20).lucene()
    assert Pattern(smiles * 25).lucene() is None  # 600 characters


@settings(max_examples=200, deadline=None)
@given(PATTERNS, TEXTS)
def test_each_found_value_holds_the_literals(source: str, text: str) -> None:
    pattern = compiled(source)
    assert not pattern.search(text) or all(literal in text for literal in pattern.literals)


@pytest.mark.parametrize("source", ["", ".", "^a", "[^a]$", "\ue100?", r"\W$", "(?s:.)$"])
def test_nothing_is_found_in_a_clipped_value(source: str) -> None:
    clipped = clip("a" * 300)
    body = Pattern(source).lucene()
    assert not Pattern(source).search(clipped)
    assert body is None or not re.fullmatch(body, clipped)


@pytest.mark.parametrize("sign", list("#@&<>~\"'{}[]()|?*+.\\^$-/!%:;,=_` "))
def test_a_sign_that_lucene_reserves_means_itself(sign: str) -> None:
    body = Pattern(re.escape(f"a{sign}b")).lucene()
    assert f"a\\{sign}b" in str(body)


@pytest.mark.parametrize(
    ("source", "text"), [(r"\bИванов\b", "наш Иванов, да"), (r"\bёж\B", "ёжик"), (r"\w\b$", "Ж\n"), ("a$\n", "a\n")]
)
def test_word_boundaries_and_the_end_are_those_of_unicode_and_of_python(source: str, text: str) -> None:
    assert Pattern(source).search(text)


def test_a_pattern_is_case_sensitive() -> None:
    assert not Pattern("иванов").search("Иванов")


def test_a_dot_excludes_the_newline() -> None:
    assert not Pattern("a.b").search("a\nb")
    assert not re.fullmatch(str(Pattern("a.b").lucene()), "a\nb")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("(", "missing"),
        (r"\pL", "bad escape"),
        ("(?=a)", "looks ahead"),
        ("(?<!a)", "looks ahead"),
        (r"(a)\1", "refers back"),
        ("(?>a)", "atomic"),
        ("a++", "possessive"),
        ("(?i)a", "flag"),
        ("(?a:a)", "flag"),
        ("(?m:^)a$", "mixes"),
        ("a" * 1_001, "1000 characters"),
        ("(" * 499 + ")" * 499, "nested"),
        (r"(\w{1000}){1000}", "too large"),
        ("a{1001}", "too large"),
        (r"\ud800", "half of a surrogate pair"),
        ("a\ud800", "half of a surrogate pair"),
        (r"[\ud800-\udfff]", "half of a surrogate pair"),
    ],
)
def test_what_is_wrong_or_refused_is_told_with_its_reason(source: str, reason: str) -> None:
    with pytest.raises(InvalidValue, match=reason):
        Pattern(source)


DIFFERENCES = {
    "lookahead and lookbehind": ["(?=a)", "(?!a)", "(?<=a)", "(?<!a)"],
    "back references": [r"(a)\1", "(?P<n>a)(?P=n)"],
    "conditional groups": ["(a)?(?(1)b|c)"],
    "atomic groups": ["(?>a)"],
    "possessive repetitions": ["a++", "a?+", "a*+", "a{2}+"],
    "flags `a`, `i` and `L`": ["(?a)a", "(?i)a", "(?L)a", "(?i:a)"],
    "more than 1,000 repetitions": ["a{1001}"],
    "lone halves of surrogate pairs": ["\ud800"],
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_what_the_page_about_questions_calls_refused_is_refused(name: str) -> None:
    page = (Path(__file__).parent.parent / "docs" / "querying.md").read_text()
    assert name in page.partition("Differences to `re`:")[2].partition("\n## ")[0]
    for source in DIFFERENCES[name]:
        with pytest.raises(InvalidValue):
            Pattern(source)


@pytest.mark.parametrize(
    "source", ["(?P<n>a)b", "(?u)a", "(?#c)a", "(?x) a b", r"\N{DIGIT ONE}", "[]a]", "[^]a]", "a{"]
)
@pytest.mark.parametrize("text", ["ab", "a b", "1", "]", "a{", ""])
def test_what_it_does_not_name_is_as_in_python(source: str, text: str) -> None:
    assert Pattern(source).search(text) == bool(re.search(source, text))


@pytest.mark.parametrize("source", [r"\bx", r"\w+@example", "a.{20}b", "x{301}", r"1\d{20}"])
def test_what_is_no_lucene_or_would_keep_the_server_busy_has_no_lucene_form(source: str) -> None:
    assert Pattern(source).lucene() is None


def test_a_uuid_and_a_date_have_a_lucene_form() -> None:
    assert Pattern("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").lucene()
    assert Pattern("^20[0-9]{2}-[0-9]{2}").lucene()


@pytest.mark.parametrize("source", ["(a*)*b", "(a|aa)+$", r"(\w+\s?)+!", r"\b(a+)+\b!"])
def test_no_pattern_can_hang(source: str) -> None:
    started = time.thread_time()
    Pattern(source).search("aё" + "a" * 5_000)
    assert time.thread_time() - started < 10


def test_long_literals_are_cut_to_what_windows_hold() -> None:
    assert Pattern("x" * 100 + "|y").literals == ()
    assert Pattern("x" * 100 + "[ab]yy").literals == ("x" * 64, "yy")


def test_a_pattern_is_a_value() -> None:
    assert Pattern("a") == Pattern("a")
    assert len({Pattern("a"), Pattern("a"), Pattern("b")}) == 2


@pytest.mark.parametrize(
    ("source", "start"),
    [
        ("^ab+", "a"),
        (r"\Aa\.b", "a.b"),
        ("a", ""),
        ("(?m)^ab", ""),
        ("^(ab|c)", ""),
        ("^(ab)c", "abc"),
        ("", ""),
        ("^", ""),
    ],
)
def test_what_a_value_must_begin_with_is_known(source: str, start: str) -> None:
    assert Pattern(source).prefix == start
