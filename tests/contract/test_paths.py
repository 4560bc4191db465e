"""What a keyword asks: keys that look like lookups, both sides of a change, addresses, and the ends of caps."""

from __future__ import annotations

import pytest
from django.db.models import Q

from auditsearch.exceptions import UnknownField
from tests.contract.shelf import Shelf


def test_a_key_that_is_named_like_a_lookup_is_followed_by_one(shelf: Shelf) -> None:
    shelf.put({"context_data": {"range": "x", "search": "y", "a": {"in": 5}}}, {"context_data": {"date": "2026-11-22"}})
    assert shelf.ask(_context__range__exact="x") == shelf.ask(_context__search__exact="y") == {0}
    assert shelf.ask(_context__a__in__gte=5) == shelf.ask(_context__a__in__in=[5]) == {0}
    assert (
        shelf.ask(_context__date="2026-11-22") == shelf.ask(_context__date__range=("2026-11-22", "2026-11-23")) == {1}
    )
    with pytest.raises(UnknownField, match="named like a lookup"):
        shelf.ask(_context__range=(1, 2))


def test_a_key_with_dots_and_a_nested_one_share_a_path_and_an_empty_key_is_one(shelf: Shelf) -> None:
    shelf.put(*({"context_data": tree} for tree in ({"a": {"b": 1}}, {"a.b": 1}, {"a": {"": 1}}, {"": {"b": 1}})))
    assert shelf.ask(_context__a__b=1) == {0, 1}
    assert shelf.ask(_context__a____exact=1) == {2}
    assert shelf.ask(_context____b=1) == {3}


def test_the_old_and_the_new_value_are_elements_of_the_diff(shelf: Shelf) -> None:
    shelf.put(
        {"context_data": {"diff": {"status": ["new", "paid"]}}}, {"context_data": {"diff": {"status": ["paid", 1]}}}
    )
    assert shelf.ask(_context__diff__status__exact="paid") == {0, 1}
    assert shelf.ask(Q(_context__diff__status__exact="paid") & Q(_context__diff__status__exact="new")) == {0}
    assert shelf.ask(_context__diff__status=1, _to__status=1) == {1}


def test_without_a_lookup_text_is_asked_in_part_of_context_and_snapshot_alone(shelf: Shelf) -> None:
    diff = {"diff": {"status": ["New one", "Paid"]}}
    shelf.put({"context_data": {"v": "Title", **diff}, "object_snapshot": {"v": "Title"}, "log": "payments"})
    assert shelf.ask(_context__v="itl") == shelf.ask(_snapshot__v="TITLE") == {0}
    assert (
        shelf.ask(_context__v__exact="title")
        == shelf.ask(_to__status="paid")
        == shelf.ask(_from__status="New")
        == set()
    )
    assert shelf.ask(_changed="stat") == shelf.ask(log="pay") == shelf.ask(log="Payments") == set()
    assert shelf.ask(_to__status="Paid", _from__status="New one", _changed="status", log="payments") == {0}


def test_an_address_is_equal_one_of_several_or_text(shelf: Shelf) -> None:
    shelf.put(*({"ip": address} for address in ("10.0.0.5", "10.0.0.50", "2001:db8::5", "unknown", None)))
    assert shelf.ask(ip="10.0.0.5") == {0}
    assert shelf.ask(ip__in=["10.0.0.50", "unknown", "::"]) == {1, 3}
    assert shelf.ask(ip__startswith="10.0.0.5") == shelf.ask(ip__regex=r"^10\.") == {0, 1}
    assert shelf.ask(ip__cidr="0.0.0.0/0") == {0, 1}
    assert shelf.ask(ip__isnull=True) == {4}


def test_texts_are_ordered_by_their_first_256_characters(shelf: Shelf) -> None:
    shelf.values("x" * 256, "x" * 256 + "a", "x" * 256 + "b", "x" * 255 + "y", "x" * 255)
    assert shelf.ask(_context__v__gt="x" * 256) == shelf.ask(_context__v__gt="x" * 256 + "b") == {3}
    assert shelf.ask(_context__v__gte="x" * 256 + "b") == {0, 1, 2, 3}
    assert shelf.ask(_context__v__lt="x" * 256 + "a") == {4}
    assert shelf.ask(_context__v__range=("x" * 256, "x" * 300)) == {0, 1, 2}


def test_an_expression_in_any_case_folds_the_letters_written_out_and_no_classes(shelf: Shelf) -> None:
    shelf.values("Иванов", "иванов", "Σίσυφος", "İstanbul", "A1")
    assert shelf.ask(_context__v__iregex="^ИВАН") == {0, 1}
    assert shelf.ask(_context__v__iregex="^[А-Я]ванов$") == {0}
    assert shelf.ask(_context__v__iregex="ΣΥΦΟΣ$") == {2}
    assert shelf.ask(_context__v__iregex=r"^i\w+L$") == {3}
    assert shelf.ask(_context__v__iregex=r"^a\d$") == {4}


def test_an_expression_is_found_in_values_as_long_as_servers_take_with_any_path(shelf: Shelf) -> None:
    shelf.put({"context_data": {"k" * 200: "a" * 990, "v": "a" * 990}}, {"context_data": {"k" * 200: "a" * 989}})
    assert shelf.ask(_context__v__regex="^" + "a" * 990 + "$") == {0}
    assert shelf.ask(**{f"_context__{'k' * 200}__regex": "^" + "a" * 990 + "$"}) == {0}


def test_a_word_is_known_by_its_first_64_characters(shelf: Shelf) -> None:
    shelf.put({"verbose": "я" * 64}, {"verbose": "я" * 70}, {"verbose": "я" * 63})
    assert shelf.ask(search="Я" * 64) == shelf.ask(search="я" * 65) == shelf.ask(phrase="я" * 80) == {0, 1}
    assert shelf.ask(search__prefix="я" * 63) == {0, 1, 2}
