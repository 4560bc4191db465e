"""Random events, random questions: each store answers as the oracle does."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditsearch.backends.base import Backend
from tests.contract.shelf import Shelf
from tests.questions import askable, documents, trees

EXAMPLES = int(os.environ.get("AUDITSEARCH_TEST_EXAMPLES", "50"))
"""Sets of events for each store; `make test-engines` asks ten times as many."""


@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(data=st.data())
def test_the_store_answers_as_the_oracle(backend: Backend, data: st.DataObject) -> None:
    shelf = Shelf(backend)
    found = data.draw(st.lists(documents(), min_size=1, max_size=5))
    shelf.adopt(*found)
    known = [leaf for document in found for leaf in askable(document)]
    for node in data.draw(st.lists(trees(known), min_size=1, max_size=8)):
        assert shelf.asked_of(node) == shelf.true_of(node), node
