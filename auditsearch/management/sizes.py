"""Numbers of bytes as people say them."""

from __future__ import annotations

UNITS = ("B", "kB", "MB", "GB", "TB")
"""Each a thousand of the one before."""


def said(size: float) -> str:
    """Return a number of bytes with three digits or so: `980 B`, `1.2 kB`, `53 MB`."""
    for unit in UNITS:
        if size < 1000 or unit == UNITS[-1]:
            break
        size /= 1000
    return f"{size:.1f} {unit}" if size < 10 and unit != "B" else f"{size:,.0f} {unit}"
