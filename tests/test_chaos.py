"""The campaign of `make chaos` in small: it counts what it should, and finds nothing lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench import chaos, chaos_points, chaos_site

ROOT = Path(__file__).parent.parent


@pytest.mark.server
@pytest.mark.sqlite
def test_a_short_campaign_loses_doubles_and_invents_nothing() -> None:
    env = {**os.environ, "RUNS": "sqlite", "EVENTS": "8000", "SEED": "7"}
    command = [sys.executable, "-m", "bench.chaos"]
    done = subprocess.run(command, cwd=ROOT, env=env, check=True, timeout=900, stdout=subprocess.PIPE, text=True)
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["lost"], told["doubled"], told["phantom"]) == (0, 0, 0)
    assert told["events"] >= 4000
    assert told["kills"] > 2
    assert told["faults"] > 2


@pytest.mark.server
@pytest.mark.sqlite
def test_at_each_named_point_a_kill_leaves_none_before_the_commit_and_one_after_it() -> None:
    env = {**os.environ, "SEEDS": "3"}
    command = [sys.executable, "-m", "bench.chaos_points"]
    done = subprocess.run(command, cwd=ROOT, env=env, check=True, timeout=900, capture_output=True, text=True)
    rows = [row for line in done.stderr.splitlines() if line.startswith("[{") for row in json.loads(line)]
    expected = {point: "0" if point == chaos_points.BEFORE_COMMIT else "1" for point in chaos_points.POINTS}
    assert {(row["run"], row["point"]): row["their documents"] for row in rows} == {
        (run, point): documents for run in chaos_points.RUNS for point, documents in expected.items()
    }
    assert {(row["kills"], row["lost"], row["doubled"], row["phantom"]) for row in rows} == {(3, 0, 0, 0)}


def test_what_is_missing_too_much_or_twice_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chaos_site, "truth", lambda: {"a", "b", "c", "d"})
    monkeypatch.setattr(chaos_site, "held", lambda: {"c": "400 mapper_parsing_exception", "d": ""})
    told = chaos.balance(chaos.Counter(["a", "a", "x"]))
    assert told == {"events": 4, "held": 1, "lost": 2, "doubled": 1, "phantom": 1}
