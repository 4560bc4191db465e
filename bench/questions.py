"""The twenty questions of bench-query: as keywords, and as the DSL that somebody who knows the index writes by hand.

A fragment is sought in the labels, of which nearly each is another one, and in sentences of sixteen words, which are
five times as long: both the server and SQLite look through all different values, so it is bytes that count.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from bench.corpus import START, event

Dsl = dict[str, Any]
KINDS = ("words", "exact", "range", "token")
"""Kinds that must be quick whatever the index holds."""


class Question(NamedTuple):
    """`kind` says which figure it counts for. `keywords` hold and those of `but` do not; by hand `filters` are the
    clauses of a bool filter, `without` those of its must_not."""

    title: str
    kind: str
    keywords: dict[str, Any]
    filters: list[Dsl]
    but: dict[str, Any] = {}  # noqa: RUF012 - a named tuple's default
    without: tuple[Dsl, ...] = ()

    def body(self, size: int) -> Dsl:
        """The whole request: newest first, totals up to 10,000, and no more of a document than is shown."""
        clauses: Dsl = {"filter": self.filters} | ({"must_not": list(self.without)} if self.without else {})
        return {
            "query": {"bool": clauses},
            "size": size,
            "sort": [{"ts": "desc"}, {"id": "desc"}],
            "track_total_hits": 10_000,
            "_source": ["canonical"],
        }


def term(name: str, value: str) -> Dsl:
    return {"term": {name: {"value": value}}}


def has(path: str, value: str) -> Dsl:
    """A fact: the text form of a value."""
    return term("facts", f"{path}={value}")


def part(path: str, text: str) -> Dsl:
    """A fragment in any case, as it must be asked of both fields; values over 256 characters stand in windows."""
    fields = [(name, sep) for name in ("facts", "folded") for sep in "=~"]
    return either([{"wildcard": {name: {"value": f"{path}{sep}*{text}*"}}} for name, sep in fields])


def either(clauses: list[Dsl]) -> Dsl:
    return {"bool": {"should": clauses, "minimum_should_match": 1}}


def says(*words: str) -> list[Dsl]:
    return [term("text", word) for word in words]


def between(path: str, low: float, high: float) -> Dsl:
    from auditsearch.forms import number_key

    keys = [f"{path}#{number_key(Decimal(repr(number)))}" for number in (low, high)]
    return {"range": {"facts": {"gte": keys[0], "lte": keys[1]}}}


def time(low: int, high: int) -> Dsl:
    return {"range": {"ts": {"gte": low, "lt": high}}}


def questions() -> list[Question]:
    """All of them, about an event that the corpus surely has."""
    known = event(77)
    changed = next(one for one in map(event, range(200)) if "diff" in one["context"])
    field = next(iter(changed["context"]["diff"]))
    return [*envelope(known), *payload(known, field), *rough(known)]


def envelope(known: dict[str, Any]) -> list[Question]:
    from auditsearch.event import from_micros

    user, kind, key = known["user_name"], known["object_type"], known["object_id"]
    hour = 3_600_000_000
    noon = START + 12 * 24 * hour
    span = {"timestamp__gte": from_micros(noon), "timestamp__lt": from_micros(noon) + timedelta(hours=1)}
    return [
        Question(
            "token", "token", {"request_token": known["request_token"]}, [term("request_token", known["request_token"])]
        ),
        Question("user", "exact", {"user": user}, [term("user_name", user)]),
        Question(
            "one object",
            "exact",
            {"object_type": kind, "object_id": key},
            [term("object_type", kind), term("object_id", key)],
        ),
        Question(
            "two codes",
            "other",
            {"event_code__in": ["insert", "delete"]},
            [{"terms": {"event_code": ["insert", "delete"]}}],
        ),
        Question("an hour", "range", span, [time(noon, noon + hour)]),
        Question("hour of the day", "other", {"timestamp__hour": 3}, [has("@hour", "3")]),
        Question("network", "other", {"ip__cidr": "10.2.7.0/24"}, [{"term": {"ip": "10.2.7.0/24"}}]),
    ]


def payload(known: dict[str, Any], field: str) -> list[Question]:
    surname = known["snapshot"]["surname"]
    both = {"_snapshot__status__exact": "paid", "event_code": "update"}
    return [
        Question(
            "value in the snapshot", "exact", {"_snapshot__surname__exact": surname}, [has("snapshot.surname", surname)]
        ),
        Question("value and code", "exact", both, [has("snapshot.status", "paid"), term("event_code", "update")]),
        Question(
            "narrow range",
            "range",
            {"_snapshot__amount__range": (1000, 1100)},
            [between("snapshot.amount", 1000, 1100)],
        ),
        Question(
            "range over nine tenths",
            "other",
            {"_snapshot__amount__gte": 50_000},
            [between("snapshot.amount", 50_000, 1e308)],
        ),
        Question("changed field", "exact", {"_changed": field}, [has("changed", field)]),
        Question(
            "a key is there",
            "other",
            {f"_snapshot__{field}__isnull": False},
            [{"prefix": {"facts": f"snapshot.{field}="}}],
        ),
    ]


def rough(known: dict[str, Any]) -> list[Question]:
    start = known["snapshot"]["surname"][:4]
    return [
        Question("two words", "words", {"search": "возвращён оригинал"}, says("возвращен", "оригинал")),
        Question("phrase", "words", {"phrase": "second reading"}, [{"match_phrase": {"text": "second reading"}}]),
        Question(
            "word without a code",
            "other",
            {"search": "insurance"},
            says("insurance"),
            {"event_code": "update"},
            (term("event_code", "update"),),
        ),
        Question("fragment", "icontains", {"object_label__icontains": "узнец"}, [part("object_label", "узнец")]),
        Question(
            "fragment of sentences", "other", {"_snapshot__note__icontains": "звращ"}, [part("snapshot.note", "звращ")]
        ),
        Question(
            "beginning",
            "other",
            {"_snapshot__surname__startswith": start},
            [{"prefix": {"facts": f"snapshot.surname={start}"}}],
        ),
        Question(
            "expression",
            "other",
            {"_snapshot__surname__regex": "^Иванова-.*Анна$"},
            [{"regexp": {"facts": {"value": r"snapshot\.surname=Иванова-.*Анна", "flags": "NONE"}}}],
        ),
    ]
