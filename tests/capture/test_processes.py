"""What only shows between processes: one that is killed, and another one that writes at the same time."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.sqlite, pytest.mark.slow]

SITE = """
import os, sqlite3, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
import django
django.setup()
from django.core.management import call_command
from django.db import connection, transaction
call_command("migrate", run_syncdb=True, verbosity=0)
connection.cursor().execute("PRAGMA journal_mode = WAL")
from auditsearch import outbox
from auditsearch.capture import state
from tests.shop.models import Customer, Restaurant
"""
KILLED = """
outbox.append = lambda *_, **_given: os._exit(9)
Customer.objects.create(name="a")
"""
RIVAL = """
Restaurant.objects.create(pk=1, id=1, name="a")
Customer.objects.create(pk=1, name="a")
read_row = state.read_row
def read_and_lose_a_moment(*arguments):
    row = read_row(*arguments)
    rival = sqlite3.connect(sys.argv[1], timeout=0)
    try:
        rival.execute("INSERT INTO shop_code VALUES (hex(randomblob(8)), 1)")
        rival.commit()
    except sqlite3.OperationalError:
        pass  # it is not its turn
    finally:
        rival.close()
    return row
state.read_row = read_and_lose_a_moment
"""
SAVES = {
    "in autocommit": 'Customer(pk=1, name="b").save()',
    "in a transaction": 'transaction.atomic()(Customer(pk=1, name="b").save)()',
    "of a multi-table child": 'Restaurant(pk=1, id=1, name="b").save()',
}


def run(path: Path, *parts: str) -> int:
    """Run a site on a database file in a process of its own; return how it ended."""
    return subprocess.run([sys.executable, "-c", "\n".join([SITE, *parts]), str(path)], check=False).returncode


def test_a_process_killed_between_a_change_and_its_row_leaves_neither(tmp_path: Path) -> None:
    path = tmp_path / "shop.sqlite3"
    assert run(path, KILLED) == 9
    file = sqlite3.connect(path)
    assert file.execute("SELECT count(*) FROM shop_customer").fetchone() == (0,)
    file.close()


@pytest.mark.parametrize("save", SAVES.values(), ids=SAVES.keys())
def test_reading_the_old_row_never_makes_a_write_fail(tmp_path: Path, save: str) -> None:
    assert run(tmp_path / "shop.sqlite3", RIVAL, save) == 0
