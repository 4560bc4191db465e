"""The example shop: its own tests, and the demonstration on the embedded store. `make demo-check` is the same."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def run(*arguments: str) -> str:
    """What a module of the example prints; fails with all of it unless it exits 0."""
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_demonstration_answers_each_question_right() -> None:
    printed = run("example.demo", "--check")
    assert "every answer is right" in printed
    assert "✗" not in printed


def test_the_shop_passes_its_own_tests() -> None:
    assert "OK" in run("example.manage", "test", "example")


def test_the_shop_has_a_migration_of_each_change() -> None:
    assert "No changes detected" in run("example.manage", "makemigrations", "--check", "--dry-run")
