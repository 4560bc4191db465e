"""Verifying by real processes: `python -m tests.verify_processes SCENARIO FOLDER`, JSON out.

A process that other threads run beside is never forked, and those that run tests have some. Where LIFE_URL names a
search server, the store is there, under the prefix LIFE_PREFIX.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command

from tests.life_processes import PREFIX, URL, store
from tests.processes import FOLDER, SCENARIO, append, choose, die, site

EVENTS, FORGED = 2500, 1700


def filled() -> None:
    """Two partitions, the first one of three batches; the outbox knows one event that is not stored."""
    from auditsearch.models import OutboxRow, State
    from tests.factories import NOON, event

    store().setup()
    month = f"{PREFIX}-2026.11"
    store().index([event(partition=month, ts=NOON + n, user="Eve" if n == FORGED else "Anna") for n in range(EVENTS)])
    store().index([event(partition=f"{PREFIX}-edge", ts=0)])
    append("lost")
    OutboxRow.objects.update(state=State.SHIPPED)


def forged(backend: Any) -> None:
    """One event of the second batch no longer is what its text says."""
    if not URL:
        with backend._pool.connection() as connection:
            connection.execute("UPDATE event SET user_name = 'Bob' WHERE user_name = 'Eve'")
        return
    month = f"{PREFIX}-2026.11"
    [hit] = backend.client.ask("POST", f"/{month}/_search", {"query": {"term": {"user_name": "Eve"}}})["hits"]["hits"]
    changed = hit["_source"] | {"user_name": "Bob"}
    backend.client.ask("PUT", f"/{hit['_index']}/_doc/{hit['_id']}", changed, refresh="true")


def verified(jobs: int) -> dict[str, Any]:
    """What is found, and by how many processes beside this one."""
    from auditsearch.seal import verify

    judged = verify.judged

    def noted(*given: Any, **named: Any) -> Any:
        (FOLDER / "pids").open("a").write(f"{os.getpid()}\n")
        return judged(*given, **named)

    verify.judged = noted
    report = verify.verify(store(), jobs=jobs)
    verify.judged = judged
    began = {int(line) for line in (FOLDER / "pids").read_text().split()}
    (FOLDER / "pids").unlink()
    alone = began == {os.getpid()}
    return {"checked": report.checked, "counts": dict(report.counts), "known": report.known, "alone": alone}


def killed() -> str:
    """What is raised where a process dies in its turn."""
    from auditsearch.exceptions import AuditSearchError

    type(store()).scan = die
    try:
        verified(2)
    except AuditSearchError as error:
        return f"{type(error).__name__}: {error}"
    return "nothing"


def outlived() -> str:
    """What the command says where a process dies that waits for its turn, while another one is at work."""
    type(store()).scan = kill_the_others
    try:
        call_command("auditsearch_verify", jobs=2, stderr=StringIO())
    except CommandError as error:
        return f"{error.returncode}: {error}"
    return "nothing"


def kill_the_others(*_: Any) -> None:
    """End the other processes, give them the time to wait, and work on for as long as one can."""
    parent = os.getppid()
    time.sleep(0.5)
    for pid in map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split()):
        if pid != os.getpid():
            os.kill(pid, signal.SIGKILL)
    time.sleep(600)


def compared() -> list[dict[str, Any]]:
    """What one process finds, and what three."""
    return [verified(jobs) for jobs in (1, 3)]


SCENARIOS: dict[str, Callable[[], Any]] = {"compared": compared, "killed": killed, "outlived": outlived}

if __name__ == "__main__":
    site(DELIVERY="command")
    if URL:
        choose(BACKEND="opensearch", HOSTS=[URL], INDEX_PREFIX=PREFIX, CLIENT={})
    filled()
    store().refresh()
    forged(store())
    print(json.dumps(SCENARIOS[SCENARIO]()))
