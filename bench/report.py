"""What every benchmark prints: tables for people, one JSON line for programs."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Aligned columns, the first one to the left, the others to the right; floats get three digits that matter."""
    cells = [list(head), *([cell(value) for value in row] for row in rows)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(head))]
    lines = ["  ".join(aligned(text, widths[n], n) for n, text in enumerate(row)).rstrip() for row in cells]
    return "\n".join([lines[0], "-" * (sum(widths) + 2 * len(widths) - 2), *lines[1:]])


def aligned(text: str, width: int, column: int) -> str:
    return text.ljust(width) if column == 0 else text.rjust(width)


def cell(value: object) -> str:
    """A value as people read it: thousands separated, a missing one as a dash."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)


def last_line(figures: Mapping[str, object]) -> str:
    """The figures as one JSON object on one line, floats rounded to what the clock can tell."""
    return json.dumps({key: rounded(value) for key, value in figures.items()})


def rounded(value: object) -> object:
    return round(value, 3) if isinstance(value, float) else value


def verdicts(figures: Mapping[str, object], limits: Mapping[str, tuple[str, float]]) -> str:
    """One line per limit, `name: (">=" or "<=", bound)`, saying whether its figure keeps it."""
    rows = [
        (name, figures[name], f"{sign} {bound:g}", kept(figures[name], sign, bound))
        for name, (sign, bound) in limits.items()
    ]
    return table(["figure", "measured", "wanted", "kept"], rows)


def kept(value: object, sign: str, bound: float) -> bool:
    """Whether `value` is a number on the right side of `bound`; what could not be measured is not kept."""
    if not isinstance(value, (int, float)):
        return False
    return value >= bound if sign == ">=" else value <= bound


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def size(name: str, default: int) -> int:
    """A size of the run that an environment variable may change."""
    return int(os.environ.get(name, default))


def versions(*packages: str) -> str:
    """Python's version and those of `packages`, for the head of a report."""
    return ", ".join([f"Python {platform.python_version()}", *(f"{name} {installed(name)}" for name in packages)])


def installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(from this checkout)"
