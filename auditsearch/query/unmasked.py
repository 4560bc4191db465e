"""The same question, asked of personal values too: each condition of everybody's leaves and words, or of those."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from auditsearch.askable import PREFIX
from auditsearch.query.algebra import conditions, rebuilt
from auditsearch.query.tree import And, Near, Node, Or, Where, Words


def unmasked(node: Node) -> Node:
    """Return the tree that asks for personal values as for all others."""
    return rebuilt(node, _unmasked)


def _unmasked(node: Node) -> Node:
    match node:
        case Where(path=path) if path in ("id", "ts") or path.startswith("@"):
            return node
        case Where(lookup="isnull", value=True):
            return And((node, replace(node, path=PREFIX + node.path)))
        case Where():
            return Or((node, replace(node, path=PREFIX + node.path)))
        case Words(words, False) if len(words) > 1:
            return And(tuple(_either(replace(node, words=(word,))) for word in words))
        case Words() | Near():
            return _either(node)
    return node


def paths(node: Node) -> Iterator[tuple[str, bool]]:
    """Yield each stored path that a tree asks, and whether only for there being a value."""
    return ((one.path, one.lookup == "isnull") for one in conditions(node) if isinstance(one, Where))


def _either(node: Words | Near) -> Node:
    return Or((node, replace(node, personal=True)))
