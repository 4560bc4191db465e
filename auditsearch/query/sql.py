"""Engine nodes as conditions on the table `event` of backends/sqlite.sql.

Values are always bound, never written into the SQL. Boolean algebra stays in SQL; each leaf is a set of keys.
"""

# ruff: noqa: S608 - values are bound; what is written into the SQL are names of ours
from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from auditsearch.exceptions import QueryError
from auditsearch.query.tree import And, Column, Fact, Near, Node, Not, Or, Words

WIDE = 50
"""Parts side by side in one AND or OR; more are grouped (SQLite allows expressions of depth 1,000)."""

DEEP = 5
"""Levels of nesting in one expression; deeper ones get a name (SQLite's parser before 3.46 has a stack of 100)."""

MANY = 200
"""Values bound one by one; more are handed over as one JSON array (SQLite before 3.32 binds 999)."""

BLOCK = 4096
"""Events whose facts stand together in the file: a part of its format, as VERSION says."""

Value = str | int | bytes


class Searches(Protocol):
    """A compiled regular expression; each found value begins with `prefix`."""

    @property
    def prefix(self) -> str:
        """What the values begin with, "" where that is not known."""

    def search(self, text: str) -> bool:
        """Whether some part of `text` matches."""


class Clause(NamedTuple):
    """A condition: `head` goes before SELECT, `condition` after WHERE, `values` are bound by name.

    `patterns` are what the SQL function `fits(name, text)` searches for, by name. `keys` selects the same events one by
    one, perhaps more than once, where that can be said: who counts up to a limit need not find them all.
    """

    head: str
    condition: str
    values: dict[str, Value]
    patterns: dict[str, Searches]
    keys: str = ""

    @property
    def vocabulary(self) -> bool:
        """Whether it asks the table `vocabulary` for words that are `alike`."""
        return any("FROM vocabulary" in part for part in (self.head, self.condition))


_ALL_BLOCKS = "block IN (SELECT id FROM block)"
_OWN_BLOCK = f"block = event.key / {BLOCK}"

_LIKE = "SELECT coalesce(group_concat('\"' || term || '\"', ' OR '), '\"\"') FROM vocabulary WHERE alike({}, term)"

Common = Callable[[Fact], bool]


def where(node: Node, common: Common = lambda fact: False) -> Clause:
    """Return the condition that holds for the events that fit `node`.

    `common` says of a fact that equals one value whether so many events have it that each event is better asked for
    it than all of them gathered first. Raises QueryError where the tree is nested too deep.
    """
    query = _Query(common)
    try:
        condition = query.condition(node, 0)
    except RecursionError:
        raise QueryError("the question is nested too deep; put its parts side by side") from None
    head = f"WITH {', '.join(query.named)} " if query.named else ""
    return Clause(head, condition, query.values, query.patterns, _keys(query, node))


def _keys(query: _Query, node: Node) -> str:
    facts = node.nodes if isinstance(node, Or) else (node,)
    if not facts or len(facts) > WIDE or not all(isinstance(fact, Fact) and fact.value != () for fact in facts):
        return ""
    return " UNION ALL ".join([f"SELECT event FROM {query.facts(fact)}" for fact in facts if isinstance(fact, Fact)])


