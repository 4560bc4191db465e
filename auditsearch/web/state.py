"""What is on the screen, as its address says it: the question, the time, the order, the place in the list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils import timezone

from auditsearch.backends.base import Interval
from auditsearch.columns import counted
from auditsearch.conf import settings
from auditsearch.exceptions import InvalidValue
from auditsearch.forms import CLIPPED, VALUE
from auditsearch.logs.moments import moment
from auditsearch.query.algebra import all_of
from auditsearch.query.text import CLAUSES, LONGEST, parse
from auditsearch.query.tree import And, Node, Not, Or
from auditsearch.search import Events
from auditsearch.web.scope import Scope

INTERVALS: tuple[Interval, ...] = ("year", "month", "week", "day", "hour", "minute")
SIZE = 50
NEWEST = "-timestamp"


@dataclass(frozen=True)
class State:
    """One address of the search page. Times are ISO, or words such as `2 days` and `monday`.

    `only` and `without` are facets that were clicked: (name, value), of one name any will do; "" is no value at all.
    """

    q: str = ""
    log: str = ""
    since: str = ""
    until: str = ""
    sort: str = NEWEST
    interval: str = ""
    size: str = str(SIZE)
    cursor: str = ""
    only: tuple[tuple[str, str], ...] = ()
    without: tuple[tuple[str, str], ...] = ()

    @classmethod
    def from_request(cls, request: HttpRequest) -> State:
        """Return what the address of a request says. Raises InvalidValue, on more than 1 kB, too."""
        return cls.from_query(request.GET)

    @classmethod
    def from_query(cls, query: QueryDict) -> State:
        """Return what a query string says: `q`, `since`, ..., facets as `f.user=Anna` or, left out, `x.user=Anna`."""
        given = {name: query.get(name, "").strip() for name in TEXTS if query.get(name)}
        if "cursor" in given and len(given["cursor"]) > 4 * LONGEST:
            raise InvalidValue("This cursor is none of ours: begin with the first page.")
        state = cls(**given, only=tuple(_facets(query, "f.")), without=tuple(_facets(query, "x.")))
        if len(state.query(cursor="").encode()) > 6 * LONGEST or _bytes(replace(state, cursor="")) > LONGEST:
            raise InvalidValue(f"A question has at most {LONGEST} bytes, together with what narrows it.")
        return state

    def query(self, **changes: Any) -> str:
        """Return the query string of this state with `changes`, without what has its usual value."""
        return urlencode(list(replace(self, **changes).pairs()))

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Yield what the query string says, by name: the hidden fields of a form, too."""
        for name in TEXTS:
            if (value := getattr(self, name)) != getattr(State, name):
                yield name, value
        yield from ((f"f.{name}", value) for name, value in self.only)
        yield from ((f"x.{name}", value) for name, value in self.without)

    def url(self, view: str = "search", *args: Any, **changes: Any) -> str:
        """Return the address of a page of ours with this state and `changes`."""
        query = self.query(**changes)
        return reverse(f"auditsearch:{view}", args=args) + (f"?{query}" if query else "")

    def events(self, scope: Scope, now: datetime | None = None) -> Events:
        """Return the events that are on the screen, in its order. Raises QueryError, a Misread where `q` is wrong."""
        now = timezone.localtime(now)
        found = replace(scope.events, tree=all_of((scope.events.tree, self.tree(now))))
        return found.order_by(self.sort)

    def tree(self, now: datetime) -> Node:
        """Return the question, without what the scope adds. Raises QueryError."""
        asked = Events(parse(self.q)) if self.q else Events()
        if self.log:
            asked = asked.filter(log=self.log)
        if self.since:
            asked = asked.filter(timestamp__gte=moment(self.since, now))
        if self.until:
            asked = asked.filter(timestamp__lt=moment(self.until, now))
        for name in dict.fromkeys(name for name, _ in self.only):
            asked = asked.filter(_any(name, [value for key, value in self.only if key == name]))
        for name, value in self.without:
            asked = asked.exclude(_is(name, value))
        if (number := sum(1 for _ in _leaves(asked.tree))) > CLAUSES:
            raise InvalidValue(f"A question has at most {CLAUSES} conditions, not {number}.")
        return asked.tree

    def fixed(self, now: datetime) -> State:
        """Return the same with times instead of words, so that the next page is one of the same question."""
        now = timezone.localtime(now)
        since, until = (said and moment(said, now).isoformat() for said in (self.since, self.until))
        return replace(self, since=since, until=until)

    @property
    def page_size(self) -> int:
        """Events of one page. Raises InvalidValue; what is beyond a page, `Events.page` refuses."""
        if not self.size.isdecimal() or len(self.size) > 4:
            raise InvalidValue(f"size is {self.size!r}; it must be a number, 1 to 200.")
        return int(self.size)


TEXTS = tuple(each.name for each in fields(State) if each.name not in ("only", "without"))
"""Parameters that hold one text."""


def _facets(query: QueryDict, prefix: str) -> Iterator[tuple[str, str]]:
    """The facets of a query string, each once. Raises UnknownField."""
    for key in query:
        if key.startswith(prefix):
            name = key.removeprefix(prefix)
            counted(name)
            yield from ((name, value) for value in dict.fromkeys(query.getlist(key)))


def _bytes(state: State) -> int:
    return sum(len(value.encode(errors="replace")) for name, value in state.pairs())


def _any(name: str, values: list[str]) -> Q:
    question = Q()
    for value in values:
        question |= _is(name, value)
    return question


def _is(name: str, value: str) -> Q:
    """Whether a column has this value as a facet shows it: in its clipped form, which long ones have."""
    keyword = settings.PROMOTED[name][0] if name in settings.PROMOTED else name
    if not value:
        return Q(**{f"{keyword}__isnull": True})
    if CLIPPED in value:
        return Q(**{f"{keyword}__startswith": value[:VALUE]})
    return Q(**{f"{keyword}__exact": value})


def _leaves(node: Node) -> Iterator[Node]:
    match node:
        case And(nodes) | Or(nodes):
            for inner in nodes:
                yield from _leaves(inner)
        case Not(inner):
            yield from _leaves(inner)
        case _:
            yield node
