"""Killed with -9 at any step, archiving, restoring, retention and copying are finished by the next run."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

HELD = {"2020.11": 20, "2020.12": 10, "2026.11": 2}
NOTHING = {"store": HELD, "archived": [0, 0], "target": {}, "left": [], "locks": 0, "dropped": [], "killed": True}
EXPECTED = {
    "archive": {"store": {"2026.11": 2}, "archived": [30, 30], "dropped": ["2020.11", "2020.12"]},
    "restore": {"archived": [30, 30]},
    "retention": {"store": {"2026.11": 2}, "dropped": ["2020.11", "2020.12"]},
    "copy": {"target": HELD},
}


def cases(what, folder, **env):
    """What is where after each case."""
    command = [sys.executable, "-m", "tests.life_processes", what, str(folder)]
    out = subprocess.run(
        command, env=os.environ | env, check=True, stdout=subprocess.PIPE, text=True, timeout=900
    ).stdout
    return json.loads(out.splitlines()[-1])


def wanted(what, found):
    return [NOTHING | EXPECTED[what] | {"case": one["case"]} for one in found]


@pytest.mark.slow
@pytest.mark.parametrize("what", EXPECTED)
def test_killed_at_any_step_it_is_finished_by_the_next_run(what, tmp_path):
    found = cases(what, tmp_path)
    assert found == wanted(what, found)


@pytest.mark.server
@pytest.mark.parametrize("what", EXPECTED)
def test_killed_on_a_server_it_is_finished_by_the_next_run(what, tmp_path, opensearch_backend):
    found = cases(what, tmp_path, LIFE_URL=opensearch_backend.client.hosts[0], LIFE_PREFIX=opensearch_backend.prefix)
    assert found == wanted(what, found)
