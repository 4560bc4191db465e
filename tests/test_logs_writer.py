"""The handler's thread, in real processes: nothing said is lost at exit, after a rollback, in a child, or by a lock."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import django
import pytest

ROOT = Path(__file__).parent.parent
HEAD = """
import django, logging, os, sqlite3, sys, threading, time
from bench.site import start
start("auditsearch", database=sys.argv[1], AUDITSEARCH={"BACKEND": "memory", "DELIVERY": "command"})
from django.db import connection, transaction
if django.VERSION >= (5, 1):  # a thread writes; before, the caller does between its transactions
    connection.settings_dict["OPTIONS"] |= {"transaction_mode": "IMMEDIATE", "timeout": 120}
    connection.close()
from auditsearch.logs import AuditHandler, writer
logging.getLogger().addHandler(AuditHandler(queue=5000))
logging.getLogger().setLevel(logging.DEBUG)
log = logging.getLogger("auditsearch.students")
def many(name, n=250):
    for number in range(n):
        log.info("%s %d", name, number)
"""


LOCKED = pytest.param(
    "other = sqlite3.connect(sys.argv[1]); other.execute('BEGIN IMMEDIATE')\n"
    "began = time.monotonic(); many('a'); assert time.monotonic() - began < 60, 'the caller waited'\n"
    "other.rollback(); many('b')",
    500,
    id="while the database is locked",
)
FORKED = pytest.param(
    "from auditsearch import outbox\n"
    "append, inside = outbox.append, threading.Event()\n"
    "outbox.append = lambda *rows: (append(*rows), inside.set(), time.sleep(0.5))\n"
    "many('a'); inside.wait()\n"
    "if pid := os.fork():\n    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
    "outbox.append, began = append, time.monotonic()\n"
    "many('b'); writer._at_exit(); os._exit(time.monotonic() - began > 60)",
    500,
    id="in a child that was forked in the middle of a write",
)


def said(path: Path, code: str) -> int:
    """How many events are in the outbox after a process that ran `code`."""
    database = str(path / "site.sqlite3")
    subprocess.run(
        [sys.executable, "-c", HEAD + code, database], check=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    connection = sqlite3.connect(database)
    try:
        texts = connection.execute("SELECT canonical FROM auditsearch_outbox").fetchall()
    finally:
        connection.close()
    return len({text for (text,) in texts if '"log_name":"students"' in text})


@pytest.mark.parametrize(
    ("code", "number"),
    [
        pytest.param("many('a')", 250, id="at exit"),
        pytest.param(
            "ts = [threading.Thread(target=many, args=[n]) for n in 'abcd']\n"
            "[t.start() for t in ts]; [t.join() for t in ts]",
            1000,
            id="of threads",
        ),
        pytest.param(
            "with transaction.atomic():\n    many('a'); transaction.set_rollback(True)", 250, id="before a rollback"
        ),
        pytest.param(
            "many('a')\nif os.fork() == 0:\n    many('b'); writer._at_exit(); os._exit(0)\nos.wait()",
            500,
            id="in a child",
        ),
        *([LOCKED, FORKED] if django.VERSION >= (5, 1) else []),
    ],
)
def test_what_was_said_is_written(tmp_path: Path, code: str, number: int) -> None:
    assert said(tmp_path, code) == number
