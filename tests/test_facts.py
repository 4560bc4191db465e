"""Facts: design figures, caps and orders that every engine and the oracle rely on."""

import hashlib
from decimal import Decimal
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from auditsearch.canonical import dumps, loads, normalise
from auditsearch.document import document
from auditsearch.facts import FACTS, Facts, Leaf, facts, leaves
from auditsearch.forms import clip, encode_key, iso_utc, number_key, plain, windows
from auditsearch.words import fold

TS = 1_795_334_400_000_000  # 2026-11-22T08:00:00Z, a Sunday


def found(context: Any = None, snapshot: Any = None, **envelope: str) -> Facts:
    tree = {"id": "x", "ts": TS, "context": context or {}, "snapshot": snapshot or {}, **envelope}
    return facts(leaves(loads(dumps(normalise(tree, level=0)))))


def of(path: str, *args: Any, **kwargs: Any) -> set[str]:
    return {fact for fact in found(*args, **kwargs).facts if fact.startswith(path)}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("paid", {"snapshot.f=paid"}),
        (100.5, {"snapshot.f=100.5", "snapshot.f#c059200000000000"}),
        (Decimal("1.500"), {"snapshot.f=1.5", "snapshot.f#bff8000000000000"}),
        (-0.0, {"snapshot.f=0", "snapshot.f#8000000000000000"}),
        (True, {"snapshot.f=true", "snapshot.f#true"}),
        (None, set()),
        ("", {"snapshot.f="}),
        ([], {"snapshot.f?"}),
        ({}, {"snapshot.f?"}),
        ([None], {"snapshot.f?"}),
        ({"a": None, "b": []}, {"snapshot.f.b?"}),
        ([["a"], [{"k": "b"}]], {"snapshot.f=a", "snapshot.f.k=b"}),
        (
            "2026-11-22T08:00Z",
            {"snapshot.f=2026-11-22T08:00Z", "snapshot.f@2026-11-22T08:00:00.000000Z"},
        ),
    ],
)
def test_each_kind_of_value_has_its_facts(value: Any, expected: set[str]) -> None:
    assert of("snapshot", snapshot={"f": value}) == expected


@override_settings(TIME_ZONE="UTC")
def test_envelope_strings_and_time_parts_are_facts() -> None:
    assert of("user_name", user_name="Anna") == {"user_name=Anna"}
    assert of("@") == {"@year=2026", "@month=11", "@day=22", "@weekday=7", "@hour=8"}


@override_settings(TIME_ZONE="Asia/Vladivostok")
def test_time_parts_are_those_of_the_time_zone() -> None:
    assert "@hour=18" in of("@")


def test_a_diff_can_be_asked_by_both_sides() -> None:
    diff = {"status": ["new", "paid"], "tags": {"added": [3], "removed": []}, "bad": "x"}
    assert of("changed", {"diff": diff}) == {"changed=status", "changed=tags"}
    assert of("from", {"diff": diff}) == {"from.status=new", "from.tags?"}
    assert of("to", {"diff": diff}) == {"to.status=paid", "to.tags=3", "to.tags#c008000000000000"}


def test_folded_holds_only_what_folding_changes() -> None:
    assert found(snapshot={"a": "Анна", "b": "anna"}).folded == ("snapshot.a=анна",)


def test_signs_of_facts_in_keys_are_percent_encoded_and_others_kept() -> None:
    assert encode_key("a=b#c@d~e?f%g h.ж") == "a%3Db%23c%40d%7Ee%3Ff%25g h.ж"


@given(st.text(max_size=40), st.sampled_from(["", "a_b", "=", "\ue000", "ключ"]))
def test_a_path_is_made_of_the_encoded_key_whatever_it_holds(key: str, more: str) -> None:
    assert f"snapshot.{encode_key(more + key)}=x" in found(snapshot={more + key: "x"}).facts


def test_private_signs_in_data_become_replacement_characters() -> None:
    assert of("snapshot", snapshot={"a\ue000": "x\ue1ffy"}) == {"snapshot.a\ufffd=x\ufffdy"}


def test_a_long_value_is_clipped_with_its_hash_and_has_windows() -> None:
    text = "ж" * 200 + "x" * 249
    digest = hashlib.sha256(text.encode()).digest()[:8]
    assert clip(text) == text[:256] + "\ue002" + "".join(chr(0xE100 + byte) for byte in digest)
    assert windows(text) == [text[:256], text[192:448], text[384:] + "\ue001"]


@given(st.integers(257, 1500), st.integers(0, 1500), st.integers(1, 65))
def test_any_65_characters_of_a_long_value_lie_in_one_window(length: int, start: int, size: int) -> None:
    text = "".join(chr(0x4E00 + n) for n in range(length))
    part = text[start : start + size]
    assert any(part in window for window in windows(text))


@pytest.mark.parametrize("length", [257, 448, 449, 640, 641])
def test_the_last_64_characters_lie_in_the_last_window(length: int) -> None:
    text = "".join(chr(0x4E00 + n) for n in range(length))
    assert windows(text)[-1].endswith(text[-64:] + "\ue001")
    assert [window for window in windows(text) if "\ue001" in window] == windows(text)[-1:]


numbers = st.one_of(
    st.integers(-(2**70), 2**70),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30),
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e200, max_value=1e200).map(lambda f: Decimal(repr(f))),
    st.sampled_from([2**53 - 1, 2**53, 2**53 + 1, Decimal("455.0000000000000000001"), Decimal("0.1"), 0]),
)


