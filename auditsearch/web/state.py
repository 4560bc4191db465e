"""What is on the screen, as its address says it: the question, the time, the order, the place in the list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from auditsearch.columns import counted
from auditsearch.conf import settings
from auditsearch.exceptions import InvalidValue
from auditsearch.forms import CLIPPED, VALUE
from auditsearch.logs.moments import moment
from auditsearch.query.algebra import all_of, conditions
from auditsearch.query.text import CLAUSES, LONGEST, parse
from auditsearch.query.tree import Node
from auditsearch.search import Events
from auditsearch.web.links import address
from auditsearch.web.scope import Scope

SIZE = 50
NEWEST = "-timestamp"


@dataclass(frozen=True)
class State:
    """One address of the search page. Times are ISO, or words such as `2 days` and `monday`.

    `only` and `without` are facets that were clicked: (name, value), of one name any will do; "" is no value at all.
    `all` is the facet of which many values are shown.
    """

    q: str = ""
    log: str = ""
    since: str = ""
    until: str = ""
    sort: str = NEWEST
    interval: str = ""
    all: str = ""
    size: str = str(SIZE)
    cursor: str = ""
    only: tuple[tuple[str, str], ...] = ()
    without: tuple[tuple[str, str], ...] = ()

    @classmethod
    def from_request(cls, request: HttpRequest) -> State:
        """Return what the address of a request says. What is wrong in it is told where it is asked."""
        return cls.from_query(request.GET)

    @classmethod
    def from_query(cls, query: QueryDict) -> State:
        """Return what a query string says: `q`, `since`, ..., facets as `f.user=Anna` or, left out, `x.user=Anna`."""
        given: Any = {name: query.get(name, "").strip() for name in TEXTS if query.get(name)}
        return cls(**given, only=tuple(_facets(query, "f.")), without=tuple(_facets(query, "x.")))

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

    def url(self, view: str = "search", **changes: Any) -> str:
        """Return the address of a page of ours with this state and `changes`."""
        query = self.query(**changes)
        return address(view) + (f"?{query}" if query else "")

    def events(self, scope: Scope, now: datetime | None = None) -> Events:
        """Return the events that are on the screen, in its order. Raises QueryError, a Misread where `q` is wrong."""
        now = timezone.localtime(now)
        found = replace(scope.events, tree=all_of((scope.events.tree, self.tree(now))))
        return found.order_by(self.sort)

    def tree(self, now: datetime) -> Node:
        """Return the question, without what the scope adds. Raises QueryError."""
        self._bounded()
        asked = Events(parse(self.q)).filter(**self._keywords(now))
        for name in dict.fromkeys(name for name, _ in self.only):
            asked = asked.filter(_any(name, [value for key, value in self.only if key == name]))
        for name, value in self.without:
            asked = asked.exclude(_is(name, value))
        if (number := sum(1 for _ in conditions(asked.tree))) > CLAUSES:
            raise InvalidValue(f"A question has at most {CLAUSES} conditions, not {number}.")
        return asked.tree

    def span(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """Return `since` and `until` as times, None where they are open. Raises InvalidValue."""
        now = timezone.localtime(now)
        return moment(self.since, now) if self.since else None, moment(self.until, now) if self.until else None

    def fixed(self, now: datetime) -> State:
        """Return the same with times instead of words, so that the next page is one of the same question."""
        since, until = (each.isoformat() if each else "" for each in self.span(now))
        return replace(self, since=since, until=until)

    def _keywords(self, now: datetime) -> dict[str, Any]:
        since, until = self.span(now)
        asked = {"log": self.log or None, "timestamp__gte": since, "timestamp__lt": until}
        return {name: value for name, value in asked.items() if value is not None}

    def _bounded(self) -> None:
        narrowing = replace(self, q="", cursor="").pairs()
        if sum(len(value.encode(errors="replace")) for _, value in narrowing) > LONGEST:
            raise InvalidValue(f"What narrows a question has at most {LONGEST} bytes: time, log, order and facets.")

    @property
    def page_size(self) -> int:
        """Events of one page. Raises InvalidValue; what is beyond a page, `Events.page` refuses."""
        if not self.size.isdecimal() or len(self.size) > 4:
            raise InvalidValue(f"size is {self.size!r}; it must be a number, 1 to 200.")
        return int(self.size)


TEXTS = tuple(each.name for each in fields(State) if each.name not in ("only", "without"))
"""Parameters that hold one text."""


def _facets(query: QueryDict, prefix: str) -> Iterator[tuple[str, str]]:
    """The facets of a query string, each once."""
    for key in query:
        if key.startswith(prefix):
            yield from ((key.removeprefix(prefix), value) for value in dict.fromkeys(query.getlist(key)))


def _any(name: str, values: list[str]) -> Q:
    question = Q()
    for value in values:
        question |= _is(name, value)
    return question


def _is(name: str, value: str) -> Q:
    """Whether a column has this value as a facet shows it: a long one in its clipped form. Raises UnknownField."""
    counted(name)
    keyword = settings.PROMOTED[name][0] if name in settings.PROMOTED else name
    if not value:
        return Q(**{f"{keyword}__isnull": True})
    if CLIPPED in value:
        return Q(**{f"{keyword}__startswith": value[:VALUE]})
    return Q(**{f"{keyword}__exact": value})
