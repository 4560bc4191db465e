"""The text by which an event names its object."""

from __future__ import annotations

from typing import Any

from auditsearch import canonical


def key_text(pk: Any) -> str | None:
    """Return a primary key as text; a composite one as JSON."""
    if isinstance(pk, str) or pk is None:
        return pk
    if type(pk) is int:
        return str(pk)
    form = canonical.normalise(pk)
    return form if isinstance(form, str) else canonical.dumps(form)