@dataclass
class _Query:
    """One question being written: what it binds, and the conditions that have a name of their own."""

    common: Common
    named: list[str] = field(default_factory=list)
    values: dict[str, Value] = field(default_factory=dict)
    patterns: dict[str, Searches] = field(default_factory=dict)

    def condition(self, node: Node, level: int) -> str:
        """Return the condition of `node`, which stands `level` nodes deep."""
        match node:
            case And(nodes):
                return self.apart(_joined(" AND ", [self.condition(n, level + 1) for n in nodes], "1"), level)
            case Or(nodes):
                return self.apart(_joined(" OR ", [self.condition(n, level + 1) for n in nodes], "0"), level)
            case Not(inner):
                return self.apart(f"NOT {self.condition(inner, level + 1)}", level)
            case Words(()) | Fact(op="equals", value=()) | Column(name="id", value=()):
                return "1" if isinstance(node, Words) else "0"
            case Words(words, phrase):
                return f"key IN (SELECT rowid FROM words WHERE words MATCH {self.bind(_match(words, phrase))})"
            case Near(word, "prefix"):
                return f"key IN (SELECT rowid FROM words WHERE words MATCH {self.bind(_match((word,), True) + '*')})"
            case Near(word):
                return f"key IN (SELECT rowid FROM words WHERE words MATCH ({_LIKE.format(self.bind(word))}))"
            case Fact(op="equals", value=(_,)) if self.common(node):
                return f"EXISTS (SELECT 1 FROM {self.facts(node, _OWN_BLOCK)} AND event = event.key)"
            case Fact():
                return f"key IN (SELECT event FROM {self.facts(node)})"
            case Column("id", _, ids):
                return f"id {self.one_of(ids)}"
            case Column(name, _, (low, high)):
                return f"({self.between(name, low, high)})"
        raise TypeError(f"no engine node: {type(node).__name__}")

    def apart(self, condition: str, level: int) -> str:
        """Give every DEEP-th level a name, so that no expression grows deep."""
        if level == 0 or level % DEEP:
            return condition
        name = f"part{len(self.named)}"
        self.named.append(f"{name}(key) AS (SELECT key FROM event WHERE {condition})")
        return f"key IN (SELECT key FROM {name})"

    def bind(self, value: Value) -> str:
        """Bind `value` and return its placeholder."""
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f":{name}"

    def facts(self, fact: Fact, blocks: str = _ALL_BLOCKS) -> str:
        """Return `table WHERE condition` for the facts that fit."""
        table = f"{'folded' if fact.folded else 'fact'} WHERE {blocks}"
        if fact.op == "below":
            names = self.between("name", f"{fact.path}.", f"{fact.path}/")
            return f"{table} AND path IN (SELECT id FROM path WHERE {names})"
        path = f"path = (SELECT id FROM path WHERE name = {self.bind(fact.path + fact.sep)})"
        return f"{table} AND {path} AND {self.value(fact.op, fact.value)}"

    def value(self, op: str, value: Any) -> str:
        """Return the condition on the column `value`."""
        match op:
            case "equals":
                return f"value {self.one_of(value)}"
            case "prefix":
                return self.between("value", value, _above(value))
            case "contains":
                return f"instr(value, {self.bind(value)})"
            case "ends":  # as bytes: SQLite counts the characters of a text only up to a NUL
                ending = value.encode()
                return f"substr(CAST(value AS BLOB), {-len(ending)}) = {self.bind(ending)}" if ending else "1"
            case "between":
                return self.between("value", *value)
            case "regexp":
                name = f"p{len(self.patterns)}"
                self.patterns[name] = value
                begins = self.between("value", value.prefix, _above(value.prefix)) if value.prefix else "1"
                return f"{begins} AND fits({self.bind(name)}, value)"
            case "any":
                return "1"
        raise TypeError(f"no operation on facts: {op}")

    def one_of(self, values: Sequence[str]) -> str:
        """Return `= ...` or `IN ...`."""
        if len(values) == 1:
            return f"= {self.bind(values[0])}"
        if len(values) > MANY and not any("\0" in value for value in values):  # json_each ends a text at a NUL
            return f"IN (SELECT value FROM json_each({self.bind(json.dumps(values))}))"
        return f"IN ({', '.join([self.bind(value) for value in values])})"

    def between(self, column: str, low: Value | None, high: Value | None) -> str:
        """Return low <= column < high; None is open."""
        ends = [f"{column} >= {self.bind(low)}"] if low is not None else []
        ends += [f"{column} < {self.bind(high)}"] if high is not None else []
        return " AND ".join(ends) or "1"


def _joined(word: str, parts: list[str], empty: str) -> str:
    while len(parts) > WIDE:
        parts = [f"({word.join(parts[i : i + WIDE])})" for i in range(0, len(parts), WIDE)]
    return f"({word.join(parts)})" if parts else empty


def _match(words: Iterable[str], phrase: bool) -> str:
    """Return the question to FTS5: one phrase, or words that all must be there."""
    quoted = [word.replace('"', '""') for word in words]
    return f'"{" ".join(quoted)}"' if phrase else " ".join(f'"{word}"' for word in quoted)


def _above(prefix: str) -> str | None:
    """Return the least string above all that start with `prefix`; None where there is none."""
    head = prefix.rstrip(chr(0x10FFFF))
    if not head:
        return None
    last = ord(head[-1]) + 1
    return head[:-1] + chr(0xE000 if last == 0xD800 else last)
