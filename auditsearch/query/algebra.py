"""And, Or and Not without what says nothing: nested ones joined, constants dropped."""

from __future__ import annotations

from collections.abc import Iterable

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
