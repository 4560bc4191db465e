"""EXCLUDE_ACTIONS: views and tasks during which nothing is logged."""

from __future__ import annotations

from auditsearch.capture.views import names_of
from auditsearch.conf import settings
from auditsearch.context import get_request, running

KNOWN = "_auditsearch_excluded"
"""Attribute of a request whose view is known: (entries of the setting, whether one of them means it)."""


def excluded() -> bool:
    """Return whether nothing is to be logged now."""
    entries = settings.EXCLUDE_ACTIONS
    if not entries:
        return False
    if (request := get_request()) is None:
        found = running()
        return found is not None and any(value in entries for value in found.context.values())
    known = vars(request).get(KNOWN)
    if known is None or known[0] is not entries:
        known = (entries, not names_of(request).isdisjoint(entries))
        if getattr(request, "resolver_match", None) is not None:
            vars(request)[KNOWN] = known
    return bool(known[1])
