"""From a question to what an engine is asked, and what of its answer must be checked.

A `Superset` is an upper bound. Under an odd number of `Not` an upper bound would lose events, so there the lower bound
stands: Not(x) is at most Not(what x surely is).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from auditsearch.event import micros
from auditsearch.query.algebra import all_of, any_of, conditions, negated, rebuilt
from auditsearch.query.lookups import LOOKUPS
from auditsearch.query.tree import NONE, And, Column, Fact, Node, Not, Or, Superset, Where


@dataclass(frozen=True, slots=True)
class Plan:
    """`engine` holds for all answers, and with `check` for others too: the oracle checks each hit.

    `sure` holds for answers only, so hits of `sure` need no check; it is `engine` itself where nothing is to check.
    `doubt` holds for each other hit of `engine`; what can be in doubt stands first there, as mostly nothing is.

    `first` and `alarm` are an upper bound of both that a server answers sooner: the hits of `first` are those of `sure`
    unless `alarm` holds for one of them.
    """

    engine: Node
    check: bool
    sure: Node
    doubt: Node
    first: Node
    alarm: Node


def plan(node: Node) -> Plan:
    """Return the plan of a tree as `tree_of` makes it; its nodes are And, Or, Not, Words, Near, Fact and Column."""
    lowered = lower(node)
    engine, sure = bound(lowered, upper=True), bound(lowered, upper=False)
    doubt = all_of((any_of(rough(lowered)), negated(sure)))
    if engine == sure or not all(map(_of_windows, supersets(lowered))):
        return Plan(engine, engine != sure, sure, doubt, engine, doubt)
    loose = loosened(lowered)
    return Plan(engine, engine != sure, sure, doubt, bound(loose, upper=True), any_of(rough(loose)))


def lower(node: Node) -> Node:
    """Replace each `Where` by what an engine knows."""
    return rebuilt(node, _lowered)


def _lowered(node: Node) -> Node:
    match node:
        case Where(path="ts"):
            return _ts(node)
        case Where(path="id"):
            return Column("id", "equals", node.value if isinstance(node.value, tuple) else (node.value,))
        case Where(lookup=lookup):
            return LOOKUPS[lookup].form(node)
    return node


def rough(node: Node) -> Iterator[Node]:
    """Yield what engines are asked for each `Superset`: no event beyond them is in doubt."""
    return (bound(one.node, upper=True) for one in supersets(node))


def supersets(node: Node) -> Iterator[Superset]:
    """Yield each `Superset` of a tree."""
    return (one for one in conditions(node) if isinstance(one, Superset))


def loosened(node: Node) -> Node:
    """Return the tree with each `Superset`, all of windows, asking only whether its path has any: most have none."""
    return rebuilt(node, _loosened)


def _loosened(node: Node) -> Node:
    if not isinstance(node, Superset):
        return node
    return replace(node, node=any_of(dict.fromkeys(replace(fact, op="any", value="") for fact in facts(node.node))))


def _of_windows(asked: Superset) -> bool:
    return all(fact.sep == "~" for fact in facts(asked.node))


def facts(node: Node) -> Iterator[Fact]:
    """Yield the facts that a tree asks for."""
    match node:
        case Fact():
            yield node
        case And(nodes) | Or(nodes):
            for inner in nodes:
                yield from facts(inner)


def bound(node: Node, upper: bool) -> Node:
    """Return the least tree without `Superset` that holds wherever `node` does; not `upper`, the other way round."""
    match node:
        case Superset(inner):
            return bound(inner, upper) if upper else NONE
        case Not(inner):
            return negated(bound(inner, not upper))
        case And(nodes):
            return all_of(bound(inner, upper) for inner in nodes)
        case Or(nodes):
            return any_of(bound(inner, upper) for inner in nodes)
    return node


def _ts(where: Where) -> Node:
    """Microseconds, half open."""
    value = where.value
    match where.lookup:
        case "in":
            return Column("ts", "equals", tuple(map(micros, value)))
        case "range":
            ends: tuple[int | None, int | None] = micros(value[0]), micros(value[1]) + 1
        case "exact":
            ends = micros(value), micros(value) + 1
        case "gt" | "gte":
            ends = micros(value) + (where.lookup == "gt"), None
        case _:
            ends = None, micros(value) + (where.lookup == "lte")
    return Column("ts", "between", ends)
