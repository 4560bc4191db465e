"""The example shop: its own tests, and the demonstration on the embedded store. `make demo-check` is the same."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., str]:
    """Runs a module of the example, with its own settings and an empty folder for its files."""
    surroundings = {**os.environ, "DJANGO_SETTINGS_MODULE": "example.settings", "SHOP_VAR": str(tmp_path)}
    return lambda *arguments: printed([sys.executable, "-m", *arguments], surroundings)


def printed(command: list[str], surroundings: dict[str, str]) -> str:
    """What the command prints; fails with all of it unless it exits 0."""
    done = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_demonstration_answers_each_question_right(run: Callable[..., str]) -> None:
    said = run("example.demo", "--check")
    assert "every answer is right" in said
    assert "✗" not in said


def test_the_shop_passes_its_own_tests(run: Callable[..., str]) -> None:
    assert "OK" in run("example.manage", "test", "example")


def test_the_shop_has_a_migration_of_each_change(run: Callable[..., str]) -> None:
    assert "No changes detected" in run("example.manage", "makemigrations", "--check", "--dry-run")
