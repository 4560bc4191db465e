"""A question as a tree of frozen nodes, combined by `&`, `|` and `~`.

`Where` and `Words` say what is asked; `plan` turns each `Where` into `Fact` and `Column` leaves, which an engine
answers from its index. A `Superset` is a leaf that the engine answers with too many events: the oracle checks each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


class Node:
    """What all nodes share: the operators that combine them."""

    __slots__ = ()

    def __and__(self, other: Node) -> Node:
        return And((self, other))

    def __or__(self, other: Node) -> Node:
        return Or((self, other))

    def __invert__(self) -> Node:
        return Not(self)


@dataclass(frozen=True, slots=True)
class Where(Node):
    """Some element of the value at `path` fits `lookup` and `value`.

    `path` is a stored path: an envelope name (`user_name`, `ts`), `context.a.b`, `snapshot.a`, `from.f`, `to.f`,
    `changed`; its keys are percent-encoded as in `facts`. `value` is already coerced by the lookup's row.
    """

    path: str
    lookup: str
    value: Any


@dataclass(frozen=True, slots=True)
class Words(Node):
    """The event's text has all of these ready words, or has them one after another (`phrase`).

    `personal`: not its text, but the words of what PERSONAL names.
    """

    words: tuple[str, ...]
    phrase: bool = False
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Near(Node):
    """Some word of the event's text starts with the ready `word`, or is like it (`auditsearch.query.fuzzy`).

    `personal` as in `Words`.
    """

    word: str
    how: Literal["prefix", "fuzzy"]
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Not(Node):
    """The complement of `node` among all events."""

    node: Node


@dataclass(frozen=True, slots=True)
class And(Node):
    """All of `nodes`; the empty one is every event."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or(Node):
    """At least one of `nodes`; the empty one is no event."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Superset(Node):
    """The engine answers `node`, which holds for more events than `check`; the oracle asks `check` of each hit."""

    node: Node
    check: Where


@dataclass(frozen=True, slots=True)
class Fact(Node):
    """A fact of `path` whose kind is `sep` fits `op` and `value`; in the field `folded`, or else `facts`.

    | op | value | holds for a fact `path + sep + v` where |
    |---|---|---|
    | equals | tuple of str | v is one of them |
    | prefix | str | v starts with it |
    | contains | str | it is a part of v |
    | ends | str | v ends with it |
    | between | (low, high), str or None each | low <= v < high by code point; None is open |
    | regexp | str | v matches this Lucene regular expression as a whole (operators off) |
    | any | "" | always: the path has a fact of this kind |
    | below | "" | any fact of any kind whose path starts with `path + "."` (`sep` is "" here) |
    """

    path: str
    sep: Literal["=", "#", "@", "~", "?", ""]
    op: Literal["equals", "prefix", "contains", "ends", "between", "regexp", "any", "below"]
    value: Any
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Column(Node):
    """An envelope column that has no fact: `ts` with op `between` and (low, high) microseconds, half open, None open;
    `ts` or `id` with op `equals` and a tuple of microseconds or of str."""

    name: Literal["ts", "id"]
    op: Literal["between", "equals"]
    value: Any


ALL = And(())
NONE = Or(())
