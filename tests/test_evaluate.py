"""What a question means: each law on small examples, said by the oracle."""

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Q
from django.test import override_settings

from auditsearch.canonical import loads
from auditsearch.facts import leaves
from auditsearch.query.evaluate import fits
from auditsearch.query.parse import tree_of
from auditsearch.query.tree import Fact, Superset, Where
from tests.factories import canonical

LONG = "start " + "x" * 400 + " Middle " + "y" * 400 + " end"


def holds(*questions: Q, given: dict[str, Any], **keywords: Any) -> bool:
    """Whether an event with these attributes answers the question."""
    return fits(tree_of(*questions, **keywords), leaves(loads(canonical(**given))))


def hit(stored: Any, lookup: str, value: Any) -> bool:
    """Whether a value in the context answers `lookup` with `value`."""
    return holds(given={"context": {"v": stored}}, **{f"_context__v__{lookup}" if lookup else "_context__v": value})


@pytest.mark.parametrize(
    ("stored", "asked"),
    [("İstanbul", "istanbul"), ("ΣΊΣΥΦΟΣ", "σίσυφος"), ("ЁЛКА", "ёлка"), ("e\u0301", "É"), ("ẞ", "ß")],
)
def test_an_i_form_holds_if_the_folded_question_fits_the_folded_value(stored: str, asked: str) -> None:
    assert hit(stored, "iexact", asked)
    assert not hit(stored, "exact", asked)


def test_there_is_no_casefold() -> None:
    assert not hit("straße", "iexact", "strasse")
    assert not hit("ёлка", "icontains", "елка")


@pytest.mark.parametrize("lookup", ["exact", "contains", "startswith", "endswith", "regex"])
def test_plain_forms_are_case_sensitive(lookup: str) -> None:
    assert hit("Anna", lookup, "Anna")
    assert not hit("Anna", lookup, "ANNA")


@pytest.mark.parametrize("sign", ["*", "?", "\\", "%", "_"])
def test_wildcards_mean_themselves(sign: str) -> None:
    assert hit(f"a{sign}b", "contains", f"a{sign}b")
    assert not hit("axb", "contains", f"a{sign}b")


@pytest.mark.parametrize("part", [LONG[:300], LONG[-300:], "x" * 300, "Middle", LONG[200:230], LONG])
def test_a_long_value_is_found_by_any_part(part: str) -> None:
    assert hit(LONG, "contains", part)
    assert hit(LONG, "icontains", part.upper())
    assert not hit(LONG, "contains", f"{part}q")


def test_text_order_uses_the_first_256_characters() -> None:
    assert not hit("a" * 256 + "z", "gt", "a" * 256)
    assert hit("a" * 256 + "z", "lte", "a" * 256 + "b")


@pytest.mark.parametrize("value", [1, 1.0, Decimal("1.00"), Decimal("1E0")])
def test_numbers_are_equal_by_exact_value(value: Any) -> None:
    assert hit(1, "exact", value)
    assert hit(Decimal("1.00"), "exact", value)
    assert not hit(2**53 + 1, "exact", 2**53)


@pytest.mark.parametrize(("lookup", "expected"), [("gt", [1]), ("gte", [0, 1]), ("lt", [-1]), ("lte", [-1, 0])])
def test_ranges_tell_neighbours_beyond_a_double_s_digits(lookup: str, expected: list[int]) -> None:
    assert [step for step in (-1, 0, 1) if hit(2**60 + step, lookup, 2**60)] == expected
    assert [step for step in (-1, 0, 1) if hit(2**60 + 7 + step, lookup, 2**60 + 7)] == expected


def test_a_number_asks_for_numbers_only_and_text_for_text_and_text_forms() -> None:
    assert not hit("455", "exact", 455)
    assert hit(455, "exact", "455")
    assert hit(Decimal("4.50"), "endswith", "4.5")


def test_true_and_false_have_a_text_form() -> None:
    assert [[hit(value, "exact", text) for text in ("true", "false", "True")] for value in (True, False)] == [
        [True, False, False],
        [False, True, False],
    ]


def test_true_is_not_one() -> None:
    assert not hit(1, "exact", True)
    assert not hit(True, "exact", 1)
    assert not hit(True, "gte", 0)


def test_the_question_s_kind_decides_a_range() -> None:
    values = [5, "5", "b", "2026-11-22", True, None, [], {}]
    assert [value for value in values if hit(value, "gte", 5)] == [5]
    assert [value for value in values if hit(value, "gte", "2026-11-22")] == ["2026-11-22"]
    assert [value for value in values if hit(value, "gte", "5")] == ["5", "b"]


