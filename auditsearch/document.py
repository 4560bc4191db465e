"""The document: an event's canonical text with all that is derived from it, ready for any backend."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

import orjson

from auditsearch.askable import askable
from auditsearch.canonical import dumps, leaf, loads, normalise
from auditsearch.event import ENVELOPE_STRINGS, SCHEMA, from_micros
from auditsearch.facts import facts
from auditsearch.forms import VALUE, clip, sanitise
from auditsearch.personal import filled, holds, read
from auditsearch.promoted import Raw, kind_of, values


class Document(NamedTuple):
    """What a backend stores. `canonical` is the truth, the rest is derived from it.

    `ts` in microseconds since the epoch, `envelope` by stored name in clipped form, `facts` and `folded` as in
    `auditsearch.facts`, `text` the ready words joined by spaces, `payload` JSON bytes of `context` and `snapshot`,
    `promoted` the values of each promoted field, `misfits` the names of those with a value that is none of its kind.
    `personal` is the side object of what PERSONAL names, as text, `text_personal` its ready words.
    """

    id: str
    ts: int
    schema: int
    partition: str
    canonical: str
    leaf: str
    envelope: dict[str, str]
    payload: dict[str, bytes]
    facts: tuple[str, ...]
    folded: tuple[str, ...]
    text: str
    clipped: bool
    promoted: dict[str, tuple[Raw, ...]]
    misfits: tuple[str, ...]
    personal: str | None = None
    text_personal: str = ""

    def __repr__(self) -> str:
        return f"<Document {self.id}>"  # what is derived holds personal values, and tracebacks show objects

    def body(self) -> dict[str, Any]:
        """The JSON object for a server, as orjson dumps it."""
        body = self._head()
        for name, raw in self.payload.items():
            body[name] = orjson.Fragment(raw)
        body["facts"], body["folded"], body["text"] = self.facts, self.folded, self.text
        body["canonical"] = self.canonical
        if self.promoted or self.misfits:
            body |= {"promoted": {name: _column(name, some) for name, some in self.promoted.items()}}
            body |= {"misfits": self.misfits}
        if self.personal:
            body |= self._apart()
        return body | {"clipped": True} if self.clipped else body

    def degraded_body(self) -> dict[str, Any]:
        """The object for a server that refused `body`: the envelope, and the payload only inside `canonical`."""
        facts = [fact for fact in self.facts if fact.partition("=")[0] in self.envelope]
        return self._head() | {"facts": facts, "canonical": self.canonical, "degraded": True} | self._apart(words=False)

    def truncated_body(self) -> dict[str, Any]:
        """The object for an event too large for the server: envelope and leaf; the outbox row keeps the rest."""
        tree = loads(self.canonical)
        envelope = {name: value for name, value in tree.items() if name not in self.payload}
        return self._head() | {"canonical": dumps(normalise(envelope | self.envelope)), "truncated": True}

    def _apart(self, *, words: bool = True) -> dict[str, Any]:
        """What PERSONAL names; no members at all where there is nothing."""
        if self.personal is None:
            return {}
        apart = {"personal": orjson.Fragment(self.personal)}
        return apart | {"text_personal": self.text_personal} if words else apart

    def _head(self) -> dict[str, Any]:
        head = {"@timestamp": _timestamp(self.ts), "ts": self.ts, "id": self.id, "schema": self.schema}
        return {**head, **self.envelope, "leaf": self.leaf}


def document(canonical: str, partition: str, personal: str | None = None) -> Document:
    """Derive the document of one event, `personal` its side object.

    Raises ValueError or KeyError where `canonical` is no event's text.
    """
    tree = loads(canonical)
    event = askable(tree, read(personal))
    found = facts(event)
    promoted, misfits = values(event)
    return Document(
        id=tree["id"],
        ts=tree["ts"],
        schema=tree.get("schema", SCHEMA),
        partition=partition,
        canonical=canonical,
        leaf=leaf(canonical),
        envelope=_envelope(filled(tree, {}) if holds(canonical) else tree),
        payload={name: _json(tree[name]) for name in ("context", "snapshot") if isinstance(tree.get(name), dict)},
        facts=found.facts,
        folded=found.folded,
        text=event.text,
        clipped=event.clipped,
        promoted=promoted,
        misfits=misfits,
        personal=personal,
        text_personal=event.personal,
    )


def _envelope(tree: dict[str, Any]) -> dict[str, str]:
    there = [(name, value) for name in ENVELOPE_STRINGS if type(value := tree.get(name)) is str]
    return {name: value if len(value) <= VALUE and value.isascii() else _keyword(name, value) for name, value in there}


def _column(name: str, values: tuple[Raw, ...]) -> list[Raw]:
    if kind_of(f"promoted.{name}") != "date":
        return list(values)
    return [_timestamp(int(value) * 1000) for value in values]


def _keyword(name: str, value: str) -> str:
    return value if name == "verbose" else clip(sanitise(value))  # the sentence is stored whole, indexed up to 256


def _json(value: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(value, default=_own_digits)
    except TypeError:  # an integer over 64 bits: rare, so only then is each value looked at
        return dumps(normalise(value)).encode()


def _own_digits(number: Decimal) -> orjson.Fragment:
    return orjson.Fragment(str(number))


def _timestamp(ts: int) -> str:
    return f"{from_micros(ts).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
