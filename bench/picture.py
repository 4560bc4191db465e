"""A line chart as SVG, by hand: a few curves over a few sizes, on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 720, 360
LEFT, RIGHT, TOP, BOTTOM = 60, 190, 30, 40
COLOURS = ("#2563eb", "#dc2626", "#059669", "#d97706", "#7c3aed", "#475569")
MARKS = (1, 2, 5)


def chart(curves: Mapping[str, Sequence[float]], names: Sequence[str], title: str) -> str:
    """The picture: one curve each, `names` beneath, values of at least 0.5."""
    top = max(max(values) for values in curves.values()) * 1.2
    parts = [head(title), *grid(top), *axis(names)]
    ends = spread([place(values[-1], top) for values in curves.values()])
    for number, (name, values) in enumerate(curves.items()):
        parts.append(line(name, values, top, COLOURS[number % len(COLOURS)], ends[number]))
    return "\n".join([*parts, "</svg>\n"])


def head(title: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        f'font-size="12">\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>\n<text x="{LEFT}" y="18">{escape(title)}</text>'
    )


def place(value: float, top: float) -> float:
    """The height of a value."""
    low = math.log(0.5)
    share = (math.log(max(value, 0.5)) - low) / (math.log(max(top, 1.0)) - low)
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def across(number: int, count: int) -> float:
    return LEFT + number * (WIDTH - LEFT - RIGHT) / max(1, count - 1)


def grid(top: float) -> list[str]:
    marks = [mark * 10**power for power in range(-1, 6) for mark in MARKS]
    return [
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e2e8f0"/>'
        f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#475569">{mark:g}</text>'
        for mark in marks
        if 0.5 <= mark <= top
        for y in [place(mark, top)]
    ]


def axis(names: Sequence[str]) -> list[str]:
    return [
        f'<text x="{across(n, len(names)):.1f}" y="{HEIGHT - 16}" text-anchor="middle" fill="#475569">'
        f"{escape(name)}</text>"
        for n, name in enumerate(names)
    ]


def line(name: str, values: Sequence[float], top: float, colour: str, label: float) -> str:
    points = " ".join([f"{across(n, len(values)):.1f},{place(value, top):.1f}" for n, value in enumerate(values)])
    return (
        f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
        f'<text x="{WIDTH - RIGHT + 8}" y="{label + 4:.1f}" fill="{colour}">{escape(name)}</text>'
    )


def spread(heights: list[float], apart: float = 15) -> list[float]:
    """The heights of labels, moved so that none covers another."""
    found = dict.fromkeys(range(len(heights)), 0.0)
    last = -math.inf
    for number in sorted(found, key=lambda n: heights[n]):
        last = max(heights[number], last + apart)
        found[number] = last
    return list(found.values())
