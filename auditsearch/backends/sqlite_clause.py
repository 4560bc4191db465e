"""What a question found, as a condition on the table `event` that ordering and counting go on with."""

from __future__ import annotations

import json
from math import isqrt
from typing import NamedTuple

from auditsearch.backends.sqlite_file import Connection
from auditsearch.backends.sqlite_question import Question
from auditsearch.query.tree import Node

PAGE = 50
"""Events of a usual page."""


class Clause(NamedTuple):
    """`condition` goes after WHERE, `values` are bound by name; it holds for `number` events."""

    condition: str
    values: dict[str, str]
    number: int


def clause(connection: Connection, node: Node) -> Clause:
    """Return the condition that holds for the events that fit `node`, as long as no other question is asked.

    Of few events the keys are listed; of many each event is asked in the order of the page, which soon is full.
    """
    question = Question(connection, node)
    number = question.count()
    if question.is_all():
        return Clause("1", {}, number)
    if number <= isqrt(PAGE * sum(segment.size for segment in question.segments)):
        return Clause("key IN (SELECT value FROM json_each(:keys))", {"keys": json.dumps(question.keys())}, number)
    connection.create_function("fits", 1, question.has)
    return Clause("fits(key)", {}, number)