@given(numbers, numbers)
def test_number_keys_are_equal_only_for_equal_numbers(a: Any, b: Any) -> None:
    assert (number_key(a) == number_key(b)) == (a == b)


@given(numbers.map(lambda n: Decimal(repr(float(n)))), numbers)
def test_a_bound_that_is_a_shortest_decimal_sorts_among_all_numbers(bound: Decimal, n: Any) -> None:
    key, bound_key = number_key(n), number_key(bound)
    assert (key < bound_key, key == bound_key, key >= bound_key + "+") == (n < bound, n == bound, n > bound)


@pytest.mark.parametrize(
    ("number", "form"),
    [(Decimal("1E+2"), "100"), (Decimal("-0.0"), "0"), (Decimal("100"), "100"), (7, "7"), (Decimal("0.500"), "0.5")],
)
def test_the_text_form_of_a_number_is_plain(number: Any, form: str) -> None:
    assert plain(number) == form


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22", "2026-11-21T21:00:00.000000Z"),
        ("2026-11-22 08:00", "2026-11-22T05:00:00.000000Z"),
        ("2026-11-22T08:00:00.5+01:00", "2026-11-22T07:00:00.500000Z"),
        ("2026-11-22T08:00:00.123456Z", "2026-11-22T08:00:00.123456Z"),
        ("2026-11-22T08", None),
        ("2026-11-22T24:00", None),
        ("2026-02-30", None),
        ("20261122", None),
        ("2026-W47-7", None),
        ("2026-11-22T08:00:00.1234567Z", None),
        ("٢٠٢٦-11-22", None),
        ("2026-11-22\n", None),
        ("0001-01-01T00:00+05:00", None),
    ],
)
@override_settings(TIME_ZONE="Europe/Moscow")
def test_only_full_iso_times_are_times(text: str, expected: str | None) -> None:
    assert iso_utc(text) == expected


@override_settings(TIME_ZONE="Europe/Berlin")
def test_naive_times_follow_the_zones_summer_time() -> None:
    assert iso_utc("2026-07-01T12:00") == "2026-07-01T10:00:00.000000Z"
    assert iso_utc("2026-12-01T12:00") == "2026-12-01T11:00:00.000000Z"


def test_an_event_has_at_most_5000_facts_and_says_so() -> None:
    tree = {"id": "x", "ts": TS, "snapshot": {f"k{n:05}": n for n in range(10_000)}}
    made = leaves(tree)
    assert made.clipped
    assert FACTS - 1 <= len(facts(made).facts) <= FACTS


def test_a_giant_value_is_known_up_to_the_cap() -> None:
    made = leaves({"id": "x", "ts": TS, "snapshot": {"a": "x" * 20_000_000}})
    assert made.clipped
    assert len(facts(made).facts) <= FACTS
    assert made.leaves[-1][0] == "snapshot.a"


def test_an_event_has_at_most_64_kilobytes_of_words_and_says_so() -> None:
    made = leaves({"id": "x", "ts": TS, "verbose": "word " * 14_000})
    assert made.clipped
    assert 65_530 < len(made.text) <= 65_536
    assert len(facts(made).facts) < FACTS
    assert not leaves({"id": "x", "ts": TS, "verbose": "word " * 13_000}).clipped


def test_a_path_over_512_bytes_is_not_known() -> None:
    made = leaves({"id": "x", "ts": TS, "snapshot": {"k" * 250: {"k" * 250: {"k" * 20: 1}}}})
    assert made.clipped
    assert [leaf for leaf in made.leaves if leaf[0].startswith("snapshot")] == [
        Leaf(f"snapshot.{'k' * 250}.{'k' * 250}", "empty", None)
    ]


def test_depth_beyond_32_is_one_text() -> None:
    value: Any = 1
    for _ in range(40):
        value = {"a": value}
    made = leaves({"id": "x", "ts": TS, "snapshot": value})
    assert made.clipped
    assert made.leaves[-1] == Leaf("snapshot" + ".a" * 32, "text", '{"a":' * 8 + "1" + "}" * 8)


def test_words_stand_in_order_and_no_phrase_crosses_strings() -> None:
    tree = {"id": "x", "ts": TS, "verbose": "Anna paid", "user_name": "Anna", "context": {"b": ["Два", 12.5], "a": "x"}}
    text = leaves(loads(dumps(normalise(tree, level=0)))).text
    assert text.replace("\ue000", "|") == "anna paid | anna | x | два | 12 5"


def test_a_document_keeps_the_exact_text_and_clips_keywords() -> None:
    text = dumps({"id": "x", "ts": TS, "user_name": "u" * 300, "verbose": "v" * 300, "context": {"a": 2**70 // 3**30}})
    made = document(text, "p")
    assert (made.canonical, made.envelope["verbose"]) == (text, "v" * 300)
    assert made.envelope["user_name"] == clip("u" * 300)
    assert made.body()["@timestamp"] == "2026-11-22T08:00:00.000000Z"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=700))
def test_each_fact_of_folded_is_a_fact_of_the_folded_value(text: str) -> None:
    plain_facts = found(snapshot={"f": text})
    again = found(snapshot={"f": fold(text.replace("\ue000", "\ufffd"))})
    assert set(plain_facts.folded) <= {f for f in again.facts if "=" in f or "~" in f} | set(again.folded)


def test_a_time_beyond_all_calendars_has_no_time_parts() -> None:
    assert leaves({"id": "x", "ts": -(10**18)}).leaves == []
