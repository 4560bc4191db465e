"""What questions mean, law by law."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal

import pytest
from django.db.models import Q
from django.test import override_settings
from django.utils import timezone

from auditsearch.exceptions import InvalidValue
from tests.contract.shelf import Shelf
from tests.factories import NOON

UTC = datetime.UTC

# Numbers


def test_numbers_are_equal_by_exact_value(shelf: Shelf) -> None:
    shelf.values(2**53, 2**53 + 1, 2**53 + 2, 1, 1.0, Decimal("1.00"), "1", True)
    assert shelf.ask(_context__v=2**53 + 1) == {1}
    assert shelf.ask(_context__v=2**53) == {0}
    assert (
        shelf.ask(_context__v=1) == shelf.ask(_context__v=Decimal("1.000")) == shelf.ask(_context__v=1.0) == {3, 4, 5}
    )


def test_a_float_means_its_shortest_decimal(shelf: Shelf) -> None:
    exact = Decimal.from_float(0.1)
    shelf.values(0.1, Decimal("0.1"), exact, 0.3, 0.1 + 0.2)
    assert shelf.ask(_context__v=0.1) == {0, 1}
    assert shelf.ask(_context__v=exact) == {2}
    assert shelf.ask(_context__v__gt=0.1, _context__v__lt=0.2) == {2}
    assert shelf.ask(_context__v__gt=0.3) == {4}
    assert shelf.ask(_context__v__lte=exact) == {0, 1, 2}


def test_a_text_asks_for_numbers_by_their_text_form(shelf: Shelf) -> None:
    shelf.values(455, "455", 455.0, "x455", 4550, 100.50, -0.0, 1e22)
    assert shelf.ask(_context__v__exact="455") == {0, 1, 2}
    assert shelf.ask(_context__v="455") == {0, 1, 2, 3, 4}
    assert shelf.ask(_context__v__exact="100.5") == {5}
    assert shelf.ask(_context__v__exact="0") == {6}
    assert shelf.ask(_context__v__exact="10000000000000000000000") == {7}


def test_a_number_asks_for_numbers_only(shelf: Shelf) -> None:
    shelf.values(455, "455", True, "1", [455, "x"])
    assert shelf.ask(_context__v=455) == {0, 4}
    assert shelf.ask(_context__v=1) == set()
    assert shelf.ask(_context__v__in=[1, 455, "1"]) == {0, 3, 4}


def test_true_is_not_1_and_has_no_order(shelf: Shelf) -> None:
    shelf.values(True, False, 1, 0, "true", "True")
    assert shelf.ask(_context__v=True) == {0}
    assert shelf.ask(_context__v=1) == {2}
    assert shelf.ask(_context__v__exact="true") == {0, 4}
    assert shelf.ask(_context__v__gte=-1) == {2, 3}
    with pytest.raises(InvalidValue):
        shelf.ask(_context__v__gte=True)


def test_ranges_of_numbers_are_exact_at_their_ends(shelf: Shelf) -> None:
    numbers = [-(2**63), -1.5, -1, 0, 0.1, 1, 2**53 - 1, 2**53, 2**53 + 1, 2**53 + 2, 10**30, 10**30 + 1, "5", True]
    shelf.values(*numbers)
    for bound in [-2, -1, -0.0, 0.1, 2**53, 2**53 + 1, 10**30, 10**30 + 1, Decimal("0.1"), Decimal.from_float(0.1)]:
        for lookup in ("gt", "gte", "lt", "lte"):
            shelf.agrees(**{f"_context__v__{lookup}": bound})
    assert shelf.ask(_context__v__range=(2**53, 2**53 + 1)) == {7, 8}
    assert shelf.ask(_context__v__gt=2**53) == {8, 9, 10, 11}


# Elements


def test_a_range_is_met_by_one_element_and_two_bounds_by_two(shelf: Shelf) -> None:
    shelf.values([1, 10], [5], [], 6)
    assert shelf.ask(_context__v__range=(4, 7)) == {1, 3}
    assert shelf.ask(_context__v__gte=4, _context__v__lte=7) == {0, 1, 3}


def test_each_leaf_means_some_element(shelf: Shelf) -> None:
    shelf.values(["a", "b"], [["a"], {"k": "b"}], "a", {"k": "a"})
    assert shelf.ask(_context__v__exact="a") == {0, 1, 2}
    assert shelf.ask(_context__v__k__exact="b") == {1}
    assert shelf.ask(Q(_context__v__exact="a") & Q(_context__v__exact="b")) == {0}


def test_not_is_the_complement_of_the_whole_leaf(shelf: Shelf) -> None:
    shelf.values(1, 2, [1, 2], None)
    shelf.put({})
    assert shelf.ask(~Q(_context__v=1)) == {1, 3, 4}
    assert shelf.ask(~Q(_context__v=1) & Q(_context__v__isnull=False)) == {1}
    assert shelf.ask(~Q(_context__v__gte=1, _context__v__lte=1)) == {1, 3, 4}


def test_null_missing_and_no_such_path_are_one_thing(shelf: Shelf) -> None:
    shelf.values(None, [], {}, "", 0, False, [None], {"k": None})
    shelf.put({}, {"context_data": {"v": {"k": 1}}})
    assert shelf.ask(_context__v__isnull=True) == shelf.ask(_context__v=None) == {0, 8}
    assert shelf.ask(_context__v__isnull=False) == {1, 2, 3, 4, 5, 6, 7, 9}
    assert shelf.ask(_context__v__k__isnull=False) == {9}
    assert shelf.ask(user__isnull=True) == set()


# Text


def test_exact_forms_are_case_sensitive_and_i_forms_fold(shelf: Shelf) -> None:
    shelf.values(
        "Иванов",
        "иванов",
        "ИВАНОВ",
        "Ivanov",
        "İVAN",
        "ivan",
        "straße",
        "STRASSE",
        "Σίσυφος",
        "ΣΊΣΥΦΟΣ",
        "é",
        "e\u0301",
    )
    assert shelf.ask(_context__v__exact="Иванов") == {0}
    assert shelf.ask(_context__v__iexact="иВАНОВ") == {0, 1, 2}
    assert shelf.ask(_context__v__contains="вано") == {0, 1}
    assert shelf.ask(_context__v="ВАНО") == {0, 1, 2}
    assert shelf.ask(_context__v__istartswith="IVAN") == {3, 4, 5}
    assert shelf.ask(_context__v__iexact="strasse") == {7}
    assert shelf.ask(_context__v__iexact="σίσυφοσ") == {8, 9}
    assert shelf.ask(_context__v__iexact="É") == {10, 11}
    assert shelf.ask(_context__v__exact="é") == {10}


@pytest.mark.parametrize("sign", ["*", "?", "\\", "%", "_", ".", "[a]", '"', "'", "#", "<1-10>", "~", "&&"])
def test_wildcards_mean_themselves(shelf: Shelf, sign: str) -> None:
    shelf.values(f"a{sign}b", "axb", "ab", sign)
    assert shelf.ask(_context__v__contains=sign) == {0, 3}
    assert shelf.ask(_context__v__startswith=f"a{sign}") == {0}
    assert shelf.ask(_context__v__endswith=f"{sign}b") == {0}
    assert shelf.ask(_context__v__exact=sign) == {3}


def test_texts_are_ordered_by_code_point_and_times_and_numbers_are_not_among_them(shelf: Shelf) -> None:
    shelf.values("a", "b", "B", "я", 5, "2026-11-22", True, ["c"], "\ufb01", "😀")
    assert shelf.ask(_context__v__gte="b") == {1, 3, 7, 8, 9}
    assert shelf.ask(_context__v__lt="b") == {0, 2}
    assert shelf.ask(_context__v__range=("я", "\uffff")) == {3, 8}


def test_values_over_256_characters_are_found_by_any_part(shelf: Shelf) -> None:
    long = "начало " + "ab" * 400 + " Needle " + "cd" * 400 + " конец"
    shelf.values(long, long + "!", "ab" * 128, "x" * 256, "x" * 257)
    assert shelf.ask(_context__v__contains="Needle") == {0, 1}
    assert shelf.ask(_context__v="nEEDLE CDC") == {0, 1}
    assert shelf.ask(_context__v__contains=long[100:700]) == shelf.ask(_context__v__startswith=long[:500]) == {0, 1}
    assert shelf.ask(_context__v__exact=long) == shelf.ask(_context__v__endswith="конец") == {0}
    assert shelf.ask(_context__v__iendswith=long[-300:].upper()) == {0}
    assert shelf.ask(_context__v__exact="x" * 256) == {3}
    assert shelf.ask(_context__v__startswith="x" * 256) == {3, 4}
    assert shelf.ask(_context__v__contains="abNeedle") == set()


def test_regular_expressions_are_pythons(shelf: Shelf) -> None:
    shelf.values("Иванов", "Ивановка", "тов. Иванов, здесь", "a1", "a٣", "line\nIvan", "x" * 300 + "42", 42)
    assert shelf.ask(_context__v__regex=r"\bИванов\b") == {0, 2}
    assert shelf.ask(_context__v__regex=r"^a\d$") == {3, 4}
    assert shelf.ask(_context__v__regex=r"42$") == {6, 7}
    assert shelf.ask(_context__v__regex=r"^Ivan") == set()
    assert shelf.ask(_context__v__regex=r"(?m)^Ivan") == {5}
    assert shelf.ask(_context__v__regex=r"line.Ivan") == set()


CLASSES = [
    r"[()]",
    r"[<=>]",
    r"[\x20-~]",
    r"[!-/]",
    r"[\"#&]",
    r"[\[-`]",
    r"[*-\-]",
    r"[{-~я]",
    r"[^:-@]",
    r"\W",
    r"[^\s\w]",
    r"\D",
]


def test_a_class_of_signs_holds_those_signs_and_no_others(shelf: Shelf) -> None:
    texts = [f"a{chr(code)}b" for code in range(0x20, 0x7F)]
    shelf.values(*texts)
    for source in CLASSES:
        asked = re.compile(f"^a{source}b$")
        assert shelf.ask(_context__v__regex=asked.pattern) == {n for n, text in enumerate(texts) if asked.search(text)}


# Words


def test_search_needs_every_word_and_phrase_their_order(shelf: Shelf) -> None:
    texts = ["Оплачен заказ Иванова", "заказ оплачен", "birth_certificate.jpg", "don't 12,5", "ёлка", "a b", "b a"]
    shelf.put(*({"verbose": text} for text in texts))
    assert shelf.ask(search="ЗАКАЗ оплачен") == {0, 1}
    assert shelf.ask(phrase="заказ оплачен") == {1}
    assert shelf.ask(search="certificate") == shelf.ask(phrase="birth certificate JPG") == {2}
    assert shelf.ask(phrase="don t 12 5") == {3}
    assert shelf.ask(search="елка") == {4}
    assert shelf.ask(~Q(search="заказ")) == {2, 3, 4, 5, 6}
    assert shelf.ask(Q(phrase="a b") | ~Q(search="a")) == {0, 1, 2, 3, 4, 5}


def test_words_are_those_of_any_value_and_no_phrase_crosses_two(shelf: Shelf) -> None:
    shelf.put({"verbose": "one", "object_label": "two", "context_data": {"k": ["three", 455], "l": {"m": "four"}}})
    assert shelf.ask(search="four one 455 three two") == {0}
    assert shelf.ask(phrase="one two") == shelf.ask(phrase="three 455") == set()
    assert shelf.ask(search="k") == set()


def test_search_words_are_no_syntax(shelf: Shelf) -> None:
    shelf.put({"verbose": "cats OR dogs"}, {"verbose": "cats near dogs"}, {"verbose": "cat"})
    assert shelf.ask(search='cats OR "dogs') == {0}
    assert shelf.ask(search="NEAR(cats dogs)") == {1}
    assert shelf.ask(search="cat*") == {2}
    assert shelf.ask(search="NOT cats") == set()


def test_a_question_without_a_word_is_an_error(shelf: Shelf) -> None:
    with pytest.raises(InvalidValue):
        shelf.ask(search=" -- ")


# Time


def test_times_are_compared_as_moments(shelf: Shelf) -> None:
    same = ["2026-11-22T08:00:00Z", "2026-11-22T13:30:00+05:30", "2026-11-22 08:00+00:00", "2026-11-22T09:00"]
    shelf.values(*same, "2026-11-22T08:00:00.000001Z", "2026-11-22", "2026-11-22T8:00Z", "x 2026-11-22T08:00:00Z")
    moment = datetime.datetime(2026, 11, 22, 8, tzinfo=UTC)  # 9 o'clock in Lagos, the site's zone
    assert shelf.ask(_context__v=moment) == {0, 1, 2, 3}
    assert shelf.ask(_context__v__gt="2026-11-22T08:00:00Z") == {4}
    assert shelf.ask(_context__v__lte=moment) == {0, 1, 2, 3, 5}
    assert shelf.ask(_context__v__range=("2026-11-22", "2026-11-22T08:00:00.000000Z")) == {0, 1, 2, 3, 5}


@override_settings(TIME_ZONE="Europe/Vienna")
def test_naive_times_are_the_sites_with_its_summer_time(shelf: Shelf) -> None:
    shelf.values("2026-07-01 12:00", "2026-01-01 12:00", datetime.datetime(2026, 7, 1, 12), "2026-03-29T02:30")
    assert shelf.ask(_context__v__exact=datetime.datetime(2026, 7, 1, 10, tzinfo=UTC)) == {0, 2}
    assert shelf.ask(_context__v__exact=datetime.datetime(2026, 1, 1, 11, tzinfo=UTC)) == {1}
    shelf.agrees(_context__v__gte=datetime.datetime(2026, 3, 29, 1, tzinfo=UTC))


def test_the_events_own_time_is_exact_to_the_microsecond(shelf: Shelf) -> None:
    shelf.put(*({"timestamp": NOON + n} for n in range(4)))
    moment = datetime.datetime(2026, 11, 22, 12, 0, 0, 1, tzinfo=UTC)
    assert shelf.ask(timestamp=moment) == {1}
    assert shelf.ask(timestamp__gt=moment) == {2, 3}
    assert shelf.ask(timestamp__lte=moment) == {0, 1}
    assert shelf.ask(timestamp__range=(moment, moment.replace(microsecond=2))) == {1, 2}
    assert shelf.ask(timestamp__in=[moment, "2026-11-22T12:00:00.000003Z"]) == {1, 3}
    assert shelf.ask(timestamp__in=[moment + datetime.timedelta(microseconds=n) for n in range(3_000)]) == {1, 2, 3}
    assert shelf.ask(timestamp__in=[]) == set()
    with timezone.override("Asia/Tokyo"):
        assert shelf.ask(timestamp__lt="2026-11-22 21:00:00.000002") == {0, 1}


def test_parts_of_the_time_are_facts_in_the_sites_zone(shelf: Shelf) -> None:
    shelf.put({"timestamp": NOON}, {"timestamp": NOON + 11 * 3_600_000_000})
    assert "@day=22" in shelf.documents[0].facts
    assert "@day=23" in shelf.documents[1].facts  # midnight in Lagos, an hour before UTC


# Envelope, diff


def test_the_envelope_is_asked_by_name_and_exactly(shelf: Shelf) -> None:
    shelf.put({"user": "Anna"}, {"user": "anna"}, {"user": "Anna Boris", "ip": "10.0.0.1"}, {"user": None})
    assert shelf.ask(user="Anna") == {0}
    assert shelf.ask(user__icontains="ANNA") == {0, 1, 2}
    assert shelf.ask(user__in=["Anna", "anna", "x"]) == {0, 1}
    assert shelf.ask(user__isnull=True) == {3}
    assert shelf.ask(user__gte="B") == {1}
    assert shelf.ask(ip__startswith="10.0.") == {2}
    assert shelf.ask(object_id=7) == {0, 1, 2, 3}
    assert shelf.ask(id=shelf.documents[2].id) == shelf.ask(id__in=[shelf.documents[2].id, "x"]) == {2}


def test_long_envelope_texts_are_stored_and_found(shelf: Shelf) -> None:
    long = "я" * 40_000
    shelf.put({"user": long, "verbose": long + "!", "object_label": long}, {})
    assert (
        shelf.ask(user=long) == shelf.ask(verbose__endswith="яя!") == shelf.ask(object_label__contains="я" * 70) == {0}
    )


def test_a_diff_is_asked_by_what_changed_from_what_to_what(shelf: Shelf) -> None:
    shelf.put(
        {"context_data": {"diff": {"status": ["new", "paid"], "total": [1, 2]}}},
        {"context_data": {"diff": {"status": ["paid", "new"]}}},
        {"context_data": {"diff": {"tags": {"added": [3, 4], "removed": [5]}}}},
    )
    assert shelf.ask(_changed="status", _to__status="paid") == {0}
    assert shelf.ask(_from__status="paid") == {1}
    assert shelf.ask(_to__tags=4, _from__tags=5) == {2}
    assert shelf.ask(_to__total__gt=1) == {0}
    assert shelf.ask(_changed__in=["tags", "total"]) == {0, 2}


def test_beyond_a_cap_nothing_is_found_anywhere(shelf: Shelf) -> None:
    shelf.put({"context_data": {"a": {f"k{n:04}": n for n in range(6_000)}, "z": "word"}})
    assert shelf.ask(_context__a__k0000=0) == {0}
    assert shelf.ask(_context__a__k5999=5999) == shelf.ask(_context__z="word") == set()
    shelf.agrees(search="word")
    shelf.agrees(_context__a__k5999__isnull=True)
