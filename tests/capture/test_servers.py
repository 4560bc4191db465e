"""Capture on each real database: the same tests again."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.databases import URL_VARIABLE

ROOT = Path(__file__).parent.parent.parent
NAMES = ("receivers", "state", "deletes", "bulk", "m2m", "coalesce", "parents", "signals", "rights", "mask", "personal")
LAWS = [f"tests/capture/test_{name}.py" for name in NAMES]

pytestmark = [pytest.mark.server, pytest.mark.sqlite]


@pytest.mark.parametrize("name", ["postgresql", "mariadb"])
def test_capture_keeps_its_laws(name: str, server_url: Callable[[str], str]) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-m", "not sqlite", "-p", "no:cacheprovider", *LAWS]
    env = {**os.environ, URL_VARIABLE: server_url(name)}
    done = subprocess.run(command, cwd=ROOT, env=env, check=False, timeout=240, stdout=subprocess.PIPE, text=True)
    passed = re.search(r"(\d+) passed", done.stdout)
    assert done.returncode == 0, done.stdout
    assert passed
    assert int(passed[1]) > 260