def test_times_are_compared_in_utc_whatever_their_offset() -> None:
    assert hit("2026-11-22T09:00+01:00", "exact", datetime.datetime(2026, 11, 22, 8, tzinfo=datetime.UTC))
    assert hit("2026-11-22 08:00:00.000001Z", "gt", "2026-11-22T09:00:00+01:00")


def test_each_leaf_means_some_element_so_two_leaves_may_be_met_by_two() -> None:
    given = {"context": {"v": [1, 9]}}
    assert holds(given=given, _context__v__gte=5, _context__v__lt=5)
    assert not holds(given=given, _context__v__range=(4, 6))


def test_not_is_the_complement_so_events_without_the_key_fit() -> None:
    assert holds(~Q(_context__v=1), given={})
    assert not holds(~Q(_context__v=1), given={"context": {"v": [1, 2]}})


@pytest.mark.parametrize("stored", [[], {}, "", 0, False, {"a": {}}, [None], {"a": None}])
def test_a_key_that_holds_anything_but_null_is_not_null(stored: Any) -> None:
    assert hit(stored, "isnull", False)
    assert not hit(stored, "", None)


def test_null_missing_and_no_such_path_are_one_thing() -> None:
    assert hit(None, "isnull", True)
    assert holds(given={}, _context__v__isnull=True, _context__a__b=None, user__isnull=False, suid__isnull=False)
    assert holds(given={"user": None}, user=None)


def test_a_key_with_dots_and_a_nested_key_share_a_path() -> None:
    assert holds(given={"context": {"a.b": 1}}, _context__a__b=1)
    assert holds(given={"context": {"a": {"b": 1}}}, **{"_context__a.b": 1})


def test_a_change_is_asked_by_field_before_and_after() -> None:
    given = {"context": {"diff": {"status": ["new", "paid"]}}}
    assert holds(given=given, _changed="status", _from__status="new", _to__status="paid")
    assert not holds(given=given, _from__status="paid")


def test_text_without_a_lookup_means_the_value_or_a_part_of_it_in_any_case() -> None:
    assert hit("Birth Certificate", "", "birth cert")
    assert not hit("Birth Certificate", "exact", "birth cert")


def test_search_needs_every_word_and_phrase_their_order_in_one_value() -> None:
    given = {"verbose": "one two", "context": {"a": "three four", "b": 12}}
    assert holds(given=given, search="FOUR two 12")
    assert not holds(given=given, search="four five")
    assert holds(given=given, phrase="three four")
    assert not holds(given=given, phrase="two three")
    assert not holds(given=given, phrase="four 12")


def test_an_event_that_says_nothing_but_what_was_asked_is_found() -> None:
    event = leaves({"id": "x", "ts": 0, "verbose": "one two"})
    assert fits(tree_of(search="two one"), event)
    assert fits(tree_of(phrase="one two"), event)
    assert not fits(tree_of(search="one three"), event)


def test_an_event_is_known_by_its_id() -> None:
    assert holds(given={"id": "a-1"}, id="a-1", id__in=["b", "a-1"])
    assert not holds(given={"id": "a-1"}, id="a")


@override_settings(AUDITSEARCH={"SEARCH_LANGUAGES": ["en"]})
def test_stems_and_the_ends_of_strings_are_no_words_that_resemble_one() -> None:
    given = {"verbose": "connections"}
    assert holds(given=given, search="connect", search__fuzzy="connectoins")
    assert not holds(given=given, search__fuzzy="connect")


def test_reserved_characters_are_replaced_in_values_and_questions_alike() -> None:
    assert hit("a\ue000b", "exact", "a\ue1ffb")
    assert hit("a\ue000b", "exact", "a\ufffdb")


def test_what_lies_beyond_a_cap_does_not_exist_for_the_oracle_either() -> None:
    given = {"context": {f"k{number:05}": number for number in range(6_000)}}
    assert holds(given=given, _context__k00001=1)
    assert not holds(given=given, _context__k05999=5999)


def test_a_timestamp_is_exact_to_the_microsecond() -> None:
    given = {"ts": 1_795_348_800_000_001}
    assert holds(given=given, timestamp="2026-11-22T12:00:00.000001Z", timestamp__gt="2026-11-22T12:00Z")
    assert not holds(given=given, timestamp__lte="2026-11-22T12:00:00Z")


def test_a_superset_means_its_check() -> None:
    check = tree_of(user="Anna")
    assert isinstance(check, Where)
    assert fits(Superset(Fact("user_name", "=", "any", ""), check), leaves(loads(canonical(user="Anna"))))


def test_an_engine_s_own_leaf_is_refused() -> None:
    with pytest.raises(TypeError, match="before `plan`"):
        fits(Fact("user_name", "=", "any", ""), leaves(loads(canonical())))
