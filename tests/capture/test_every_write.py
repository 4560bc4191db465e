"""Each way to write that Django's ORM has, compared with what the database's own triggers saw."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

pytestmark = pytest.mark.sqlite


@cache
def found() -> dict[str, tuple[int, list[str]]]:
    """Way -> how many rows it wrote, and what of it was untold or untrue."""
    command = [sys.executable, "-W", "error", "-m", "tests.zoo.writes"]
    return dict(json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout))


def test_each_row_that_is_written_is_told_and_nothing_else() -> None:
    assert {way: faults for way, (_, faults) in found().items() if faults} == {}


def test_each_way_has_written_something() -> None:
    assert len(found()) >= 90
    assert [way for way, (rows, _) in found().items() if not rows] == []
