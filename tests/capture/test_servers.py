"""Capture on each real database: the same tests again."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.databases import OLD_DRIVER_VARIABLE, URL_VARIABLE

ROOT = Path(__file__).parent.parent.parent
NAMES = (
    "receivers",
    "state",
    "deletes",
    "bulk",
    "m2m",
    "coalesce",
    "parents",
    "signals",
    "rights",
    "mask",
    "personal",
    "endings",
)
LAWS = ["tests/test_direct.py", *(f"tests/capture/test_{name}.py" for name in NAMES)]

pytestmark = [pytest.mark.server, pytest.mark.sqlite]


def passed(tests: list[str], variables: dict[str, str]) -> int:
    """Run tests of the site on a server; returns how many there are, all of which have passed."""
    command = [sys.executable, "-m", "pytest", "-q", "-m", "not sqlite", "-p", "no:cacheprovider", *tests]
    env = os.environ | variables
    done = subprocess.run(command, cwd=ROOT, env=env, check=False, timeout=900, stdout=subprocess.PIPE, text=True)
    found = re.search(r"(\d+) passed", done.stdout)
    assert done.returncode == 0, done.stdout
    assert found, done.stdout
    return int(found[1])


@pytest.mark.parametrize("name", ["postgresql", "mariadb"])
def test_capture_keeps_its_laws(name: str, server_url: Callable[[str], str]) -> None:
    assert passed(LAWS, {URL_VARIABLE: server_url(name)}) > 260


def test_it_keeps_them_with_psycopg_2(server_url: Callable[[str], str]) -> None:
    some = ["tests/test_direct.py", *(f"tests/capture/test_{name}.py" for name in ("bulk", "m2m", "endings"))]
    assert passed(some, {URL_VARIABLE: server_url("postgresql"), OLD_DRIVER_VARIABLE: "1"}) > 60
