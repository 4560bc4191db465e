"""The name that was meant by one that there is not, as errors and checks tell it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def remedy(name: str, known: Iterable[str], otherwise: str) -> str:
    """Return the question whether the most alike of `known` was meant, or the sentence `otherwise` if none is alike."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"Did you mean {near[0]!r}?" if near else otherwise
