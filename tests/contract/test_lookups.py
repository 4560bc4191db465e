"""Every lookup, asked with every kind of value of every kind of value: hit, no hit or error, as the oracle says."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Any

import pytest

from auditsearch.backends.base import Backend
from auditsearch.exceptions import QueryError
from auditsearch.query.lookups import LOOKUPS
from auditsearch.query.parse import tree_of
from auditsearch.query.tree import Node
from tests.contract.shelf import Shelf
from tests.contract.values import PATTERNS, TEXTS, VALUES


@pytest.fixture(scope="module")
def corpus(backend: Backend) -> Shelf:
    """An event for each value, in its context, its snapshot and, of texts, its envelope."""
    shelf = Shelf(backend)
    texts = [value if isinstance(value, str) else None for value in VALUES]
    shelf.put(
        *(
            {
                "context_data": {"v": value},
                "object_snapshot": {"v": [value, {"k": value}]},
                "user": name,
                "verbose": name,
            }
            for value, name in zip(VALUES, texts, strict=True)
        )
    )
    return shelf


def _questions(lookup: str) -> list[Any]:
    if lookup == "isnull":
        return [True, False]
    if lookup in ("regex", "iregex"):
        return PATTERNS
    if lookup == "in":
        return [[], *map(list, pairwise(VALUES))]
    return [*pairwise(VALUES), *zip(VALUES, VALUES, strict=True)] if lookup == "range" else VALUES


def _trees(path: str, lookup: str) -> Iterator[Node]:
    """All questions of a lookup that are no error."""
    for value in _questions(lookup):
        try:
            yield tree_of(**{f"{path}__{lookup}": value})
        except QueryError:
            continue


@pytest.mark.parametrize("lookup", LOOKUPS)
@pytest.mark.parametrize("path", ["_context__v", "_snapshot__v__k", "user"])
def test_a_lookup_means_the_same_everywhere(corpus: Shelf, path: str, lookup: str) -> None:
    for node in islice(_trees(path, lookup), None, None, 1 if path == "_context__v" else 3):
        assert corpus.asked_of(node) == corpus.true_of(node), node


@pytest.mark.parametrize("name", ["search", "phrase"])
def test_words_are_cut_the_same_everywhere(corpus: Shelf, name: str) -> None:
    for text in TEXTS:
        try:
            node = tree_of(**{name: text[:1000]})
        except QueryError:
            continue
        assert corpus.asked_of(node) == corpus.true_of(node), node
