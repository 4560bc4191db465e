"""Any keywords whatsoever: a question, or an error of ours that says why."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q
from hypothesis import example, given, settings
from hypothesis import strategies as st

from auditsearch.exceptions import QueryError
from auditsearch.query.dates import PARTS
from auditsearch.query.describe import describe
from auditsearch.query.lookups import LOOKUPS
from auditsearch.query.parse import FIELDS, LIKE, ROOTS, WHOLE, tree_of
from auditsearch.query.plan import plan

parts = st.sampled_from(
    [*FIELDS, *ROOTS, *WHOLE, *LIKE, *PARTS, *LOOKUPS, "", "a", "ключ", "usr", "_source", "%", "\0"]
)
keywords = st.lists(parts, min_size=1, max_size=4).map("__".join) | st.text(max_size=12)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text(max_size=8)
    | st.binary(max_size=4)
)
times = st.dates() | st.datetimes() | st.times() | st.timedeltas() | st.just("2026-11-22") | st.just("9999-12-31")
values = (
    scalars
    | times
    | st.uuids()
    | st.lists(scalars | times, max_size=3)
    | st.dictionaries(st.text(max_size=2), scalars, max_size=1)
)


def understood(question: Q) -> bool:
    """Whether it is a question; every other error than one of ours is a fault."""
    try:
        node = tree_of(question)
    except QueryError as error:
        return bool(str(error))
    return bool(plan(node) and describe(node, "ru"))


@settings(max_examples=500, deadline=None)
@given(keyword=keywords, value=values | st.tuples(values, values))
@example(keyword="timestamp__date__range", value=(date.min, date.max))
@example(keyword="timestamp__year__gt", value=9999)
@example(keyword="timestamp__year", value=1)
@example(keyword="timestamp", value=datetime.max)
@example(keyword="_context__a__gt", value=Decimal("sNaN"))
@example(keyword="ip__cidr", value="fe80::1%eth0/64")
@example(keyword="ip__cidr", value=b"\x0a\0\0\0")
@example(keyword="id", value=UUID(int=0))
@example(keyword="_context__a__iregex", value="(?i)a")
@example(keyword="search__fuzzy", value="ё" * 10_000)
def test_no_keyword_and_no_value_break_the_parser(keyword: str, value: Any) -> None:
    assert understood(Q(**{keyword: value}))
