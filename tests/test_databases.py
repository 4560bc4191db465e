"""The laws of outbox and shipping on each real database: the same tests again, and processes that are killed there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.databases import URL_VARIABLE

ROOT = Path(__file__).parent.parent
LAWS = [f"tests/test_{name}.py" for name in ("outbox", "direct", "ship", "delivery", "fallback", "quarantine")]

pytestmark = [pytest.mark.server, pytest.mark.sqlite]


@pytest.fixture(params=["postgresql", "mariadb"])
def there(request: pytest.FixtureRequest, server_url: Callable[[str], str]) -> dict[str, str]:
    """An environment in which the tests run on a real database."""
    return {**os.environ, URL_VARIABLE: server_url(request.param)}


def scenario(name: str, folder: Path, env: dict[str, str], **variables: str) -> Any:
    """What a scenario of `tests.processes` tells."""
    command = [sys.executable, "-m", "tests.processes", name, str(folder)]
    done = subprocess.run(command, cwd=ROOT, env={**env, **variables}, check=True, timeout=900, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def test_outbox_and_shipping_keep_their_laws(there) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-m", "not sqlite", "-p", "no:cacheprovider", *LAWS]
    done = subprocess.run(command, cwd=ROOT, env=there, check=False, timeout=900, stdout=subprocess.PIPE, text=True)
    passed = re.search(r"(\d+) passed", done.stdout)
    assert done.returncode == 0, done.stdout
    assert passed
    assert int(passed[1]) > 130


def test_a_crash_at_any_point_leaves_one_document_of_what_was_committed(there, tmp_path) -> None:
    told = scenario("crashes", tmp_path, there, SEEDS="3")
    assert [case["killed"] for case in told] == [True] * 4 * 3
    assert [case for case in told if case["stored"] != case["expected"] or case["left"]] == []


def test_shippers_on_the_same_rows_send_each_once(there, tmp_path) -> None:
    assert scenario("race", tmp_path, there) == {"Leased": {"events": 300, "sent": 300, "failed": 0}}


def test_a_transaction_that_commits_after_newer_rows_were_shipped_is_shipped_too(there, tmp_path) -> None:
    told = scenario("late", tmp_path, there)
    assert told == {"before": 1000, "found": 1201, "late": True}


def test_after_a_fork_the_child_ships_with_a_thread_of_its_own(there, tmp_path) -> None:
    assert scenario("fork", tmp_path, there) == {"own": True, "stored": ["child", "parent"]}
