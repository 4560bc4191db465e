"""However many processes verify, they find the same, and one that is killed is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

FOUND = {"checked": 2501, "known": 1, "counts": {"MODIFIED": 1, "MISSING": 1}}


def told(scenario, folder, **env):
    """What is found by one process, and by three beside it."""
    command = [sys.executable, "-m", "tests.verify_processes", scenario, str(folder)]
    done = subprocess.run(command, env=os.environ | env, check=True, stdout=subprocess.PIPE, text=True, timeout=900)
    return json.loads(done.stdout.splitlines()[-1])


def test_several_processes_find_what_one_finds(tmp_path):
    alone, together = told("compared", tmp_path)
    assert alone == FOUND | {"alone": True}
    assert together == FOUND | {"alone": sys.platform != "linux"}


@pytest.mark.server
def test_several_processes_read_one_scan_of_a_server(tmp_path, engine_backend):
    server = {"LIFE_URL": engine_backend.client.hosts[0], "LIFE_PREFIX": engine_backend.prefix}
    alone, together = told("compared", tmp_path, **server)
    assert alone == FOUND | {"alone": True}
    assert together == FOUND | {"alone": sys.platform != "linux"}


@pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked elsewhere")
def test_a_process_that_is_killed_in_its_turn_is_told(tmp_path):
    assert told("killed", tmp_path).startswith("PartialAnswer: One of the processes was killed")


@pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked elsewhere")
def test_a_process_that_is_killed_while_it_waits_for_its_turn_is_told(tmp_path):
    assert told("outlived", tmp_path).startswith("2: Not all could be checked: One of the processes was killed")
