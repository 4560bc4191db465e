"""Old and new side by side: what is marked, and how much of it is shown."""

from typing import Any

import pytest

from auditsearch.event import Event
from auditsearch.web import difference
from auditsearch.web.difference import Side, marked, of_event, of_states
from auditsearch.web.show_fields import Fields, Value
from tests.factories import canonical


def event(labels: dict[str, Any] | None = None, **diff: Any) -> Event:
    """An update with this diff."""
    return Event.from_canonical(canonical(context={"diff": diff} | ({"labels": labels} if labels else {})))


def texts(side: Side) -> str:
    """A side with what differs in brackets."""
    return "".join(f"[{text}]" if differs else text for text, differs in side.parts)


def told(of: Event) -> list[tuple[str, str, str]]:
    """Key, old and new of each row."""
    return [(row.key, texts(row.old), texts(row.new)) for row in of_event(of).rows]


@pytest.mark.parametrize(
    ("old", "new", "left", "right"),
    [
        ("a red tea", "a blue tea", "a [red] tea", "a [blue] tea"),
        ("one", "one two", "one", "one[ two]"),
        ("", "new", "", "[new]"),
        (
            "позвонить перед доставкой",
            "позвонить после 18:00",
            "позвонить [перед доставкой]",
            "позвонить [после 18:00]",
        ),
        ("same", "same", "same", "same"),
        ("0.00 €", "5902.00 €", "[0.00] €", "[5902.00] €"),
        ("a a a", "a a", "a a[ a]", "a a"),
    ],
)
def test_the_words_that_differ_are_marked(old: str, new: str, left: str, right: str) -> None:
    one, two = marked(old, new)
    assert (texts(Side(one)), texts(Side(two))) == (left, right)


def test_marked_pieces_together_are_the_texts() -> None:
    old, new = "x" * 300 + " a b c d\n" * 700, "y " + "a c e d\n" * 900
    one, two = marked(old, new)
    assert "".join(text for text, _ in one) == old
    assert "".join(text for text, _ in two) == new


def test_each_kind_of_value_is_told() -> None:
    given = event(a=[None, 1], b=[True, False], c=["", "x"], d=["\u202e", "ok"])
    assert told(given) == [
        ("a", "[—]", "[1]"),
        ("b", "[true]", "[false]"),
        ("c", '[""]', "[x]"),
        ("d", "[\\u202e]", "[ok]"),
    ]


def test_of_nested_values_each_member_that_differs_is_a_row() -> None:
    given = event(data=[{"a": {"b": 1}, "c": [1, 2], "x": 0}, {"a": {"b": 2}, "c": [1, 3], "y": 0}])
    assert told(given) == [
        ("data.a.b", "[1]", "[2]"),
        ("data.c[1]", "[2]", "[3]"),
        ("data.x", "[0]", ""),
        ("data.y", "", "[0]"),
    ]


def test_what_is_masked_on_both_sides_has_changed_all_the_same() -> None:
    assert told(event(password=["***", "***"])) == [("password", "***", "***")]


def test_true_is_not_one() -> None:
    assert told(event(data=[{"a": 1}, {"a": True}])) == [("data.a", "[1]", "[true]")]


def test_choices_and_foreign_keys_are_called_as_people_call_them() -> None:
    rows = of_event(event({"customer_id": "Пётр"}, status=["new", "paid"], customer_id=[1, 2])).rows
    assert [(row.title, row.old.value, row.new.value) for row in rows] == [
        (
            "Customer",
            Value("1", "", "/audit/object/shop.Customer/1/"),
            Value("2", "Пётр", "/audit/object/shop.Customer/2/"),
        ),
        ("Status", Value("new", "New"), Value("paid", "Paid")),
    ]


def test_a_many_to_many_change_tells_what_came_and_went() -> None:
    given = event({"tags": ["new", "old"]}, tags={"added": [3], "removed": [2]})
    row = of_event(given).rows[0]
    assert (row.old.values[0].label, row.new.values[0].label) == ("old", "new")


def test_labels_that_can_not_be_told_apart_are_left_out() -> None:
    row = of_event(event({"tags": ["one"]}, tags={"added": [3], "removed": [2]})).rows[0]
    assert (row.old.values[0].label, row.new.values[0].label) == ("", "")


def test_of_a_long_text_the_change_and_what_stands_around_it_is_shown() -> None:
    body = "слово " * 4000
    row = of_event(event(text=[body + "one " + body, body + "two " + body])).rows[0]
    assert "[one]" in texts(row.old)
    assert "[two]" in texts(row.new)
    assert len(texts(row.new)) < 1000


def test_two_large_texts_without_a_common_word_take_no_time() -> None:
    row = of_event(event(text=[" ".join(f"a{n}" for n in range(5000)), " ".join(f"b{n}" for n in range(5000))])).rows[0]
    assert len(texts(row.new)) < 3000
    assert row.new.left > 10_000


def test_many_rows_are_cut_and_it_is_said() -> None:
    found = of_event(event(**{f"f{n}": [0, 1] for n in range(300)}))
    assert (len(found.rows), found.more) == (difference.ROWS, True)


def test_two_states_differ_where_a_field_is_missing_or_another() -> None:
    found = of_states(Fields("shop.Order"), {"status": "new", "a": 1, "same": 1}, {"status": "paid", "same": 1, "b": 2})
    assert [row.key for row in found.rows] == ["status", "a", "b"]


def test_a_model_that_is_gone_still_has_its_fields_names() -> None:
    assert Fields("gone.Model").title("paid_on") == "paid_on"


def test_a_time_is_told_as_the_clock_here_says_it() -> None:
    assert Fields("shop.Order").value("due", "2026-11-22T08:00:00Z").label == "2026-11-22 09:00:00"
