"""The query language of the servers, as the compiler writes it."""

from __future__ import annotations

import pytest

from auditsearch.backends import aggregations
from auditsearch.exceptions import QueryError
from auditsearch.query.dsl import LONGEST, REGEX_LENGTH, TERMS, compile_query, query
from auditsearch.query.regex import Pattern
from auditsearch.query.tree import ALL, NONE, And, Column, Fact, Not, Or, Superset, Where, Words

ONE = Fact("user_name", "=", "equals", ("Anna",))
CLAUSE = {"term": {"facts": {"value": "user_name=Anna"}}}


@pytest.mark.parametrize(("size", "listed"), [(1, 1_000), (50, 1_000), (51, 1_020), (500, 10_000)])
def test_each_shard_lists_more_values_than_are_shown(size, listed):
    found = {"buckets": [], "sum_other_doc_count": 0, "doc_count_error_upper_bound": 0}
    asked = []

    def answer(question):
        asked.append(question["aggs"]["values"]["terms"])
        return {"aggregations": {"values": found, "missing": {"doc_count": 0}}, "hits": {"total": {"value": 0}}}

    aggregations.facets(answer, {}, "user_name", size)
    assert asked == [{"field": "user_name", "size": size, "shard_size": listed}]


def test_scores_are_never_computed():
    assert compile_query(ONE) == {"constant_score": {"filter": CLAUSE}}


@pytest.mark.parametrize(
    ("node", "clause"),
    [
        (ALL, {"match_all": {}}),
        (NONE, {"match_none": {}}),
        (And((ONE, ALL)), {"bool": {"filter": [CLAUSE, {"match_all": {}}]}}),
        (Or((ONE, NONE)), {"bool": {"should": [CLAUSE, {"match_none": {}}], "minimum_should_match": 1}}),
        (Not(ONE), {"bool": {"must_not": [CLAUSE]}}),
        (Column("id", "equals", ("a", "b")), {"terms": {"id": ["a", "b"]}}),
        (Column("ts", "between", (1, None)), {"range": {"ts": {"gte": 1}}}),
        (Column("ts", "between", (None, None)), {"range": {"ts": {}}}),
        (Words(("anna",)), {"bool": {"filter": [{"term": {"text": {"value": "anna"}}}]}}),
        (Words(("a", "b"), phrase=True), {"match_phrase": {"text": {"query": "a b"}}}),
    ],
)
def test_each_node_has_its_clause(node, clause):
    assert query(node) == clause


@pytest.mark.parametrize(
    ("op", "value", "clause"),
    [
        ("equals", ("1", "2"), {"terms": {"facts": ["a.b=1", "a.b=2"]}}),
        ("prefix", "x*", {"prefix": {"facts": {"value": "a.b=x*"}}}),
        ("contains", r"*?\ ", {"wildcard": {"facts": {"value": r"a.b=*\*\?\\ *"}}}),
        ("ends", "x", {"wildcard": {"facts": {"value": "a.b=*x"}}}),
        ("between", ("b", "c"), {"range": {"facts": {"gte": "a.b=b", "lt": "a.b=c"}}}),
        ("any", "", {"prefix": {"facts": {"value": "a.b="}}}),
        ("below", "", {"prefix": {"facts": {"value": "a.b."}}}),
    ],
)
def test_each_operation_has_its_clause(op, value, clause):
    assert query(Fact("a.b", "=", op, value)) == clause


def test_a_folded_fact_asks_the_folded_field():
    assert query(Fact("a", "=", "equals", ("x",), folded=True)) == {"term": {"folded": {"value": "a=x"}}}


def test_wildcards_of_a_path_mean_themselves():
    assert query(Fact("a*", "~", "contains", "x")) == {"wildcard": {"facts": {"value": r"a\*~*x*"}}}


@pytest.mark.parametrize("op", ["contains", "ends"])
def test_a_part_longer_than_any_value_is_found_nowhere(op):
    assert query(Fact("a", "=", op, "x" * (LONGEST + 1))) == {"match_none": {}}


@pytest.mark.parametrize(("sep", "end"), [("=", "p>"), ("@", "pA"), ("#", "p#g")])
def test_an_open_range_ends_with_its_path_and_kind(sep, end):
    assert query(Fact("p", sep, "between", (None, None))) == {"range": {"facts": {"gte": f"p{sep}", "lt": end}}}


def test_many_values_go_into_several_clauses():
    values = tuple(str(n) for n in range(TERMS + 1))
    assert len(query(Fact("p", "=", "equals", values))["bool"]["should"]) == 2
    assert query(Fact("p", "=", "equals", ())) == {"match_none": {}}


def test_a_regular_expression_has_no_extra_operators_and_a_literal_path():
    clause = query(Fact("a.b", "=", "regexp", Pattern("^x$")))["regexp"]["facts"]
    assert clause["flags"] == "NONE"
    assert clause["value"].startswith(r"a\.b=x")


def test_a_regular_expression_beyond_the_servers_limit_is_refused():
    with pytest.raises(QueryError, match="too long"):
        query(Fact("p" * REGEX_LENGTH, "=", "regexp", Pattern("x")))


@pytest.mark.parametrize("node", [Where("a", "exact", "x"), Superset(ONE, Where("a", "exact", "x"))])
def test_what_the_plan_takes_out_is_refused(node):
    with pytest.raises(TypeError, match="plan"):
        query(node)
