"""What an engine is asked, held to what the oracle says."""

from typing import Any

from hypothesis import given, settings

from auditsearch.canonical import loads
from auditsearch.document import Document
from auditsearch.facts import leaves
from auditsearch.query.evaluate import fits
from auditsearch.query.parse import tree_of
from auditsearch.query.plan import plan
from auditsearch.query.tree import NONE, And, Column, Fact, Node, Not, Or, Words
from tests.questions import cases


def answers(node: Node, document: Document) -> bool:
    """A tiny engine: questions answered from a document's fact strings, words and columns, and nothing else."""
    match node:
        case And(nodes):
            return all(answers(inner, document) for inner in nodes)
        case Or(nodes):
            return any(answers(inner, document) for inner in nodes)
        case Not(inner):
            return not answers(inner, document)
        case Words(words, True):
            return f" {' '.join(words)} " in f" {document.text} "
        case Words(words):
            return set(words) <= set(document.text.split())
        case Column("ts", "equals", moments):
            return document.ts in moments
        case Column("ts", _, (low, high)):
            return (low is None or low <= document.ts) and (high is None or document.ts < high)
        case Column("id", _, ids):
            return document.id in ids
        case Fact():
            return any(fact_fits(node, fact) for fact in (document.folded if node.folded else document.facts))
    raise TypeError(node)


def fact_fits(asked: Fact, fact: str) -> bool:
    """As the table in `query.tree.Fact` says it."""
    if asked.op == "below":
        return fact.startswith(f"{asked.path}.")
    value = fact.removeprefix(asked.path + asked.sep)
    return len(value) != len(fact) and value_fits(asked.op, asked.value, value)


def value_fits(op: str, asked: Any, value: str) -> bool:
    match op:
        case "equals":
            return value in asked
        case "prefix":
            return value.startswith(asked)
        case "contains":
            return asked in value
        case "ends":
            return value.endswith(asked)
        case "between":
            return (asked[0] is None or asked[0] <= value) and (asked[1] is None or value < asked[1])
        case "regexp":
            return bool(asked.search(value))
    return op == "any"


@settings(max_examples=250, deadline=None)
@given(cases())
def test_an_engine_with_the_oracle_s_check_answers_as_the_oracle_does(case: tuple[list[Document], Node]) -> None:
    documents, tree = case
    asked = plan(tree)
    for document in documents:
        true, found = fits(tree, leaves(loads(document.canonical))), answers(asked.engine, document)
        assert found or not true  # nothing is missed
        assert true or not answers(asked.sure, document)  # what is sure is true
        assert asked.check or found == true  # what needs no check is exact
        first, alarm = answers(asked.first, document), answers(asked.alarm, document)
        assert first or not found  # the quick question misses nothing either
        assert alarm or not first or answers(asked.sure, document)  # and without an alarm it is exact


def test_a_quick_question_stands_in_only_where_long_values_are_in_doubt() -> None:
    sure, ordered = plan(tree_of(user="Anna")), plan(tree_of(_context__v__gt="x"))
    assert (sure.check, sure.first, sure.alarm) == (False, sure.engine, NONE)
    assert (ordered.check, ordered.first, ordered.alarm) == (True, ordered.engine, ordered.doubt)
    long = plan(tree_of(_context__v__contains="x" * 80))
    assert (long.check, long.first == long.engine) == (True, False)
    assert long.alarm == Fact("context.v", "~", "any", "")
