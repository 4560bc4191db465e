"""The benchmark of logs: its figures bear the agreed names, and its lines are lines that the importer reads."""

from pathlib import Path

from auditsearch.logs import kofa
from bench import logs

RUN = {"lines": 10, "per_s": 20_000.0, "cpu_us": 50.0, "peak_mb": 70.0}


def test_the_figures_bear_the_agreed_names() -> None:
    figures = logs.figures_of([RUN] * 3, RUN, RUN | {"lines": 20, "peak_mb": 75.0}, [(1, 1.0, 1.2, 1.2)])
    assert figures.keys() >= logs.LIMITS.keys()
    assert (figures["kofa_lines_s"], figures["handler_ratio"], figures["memory_growth_mb"]) == (20_000.0, 1.2, 5.0)


def test_its_lines_are_all_different_and_all_read() -> None:
    lines = list(logs.kofa_lines(200))
    assert len(set(lines)) == 200
    assert all(kofa.parse(line.rstrip("\n")) for line in lines)


def test_it_can_be_run_by_make() -> None:
    assert "bench-logs:" in (Path(__file__).parents[1] / "Makefile").read_text()
