"""Canonical JSON: every bad value of the promises, normalised by one function."""

import datetime
import enum
import io
import json
import uuid
from collections import OrderedDict
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st

from auditsearch.canonical import dumps, leaf, loads, normalise

UTC = datetime.UTC
LAGOS = ZoneInfo("Africa/Lagos")


class Broken:
    def __str__(self) -> str:
        raise RuntimeError("no")


class Opaque:
    pass


class Colour(enum.Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (float("nan"), '"<NaN>"'),
        (float("-inf"), '"<-Infinity>"'),
        (Decimal("NaN"), '"<NaN>"'),
        (2**53 + 1, "9007199254740993"),
        (2**64, "18446744073709551616"),
        (-(10**200), "-1" + "0" * 200),
        (Decimal("1.50"), "1.50"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0"), "-0"),
        (Decimal("1E+999999"), '"<number:1E+999999>"'),
        (0.1, "0.1"),
        (1e300, '"<number:1E+300>"'),
        (True, "true"),
        (None, "null"),
        (uuid.UUID(int=5), '"00000000-0000-0000-0000-000000000005"'),
        (gettext_lazy("Yes"), '"Yes"'),
        (b"abc", '"<bytes:YWJj>"'),
        (memoryview(b"abc"), '"<bytes:YWJj>"'),
        (io.StringIO(), '"<file:>"'),
        (Broken(), '"<unprintable tests.test_canonical.Broken>"'),
        (Opaque(), '"<object tests.test_canonical.Opaque>"'),
        (Colour.RED, '"red"'),
        ("a\x00b", '"a\\u0000b"'),
        ("\ud800x", '"\\\\ud800x"'),
        ("\r\n\x1b\u202e\u2028😀e\u0301", '"\\r\\n\\u001b\u202e\u2028😀e\u0301"'),
        (datetime.date(1, 1, 1), '"0001-01-01"'),
        (datetime.datetime(2999, 1, 1, tzinfo=UTC), '"2999-01-01T00:00:00Z"'),
        (datetime.datetime(1970, 1, 1, 0, 0, 0, 5), '"1970-01-01T00:00:00.000005"'),
        (datetime.datetime(2026, 1, 1, 12, tzinfo=LAGOS), '"2026-01-01T12:00:00+01:00"'),
        (datetime.datetime(1890, 1, 1, 12, tzinfo=ZoneInfo("Europe/Moscow")), '"1890-01-01T09:29:43Z"'),
        (datetime.time(8, 30), '"08:30:00"'),
        (datetime.timedelta(days=1, seconds=2), '"P1DT00H00M02S"'),
        ({3, 1, 2}, "[1,2,3]"),
        ((1, [2]), "[1,[2]]"),
        (OrderedDict(b=1, a=2), '{"a":2,"b":1}'),
        (iter([1]), '"<iterator builtins.list_iterator>"'),
    ],
)
def test_each_bad_value_has_one_form(value: Any, text: str) -> None:
    assert dumps(normalise(value)) == text


def test_a_number_of_any_length_never_raises() -> None:
    assert normalise(10**5000).startswith("<int:0x")
    assert normalise(Decimal("0." + "1" * 400)).startswith("<number:0.1")


def test_keys_that_are_no_strings_become_text_and_never_hide_each_other() -> None:
    tree = normalise({1: "int", "1": "str", None: "null", False: "bool", 2.5: "float", (1, "a"): "tuple"})
    assert tree == {"<int:1>": "int", "1": "str", "null": "null", "false": "bool", "2.5": "float", "1,a": "tuple"}


def test_keys_that_read_alike_are_all_kept() -> None:
    assert sorted(normalise({Opaque(): n for n in range(3)}).values()) == [0, 1, 2]


@pytest.mark.parametrize("key", ["", ".", "a..b", "_id", "__proto__", "x" * 300, "a.b", "\x00"])
def test_any_key_is_kept(key: str) -> None:
    assert loads(dumps(normalise({key: 1}))) == {key: 1}


def test_a_self_reference_is_marked() -> None:
    loop: dict[str, Any] = {"name": "x"}
    loop["self"] = [loop]
    assert normalise(loop) == {"name": "x", "self": ["<circular>"]}


def test_the_same_object_twice_is_no_circle() -> None:
    shared = {"a": 1}
    assert normalise([shared, shared]) == [{"a": 1}, {"a": 1}]


def test_what_lies_deeper_than_32_levels_is_kept_as_json_text() -> None:
    value: Any = "bottom"
    for _ in range(1100):
        value = {"a": value}
    tree = normalise(value)
    for _ in range(32):
        tree = tree["a"]
    assert tree == '{"a":' * 1068 + '"bottom"' + "}" * 1068


def test_a_circle_far_down_is_marked() -> None:
    loop: list[Any] = []
    value: Any = loop
    for _ in range(40):
        value = [value]
    loop.append(value)
    assert '"<circular>"' in json.dumps(normalise(value)).replace("\\", "")


def test_a_container_that_breaks_while_it_is_read_is_marked() -> None:
    class Bad(dict[str, Any]):
        def items(self) -> Any:
            raise RuntimeError("no")

    assert normalise({"x": Bad(a=1)}) == {"x": f"<unreadable {__name__}.{Bad.__qualname__}>"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(json_values)
def test_what_json_can_hold_comes_back_exactly(value: Any) -> None:
    text = dumps(normalise(value))
    assert dumps(normalise(loads(text))) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**50), max_value=10**50))
def test_decimals_keep_their_value(value: Decimal) -> None:
    assert loads(dumps(normalise(value))) == value or str(normalise(value)).startswith("<number:")


def test_keys_are_sorted_by_code_point_at_each_depth() -> None:
    assert dumps(normalise({"б": 1, "a": {"я": 1, "b": 2}, "Z": 0})) == '{"Z":0,"a":{"b":2,"я":1},"б":1}'


def test_the_leaf_is_the_rfc_6962_hash_of_the_text() -> None:
    assert leaf("") == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
