"""Personal values: what an event's canonical text holds in their place, and the side object that holds them.

In the text a value is `{"$personal": COMMITMENT}`, a part of a longer text is U+E005 COMMITMENT U+E006. The side object
stands beside the text, never in it: `{COMMITMENT: {"path": ..., "salt": ..., "value": ...}}`. So the text and its hash
say for ever that there was this one value, and do not tell which.

The text of an event that has such values begins with `{"commitments":N`, a member that nothing in data can bring in.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from auditsearch import canonical

KEY = "$personal"
OPEN, CLOSE = "\ue005", "\ue006"

SHOWN = "•••"
"""What people see where they may not see the value."""

BEGINS = '{"commitments":'
COUNT = "commitments"

SALT = 16
"""Bytes of a salt."""

Side = Mapping[str, Mapping[str, str]]
"""The side object: commitment -> `path` (RFC 6901), `salt` (hex), `value` (canonical JSON text)."""

_PART = re.compile(f"{OPEN}([0-9a-f]{{64}}){CLOSE}")
_HEX = re.compile("[0-9a-f]{64}")


def commit(salt: bytes, path: str, value: str) -> str:
    """Return the commitment to a value at a place: hex SHA-256 over `salt`, `path` and `value`.

    Each is preceded by its length in 8 bytes, big-endian. `path` is the value's JSON pointer (RFC 6901) in the event,
    of a part of a text that of the text; `value` its canonical JSON text. A random salt of 128 bits keeps a value that
    is one of a few from being found by trying, as in RFC 9901 (sections 4.2 and 9.3).
    """
    parts = (salt, path.encode(), value.encode())
    return hashlib.sha256(b"".join([len(part).to_bytes(8, "big") + part for part in parts])).hexdigest()


def holds(text: str) -> bool:
    """Return whether the event of a canonical text has personal values."""
    return text.startswith(BEGINS)


def read(personal: str | None) -> Side:
    """Return the side object that a store or the outbox keeps as text; {} of None."""
    side: Side = canonical.loads(personal) if personal else {}
    return side


def written(side: Side | None) -> str | None:
    """Return the side object as it is kept; None of none or an empty one."""
    return canonical.dumps(side) if side else None


def filled(tree: Any, side: Side, hidden: Any = SHOWN) -> Any:
    """Return an event's tree with its values in their places; `hidden` stands for those that the side object lacks.

    Only for events whose text begins as `holds` says: in any other one such a dict or sign is data.
    """
    if isinstance(tree, dict):
        if (found := commitment(tree)) is not None:
            return canonical.loads(side[found]["value"]) if found in side else hidden
        return {key: filled(value, side, hidden) for key, value in tree.items()}
    if isinstance(tree, list):
        return [filled(value, side, hidden) for value in tree]
    return _PART.sub(_filler(side), tree) if isinstance(tree, str) and OPEN in tree else tree


def commitment(tree: Mapping[str, Any]) -> str | None:
    """Return the commitment that a dict is, None of any other dict."""
    if len(tree) != 1 or KEY not in tree:
        return None
    value = tree[KEY]
    return value if isinstance(value, str) and _HEX.fullmatch(value) else None


def commitments(tree: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (commitment, path) of each value that an event's tree commits to."""
    if isinstance(tree, dict):
        if (found := commitment(tree)) is not None:
            yield found, path
            return
        for key, value in tree.items():
            yield from commitments(value, f"{path}/{pointer(key)}")
    elif isinstance(tree, list):
        for number, value in enumerate(tree):
            yield from commitments(value, f"{path}/{number}")
    elif isinstance(tree, str) and OPEN in tree:
        yield from ((found, path) for found in _PART.findall(tree))


def faults(text: str, side: Side) -> Iterator[str]:
    """Yield what is wrong with the side object of a canonical text: each value must be the one committed to."""
    tree = canonical.loads(text)
    told = dict(commitments(tree)) if holds(text) else {}
    if len(told) != tree.get(COUNT, 0):
        yield "its text has another number of personal values than it says"
    for found, path in told.items():
        if found not in side:
            yield f"the personal value of {path} is gone"
        elif not _proven(found, path, side[found]):
            yield f"the personal value of {path} is not the one that was captured"
    if side.keys() - told.keys():
        yield "it has a personal value that its text does not know"


def pointer(key: str) -> str:
    """Return a key as a part of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def _proven(found: str, path: str, entry: Mapping[str, str]) -> bool:
    try:
        salt = bytes.fromhex(entry["salt"])
        return entry["path"] == path and commit(salt, path, entry["value"]) == found
    except (KeyError, TypeError, ValueError):
        return False


def _filler(side: Side) -> Callable[[re.Match[str]], str]:
    return lambda part: str(canonical.loads(side[part[1]]["value"])) if part[1] in side else SHOWN
