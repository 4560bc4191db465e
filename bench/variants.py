"""Five ways to index what any key may hold: each one's mapping, its document, and its form of three questions.

The events, the envelope's fields, the codec, the client and the batches are the same in all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import orjson

Event = dict[str, Any]
Body = dict[str, Any]

KEYWORD = {"type": "keyword"}
WORDS = {"type": "text", "analyzer": "whitespace", "norms": False}
ENVELOPE = (
    "event_code", "event_type", "system_type", "object_type", "object_id", "object_label", "request_token", "suid",
    "user_name", "ip", "log_name", "level",
)  # fmt: skip
COMMON = {"ts": {"type": "long"}, "id": KEYWORD, "verbose": {"type": "keyword", "ignore_above": 256}} | dict.fromkeys(
    ENVELOPE, KEYWORD
)
STORED_ONLY = {"type": "object", "enabled": False}


class Question(NamedTuple):
    """The three questions: `amount` between two bounds, `surname` holds a part in any case, two words anywhere."""

    low: float
    high: float
    part: str
    words: tuple[str, str]


class Variant(NamedTuple):
    """A way to index. `range`, `part` and `words` return the query, or None where there is no such query."""

    title: str
    dynamic: bool
    properties: dict[str, Any]
    body: Callable[[Event], Body]
    range: Callable[[Question], Body | None]
    part: Callable[[Question], Body | None]
    words: Callable[[Question], Body | None]


def leaves(event: Event) -> Iterator[tuple[str, Any]]:
    """(path, value) of each leaf of context and snapshot."""
    yield from inside("context", event["context"])
    yield from inside("snapshot", event["snapshot"])


def inside(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    members = value.items() if isinstance(value, dict) else ((None, one) for one in value)
    for key, one in members:
        name = path if key is None else f"{path}.{key}"
        if isinstance(one, dict | list):
            yield from inside(name, one)
        else:
            yield name, one


def words(text: str) -> list[str]:
    """Lower-case runs of letters and digits."""
    return re.findall(r"[^\W_]+", text.lower().replace("ё", "е"))


def both(queries: Iterator[Body]) -> Body:
    return {"bool": {"filter": list(queries)}}


def nested_body(event: Event) -> Body:
    found = [{"k": path, "v": text_of(value)} | number(value) for path, value in leaves(event)]
    return event | {"pairs": found}


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def number(value: Any) -> Body:
    return {"n": value} if isinstance(value, int | float) and not isinstance(value, bool) else {}


def nested(*queries: Body) -> Body:
    return {"nested": {"path": "pairs", "query": both(iter(queries))}}


def path_words_body(event: Event) -> Body:
    tokens = [f"{path}={word}" for path, value in leaves(event) for word in words(text_of(value))]
    return event | {"words": " ".join(tokens)}


def same(event: Event) -> Body:
    return event


VARIANTS = {
    "dynamic": Variant(
        "dynamic mapping (keyword + text)",
        True,
        {},
        same,
        lambda q: {"range": {"snapshot.amount": {"gte": q.low, "lte": q.high}}},
        lambda q: {"wildcard": {"snapshot.surname.keyword": {"value": f"*{q.part}*", "case_insensitive": True}}},
        lambda q: both({"multi_match": {"query": word, "fields": ["*"], "lenient": True}} for word in q.words),
    ),
    "flat_object": Variant(
        "flat_object",
        False,
        {"context": {"type": "flat_object"}, "snapshot": {"type": "flat_object"}},
        same,
        lambda q: {"range": {"snapshot.amount": {"gte": q.low, "lte": q.high}}},
        lambda q: {"wildcard": {"snapshot.surname": {"value": f"*{q.part}*", "case_insensitive": True}}},
        lambda q: both({"multi_match": {"query": word, "fields": ["context", "snapshot"]}} for word in q.words),
    ),
    "nested": Variant(
        "nested key and value",
        False,
        {
            "context": STORED_ONLY,
            "snapshot": STORED_ONLY,
            "pairs": {
                "type": "nested",
                "properties": {
                    "k": KEYWORD,
                    "v": {"type": "keyword", "ignore_above": 256, "fields": {"words": {"type": "text"}}},
                    "n": {"type": "double"},
                },
            },
        },
        nested_body,
        lambda q: nested(
            {"term": {"pairs.k": "snapshot.amount"}}, {"range": {"pairs.n": {"gte": q.low, "lte": q.high}}}
        ),
        lambda q: nested(
            {"term": {"pairs.k": "snapshot.surname"}},
            {"wildcard": {"pairs.v": {"value": f"*{q.part}*", "case_insensitive": True}}},
        ),
        lambda q: both(nested({"match": {"pairs.v.words": word}}) for word in q.words),
    ),
    "path_words": Variant(
        "path=word in a text field",
        False,
        {"context": STORED_ONLY, "snapshot": STORED_ONLY, "words": WORDS},
        path_words_body,
        lambda q: None,
        lambda q: {"wildcard": {"words": {"value": f"snapshot.surname=*{words(q.part)[0]}*"}}},
        lambda q: both({"wildcard": {"words": {"value": f"*={words(word)[0]}"}}} for word in q.words),
    ),
}


def index_settings(variant: Variant, codec: str) -> Body:
    """The body of `PUT index` for one of the variants; ours comes from the project's own template."""
    settings: Body = {"index": {"codec": codec, "number_of_shards": 1, "number_of_replicas": 0}}
    if variant.dynamic:
        settings["index"]["mapping.total_fields.limit"] = 1_000_000
    return {"settings": settings, "mappings": {"dynamic": variant.dynamic, "properties": COMMON | variant.properties}}
