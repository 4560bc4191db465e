"""Compile a planned question into the query language of OpenSearch and Elasticsearch.

Pure: nodes in, a JSON-able dictionary out. Engine wildcards in values are escaped, regular expressions run without
Lucene's extra operators, and every range stays inside its path and kind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from auditsearch.exceptions import QueryError
from auditsearch.forms import VALUE
from auditsearch.query.fuzzy import distance_of
from auditsearch.query.regex import Pattern
from auditsearch.query.tree import And, Column, Fact, Near, Node, Not, Or, Words

Query = dict[str, Any]

TERMS = 10_000
"""Values in one `terms` clause; the servers take 65,536."""

LONGEST = VALUE + 9
"""Characters of the longest value in a fact: 256 kept ones, a mark, and 8 of the hash."""

REGEX_LENGTH = 1000
"""Characters of a regular expression with its path: the servers' `index.max_regex_length`."""

EXPANSIONS = 1_000
"""Words that a fuzzy one stands for; the servers take at most 1,024 clauses."""

TEXTS = {False: "text", True: "text_personal"}
"""Whether words are personal -> the field that has them."""

NUMBERS_END = "g"
"""Number keys are hexadecimal digits; `true` and `false` lie at and beyond this letter or are equal questions."""


def compile_query(node: Node) -> Query:
    """Return the query for a plan's engine node, without scores. Raises QueryError where the servers' limits end."""
    return {"constant_score": {"filter": query(node)}}


def query(node: Node) -> Query:
    """Return the clause for one node."""
    match node:
        case And(()):
            return {"match_all": {}}
        case Or(()):
            return {"match_none": {}}
        case And(nodes):
            return {"bool": {"filter": [query(child) for child in nodes]}}
        case Or(nodes):
            return any_of([query(child) for child in nodes])
        case Not(child):
            return {"bool": {"must_not": [query(child)]}}
        case Words(words, phrase, personal):
            return text(words, phrase, TEXTS[personal])
        case Near(word, "prefix", personal):
            return {"prefix": {TEXTS[personal]: {"value": word}}}
        case Near(word, _, personal):
            near = {"value": word, "fuzziness": distance_of(word), "max_expansions": EXPANSIONS}
            return {"fuzzy": {TEXTS[personal]: near}}
        case Column(_, "between", (low, high)):
            return {"range": {"ts": bounds(low, high)}}
        case Column(name, "equals", values):
            return terms(name, values)
        case Fact():
            return fact(node)
    raise TypeError(f"{type(node).__name__} is no node of an engine; plan() takes it out.")


def fact(node: Fact) -> Query:
    """Return the clause for one fact."""
    field, start = ("folded" if node.folded else "facts"), node.path + node.sep
    match node.op:
        case "equals":
            return terms(field, [start + value for value in node.value])
        case "prefix":
            return {"prefix": {field: {"value": start + node.value}}}
        case "any":
            return {"prefix": {field: {"value": start}}}
        case "below":
            return {"prefix": {field: {"value": f"{node.path}."}}}
        case "contains" | "ends" if len(node.value) > LONGEST:
            return {"match_none": {}}  # and the servers would find the expression too complex
        case "contains":
            return {"wildcard": {field: {"value": f"{literal(start)}*{literal(node.value)}*"}}}
        case "ends":
            return {"wildcard": {field: {"value": f"{literal(start)}*{literal(node.value)}"}}}
        case "between":
            low, high = node.value
            return {"range": {field: {"gte": start + (low or ""), "lt": upper_end(node, high)}}}
        case "regexp":
            return regexp(field, start, node.value)


def any_of(clauses: Sequence[Query]) -> Query:
    """At least one of the clauses."""
    return {"bool": {"should": list(clauses), "minimum_should_match": 1}}


def terms(field: str, values: Sequence[str | int]) -> Query:
    """The field has one of the values."""
    chunks = [list(values[start : start + TERMS]) for start in range(0, len(values), TERMS)]
    if len(chunks) != 1:
        return any_of([{"terms": {field: chunk}} for chunk in chunks]) if chunks else {"match_none": {}}
    return {"terms": {field: chunks[0]}} if len(values) > 1 else {"term": {field: {"value": values[0]}}}


def text(words: Sequence[str], phrase: bool, field: str = "text") -> Query:
    """The text has all the ready words, or has them one after another."""
    if phrase and len(words) > 1:
        return {"match_phrase": {field: {"query": " ".join(words)}}}
    return {"bool": {"filter": [{"term": {field: {"value": word}}} for word in words]}}


def bounds(low: int | None, high: int | None) -> dict[str, int]:
    """Half open; None is an open end."""
    return {name: bound for name, bound in (("gte", low), ("lt", high)) if bound is not None}


def upper_end(node: Fact, high: str | None) -> str:
    """First string beyond the range: an open one ends with the facts of its path and kind."""
    if high is not None:
        return node.path + node.sep + high
    return f"{node.path}#{NUMBERS_END}" if node.sep == "#" else node.path + chr(ord(node.sep) + 1)


def literal(value: str) -> str:
    """Escape the wildcards, so that they mean themselves."""
    return re.sub(r"([\\*?])", r"\\\1", value)


def regexp(field: str, start: str, pattern: Pattern) -> Query:
    """The value fits the pattern, which brings its own parentheses, as a whole."""
    value = f"{regex_literal(start)}{pattern.lucene()}"
    if len(value) > REGEX_LENGTH:
        raise QueryError(
            f"The regular expression is too long for its field: {len(value)} of {REGEX_LENGTH} characters."
        )
    return {"regexp": {field: {"value": value, "flags": "NONE"}}}


def regex_literal(value: str) -> str:
    """Escape all that Lucene's regular expressions may take for an operator."""
    return re.sub(r"""([.?+*|{}\[\]()"\\#@&<>~^$-])""", r"\\\1", value)
