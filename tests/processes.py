"""Real processes on real files, for the tests of delivery: `python -m tests.processes SCENARIO FOLDER`, JSON out.

Django is set up once; each process of a scenario is a fork of that, so that hundreds of them take seconds. Where
AUDITSEARCH_TEST_DATABASE names a server, its database takes the place of the SQLite file; SEEDS is how often each
crash is tried.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
from django.conf import settings

from tests.databases import URL_VARIABLE, database

SCENARIO, FOLDER = sys.argv[1], Path(sys.argv[2])
SERVER = os.environ.get(URL_VARIABLE)
SEEDS = int(os.environ.get("SEEDS", "4"))
WAYS = ("Leased",) if SERVER else ("Noted", "Leased")
POINTS = ("before commit", "before doorbell", "before settling", "after settling")


def site(**options: Any) -> None:
    """Set up a site on an SQLite file, its tables in `template`, or on the database server."""
    file = {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / "template"}
    settings.configure(
        SECRET_KEY="processes",
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "auditsearch"],
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DATABASES={"default": database(SERVER) if SERVER else file},
        AUDITSEARCH={"BACKEND": "sqlite", "PATH": FOLDER / "store", **options},
    )
    django.setup()
    from django.core.management import call_command
    from django.db import connections
    from django.db.backends.signals import connection_created

    connection_created.connect(hurry)
    call_command("migrate", verbosity=0)
    connections.close_all()


def hurry(connection: Any, **_: Any) -> None:
    """Processes are killed here, no machine is: nothing need be forced to the disk."""
    if not SERVER:
        connection.cursor().execute("PRAGMA synchronous = OFF")


def forked(do: Callable[[], Any]) -> int:
    """Run `do` in a child process, which then ends without cleaning up; returns its pid."""
    pid = os.fork()
    if not pid:
        try:
            do()
            os._exit(0)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
    return pid


def ended(*pids: int) -> list[int]:
    return [os.waitpid(pid, 0)[1] for pid in pids]


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def then_die(do: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *given, **named: (do(*given, **named), die())


def move(folder: Path) -> None:
    """Go on in a folder of its own, with an empty outbox and no store."""
    from django.db import connections

    folder.mkdir(exist_ok=True)
    if not SERVER:
        if not (folder / "site").exists():
            shutil.copy(FOLDER / "template", folder / "site")
        connections["default"].settings_dict["NAME"] = folder / "site"
    choose(PATH=folder / "store")


def choose(**options: Any) -> None:
    """Change settings of auditsearch."""
    from auditsearch.conf import forget

    settings.AUDITSEARCH = {**settings.AUDITSEARCH, **options}
    forget(setting="AUDITSEARCH")


def take_by(name: str) -> None:
    """Let rows be taken by `Noted` or `Leased`, whatever suits the database."""
    from auditsearch import queue, ship

    ship.queue_of = lambda using, keep: getattr(queue, name)(using, keep)


def append(*ids: str) -> None:
    from auditsearch import outbox
    from tests.factories import PARTITION, canonical

    outbox.append("default", [(each, PARTITION, canonical(id=each), None) for each in ids])


def stored() -> list[str]:
    """Ids of what is in the store."""
    from auditsearch.backends import get_backend
    from auditsearch.backends.base import Sort

    hits = get_backend().search(everything(), order=[Sort("ts"), Sort("id")], limit=1000).hits
    return [json.loads(hit.canonical)["id"] for hit in hits]


def victim(folder: Path, name: str, point: str, seed: int) -> None:
    """Capture and ship some transactions, and be killed at `point` of the last one."""
    from django.db import transaction

    chance = random.Random(f"{name} {point} {seed}")
    move(folder)
    take_by(name)
    for number in range(chance.randint(0, 3)):
        with transaction.atomic():
            expect(folder, [f"early-{number}-{n}" for n in range(chance.randint(1, 3))])
    arm(point)
    with transaction.atomic():
        last = [f"last-{n}" for n in range(chance.randint(1, 3))]
        if point == "before commit":
            append(*last)
            die()
        expect(folder, last)


def arm(point: str) -> None:
    """Let this process be killed once it comes to `point`."""
    from auditsearch import delivery, outbox
    from auditsearch.backends.sqlite import SQLiteBackend
    from auditsearch.notes import Notes

    if point == "before doorbell":
        delivery.committed = die
    if point == "before settling":
        SQLiteBackend.index = then_die(SQLiteBackend.index)
    if point == "after settling":
        Notes.add, outbox.settle = then_die(Notes.add), then_die(outbox.settle)


def expect(folder: Path, ids: list[str]) -> None:
    """Capture events, and write down that they must be found."""
    append(*ids)
    with (folder / "expected").open("a") as file:
        file.writelines(f"{each}\n" for each in ids)


def rescuer(folder: Path, name: str) -> None:
    """Ship what the victim left, once its leases have ended, and write down what is stored."""
    from datetime import timedelta

    from django.db.models.functions import Now

    from auditsearch import ship
    from auditsearch.backends import get_backend
    from auditsearch.models import OutboxRow

    move(folder)
    take_by(name)
    OutboxRow.objects.exclude(lease_until=None).update(lease_until=Now() - timedelta(seconds=1))
    ship.drain("default", get_backend())
    (folder / "stored").write_text("\n".join(stored()))
    (folder / "left").write_text(str(OutboxRow.objects.count()))
    OutboxRow.objects.all().delete()


def crashes() -> list[dict[str, Any]]:
    """Each point, each way of taking rows, several seeds."""
    return [
        crash(FOLDER / f"{name} {point} {seed}", name, point, seed)
        for name in WAYS
        for point in POINTS
        for seed in range(SEEDS)
    ]


def crash(folder: Path, name: str, point: str, seed: int) -> dict[str, Any]:
    """One crash, and what was found after it was put right."""
    (signalled,) = ended(forked(lambda: victim(folder, name, point, seed)))
    ended(forked(lambda: rescuer(folder, name)))
    expected = folder / "expected"
    return {
        "case": folder.name,
        "killed": signalled == signal.SIGKILL,
        "expected": sorted(expected.read_text().split()) if expected.exists() else [],
        "stored": sorted((folder / "stored").read_text().split()),
        "left": int((folder / "left").read_text()),
    }


def race() -> dict[str, dict[str, int]]:
    """Four shippers on the same rows, into a file that shows doubles."""
    return {name: raced(name) for name in WAYS}


def raced(name: str) -> dict[str, int]:
    from tests.stores import FileStore

    folder = FOLDER / name
    store = FileStore(folder / "shipped")

    def fill() -> None:
        move(folder)
        append(*(f"{n:03}" for n in range(300)))

    def ship_all() -> None:
        from auditsearch import queue, ship

        move(folder)
        take_by(name)
        while queue.any_left("default"):
            ship.drain("default", store)

    choose(DELIVERY="command", BATCH_SIZE=10)
    ended(forked(fill))
    statuses = ended(*(forked(ship_all) for _ in range(4)))
    lines = Counter(store.lines())
    return {"events": len(lines), "sent": lines.total(), "failed": sum(map(bool, statuses))}


def late() -> dict[str, Any]:
    """A long transaction commits after newer rows were shipped."""
    from django.db import transaction

    from auditsearch import ship
    from auditsearch.backends import get_backend

    begun, go = os.pipe(), os.pipe()

    def long() -> None:
        os.close(go[1])  # so that it ends with its parent
        move(FOLDER)
        with transaction.atomic():
            append("late")
            os.write(begun[1], b".")
            os.read(go[0], 1)

    choose(DELIVERY="command")
    pid = forked(long)
    os.read(begun[0], 1)
    append(*(f"newer-{n}" for n in range(1200)))
    ship.drain("default", get_backend())
    before = len(stored())
    os.write(go[1], b".")
    ended(pid)
    ship.drain("default", get_backend())
    return {"before": before, "found": get_backend().count(everything()), "late": "late" in stored()}


def everything() -> Any:
    from auditsearch.query.tree import And

    return And(())


def requests() -> dict[str, Any]:
    """1,000 requests of four processes that read and then write, without us and with us: how many fail."""
    return {how: sum(requested(how)) for how in ("without", "with")}


def requested(how: str) -> list[int]:
    folder = FOLDER / how
    ended(*(forked(lambda n=n: serve(folder, n, how)) for n in (0,)))
    ended(*(forked(lambda n=n: serve(folder, n, how)) for n in range(1, 5)))
    return [int((folder / f"failed-{n}").read_text()) for n in range(1, 5)]


def serve(folder: Path, process: int, how: str) -> None:
    """250 requests; process 0 makes the rows that they change."""
    from django.contrib.auth.models import Group
    from django.db import OperationalError, transaction

    move(folder)
    if process == 0:
        Group.objects.bulk_create([Group(name=str(n)) for n in range(8)])
        return
    chance, failed = random.Random(process), 0
    for number in range(250):
        time.sleep(chance.uniform(0, 0.012))
        try:
            with transaction.atomic():
                group = Group.objects.get(pk=chance.randint(1, 8))
                time.sleep(0.001)
                Group.objects.filter(pk=group.pk).update(name=f"{process}-{number}")
                append(f"{process}-{number}") if how == "with" else None
        except OperationalError:
            failed += 1
    (folder / f"failed-{process}").write_text(str(failed))


def fork() -> dict[str, Any]:
    """A thread ships for its process; after a fork the child starts its own."""
    from django.db import connections

    choose(DELIVERY="thread")
    append("parent")
    until(lambda: stored() == ["parent"])
    connections.close_all()
    ended(forked(forked_child))
    return {"own": json.loads((FOLDER / "child").read_text()), "stored": sorted(stored())}


def forked_child() -> None:
    from auditsearch import thread

    append("child")
    until(lambda: "child" in stored())
    shipper = thread.SHIPPER.thread
    (FOLDER / "child").write_text(json.dumps(shipper is not None and shipper.pid == os.getpid() and shipper.is_alive()))


def leave() -> None:
    """Capture, ring the thread, and end."""
    from auditsearch import thread

    thread.EXIT_SECONDS = 300
    choose(DELIVERY="thread")
    append("last")


def until(true: Callable[[], bool]) -> None:
    """Wait at most five minutes."""
    end = time.monotonic() + 300
    while not true():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.05)


if __name__ == "__main__":
    site()
    print(
        json.dumps(
            {"crashes": crashes, "race": race, "late": late, "requests": requests, "fork": fork, "leave": leave}[
                SCENARIO
            ]()
        )
    )
