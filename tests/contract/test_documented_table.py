"""The table in docs/querying.md, asked of every store."""

import pytest

from auditsearch.exceptions import QueryError
from tests.contract.shelf import Shelf
from tests.lookup_table import QUESTIONS, STORED, asked, cell


@pytest.mark.parametrize("lookup", QUESTIONS)
def test_a_store_answers_as_the_docs_say(shelf: Shelf, lookup: str) -> None:
    shelf.values(*STORED.values())
    for value in QUESTIONS[lookup]:
        cells = [cell(lookup, value, stored) for stored in STORED.values()]
        if "error" in cells:
            with pytest.raises(QueryError):
                shelf.ask(asked(lookup, value))
        else:
            assert shelf.ask(asked(lookup, value)) == {n for n, found in enumerate(cells) if found == "hit"}, value
