"""And, Or and Not: made without what says nothing, nested ones joined and constants dropped; and walked through."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from auditsearch.query.tree import ALL, NONE, And, Node, Not, Or


def negated(node: Node) -> Node:
    """Return the complement."""
    if node in (ALL, NONE):
        return NONE if node == ALL else ALL
    return node.node if isinstance(node, Not) else Not(node)


def all_of(nodes: Iterable[Node]) -> Node:
    """Return what holds where all of `nodes` do."""
    parts = [part for node in nodes for part in (node.nodes if isinstance(node, And) else (node,))]
    if NONE in parts:
        return NONE
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def any_of(nodes: Iterable[Node]) -> Node:
    """Return what holds where at least one of `nodes` does."""
    parts = [part for node in nodes for part in (node.nodes if isinstance(node, Or) else (node,))]
    if ALL in parts:
        return ALL
    return parts[0] if len(parts) == 1 else Or(tuple(parts))


def conditions(node: Node) -> Iterator[Node]:
    """Yield what And, Or and Not join, in order."""
    match node:
        case And(nodes) | Or(nodes):
            for inner in nodes:
                yield from conditions(inner)
        case Not(inner):
            yield from conditions(inner)
        case _:
            yield node


def rebuilt(node: Node, change: Callable[[Node], Node]) -> Node:
    """Return the tree with `change` done to each of its conditions; And, Or and Not stay as they are."""
    match node:
        case Not(inner):
            return Not(rebuilt(inner, change))
        case And(nodes):
            return And(tuple(rebuilt(inner, change) for inner in nodes))
        case Or(nodes):
            return Or(tuple(rebuilt(inner, change) for inner in nodes))
    return change(node)
