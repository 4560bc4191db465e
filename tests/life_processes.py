"""Real processes that archive, restore, retain and copy, and are killed: `python -m tests.life_processes DO FOLDER`.

Each step of each is a case: a child does the work and is killed there, right before or right after; another one finds
it as it was left, with the locks of the dead one run out, and runs the same once more. JSON out: what is where then.
Where LIFE_URL names a search server, the store is there, under the prefix LIFE_PREFIX.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.processes import FOLDER, SCENARIO, choose, die, ended, forked, move, site, then_die

URL = os.environ.get("LIFE_URL")
PREFIX = os.environ.get("LIFE_PREFIX", "auditsearch")
YEAR = 365 * 86_400_000_000
OLD, LATER, NEW = f"{PREFIX}-2020.11", f"{PREFIX}-2020.12", f"{PREFIX}-2026.11"

LIFE = "auditsearch.life."
STEPS: dict[str, tuple[str, ...]] = {
    "archive": (
        f"{LIFE}archive gathered",
        f"{LIFE}packing synced",
        f"{LIFE}packing sync_folder",
        f"{LIFE}manifest put",
        f"{LIFE}archive check",
        f"{LIFE}archive check_part",
        f"{LIFE}removal mark",
        "store drop_partition",
        f"{LIFE}archive record",
    ),
    "restore": (f"{LIFE}restore check", f"{LIFE}removal unmark", "store index", f"{LIFE}restore record"),
    "retention": (f"{LIFE}removal mark", f"{LIFE}removal waiting", "store drop_partition", f"{LIFE}retention record"),
    "copy": (f"{LIFE}copy pages", "target index", f"{LIFE}copy Walk.go"),
}
FEW: dict[str, tuple[str, ...]] = {
    "archive": (f"{LIFE}removal mark", "store drop_partition"),
    "restore": ("store index",),
    "retention": (f"{LIFE}removal mark", "store drop_partition"),
    "copy": ("store read",),
}


def fill() -> None:
    """Thirty old events in two partitions, of which an archive or retention takes all, and two new ones."""
    from tests.factories import NOON, event

    for partition, number, start in (
        (OLD, 20, NOON - 6 * YEAR),
        (LATER, 10, NOON - 6 * YEAR + YEAR // 10),
        (NEW, 2, NOON),
    ):
        store().index([event(partition=partition, ts=start + n, object_id=str(n)) for n in range(number)])


def store() -> Any:
    from auditsearch.backends import get_backend

    return get_backend()


def target(folder: Path) -> Any:
    from auditsearch.backends.sqlite import SQLiteBackend

    return SQLiteBackend(folder / "target")


def do(what: str, folder: Path) -> None:
    """What the command of this name does."""
    from auditsearch.event import from_micros
    from auditsearch.life import archive, copy, restore, retention
    from tests.factories import NOON

    now = from_micros(NOON)
    if what == "archive":
        archive.archive(store(), folder / "archives", before=NOON - 3 * YEAR, reset=True)
    if what == "restore":
        restore.restore(store(), next((folder / "archives").glob("*.manifest.json")))
    if what == "retention":
        retention.apply(store(), retention.planned(store(), now), now)
    if what == "copy":
        copy.copy(store(), target(folder))


def begin(what: str, folder: Path) -> None:
    """Make the site of a case; what is to be restored was archived before."""
    move(folder)
    (folder / "archives").mkdir()
    store().setup()
    fill()
    store().refresh()
    if what == "restore":
        do("archive", folder)


def arm(step: str, *, after: bool) -> None:
    """Let this process be killed at a step: `MODULE NAME`, or a method of the store or of the copy's target."""
    where, _, name = step.partition(" ")
    owner: Any = {"store": type(store()), "target": type(target(FOLDER))}.get(where) or import_module(where)
    *classes, name = name.split(".")
    for inner in classes:
        owner = getattr(owner, inner)
    setattr(owner, name, then_die(getattr(owner, name)) if after else die)


def victim(what: str, folder: Path, step: str, *, after: bool) -> None:
    """Do it, and be killed."""
    move(folder)
    arm(step, after=after)
    do(what, folder)


def rescuer(what: str, folder: Path) -> None:
    """Do it again, and write down what is where."""
    from datetime import timedelta

    from django.db.models.functions import Now

    from auditsearch.models import PartitionLock

    move(folder)
    PartitionLock.objects.update(until=Now() - timedelta(seconds=1))
    do(what, folder)
    (folder / "told").write_text(json.dumps(told(folder)))


def told(folder: Path) -> dict[str, Any]:
    """How many events are where, each counted as often as it is there; what is left over; what is locked or dropped."""
    from django.db.models.functions import Now

    from auditsearch.life.manifest import ids, read
    from auditsearch.models import DroppedPartition, PartitionLock

    store().refresh()
    made = [read(path) for path in (folder / "archives").glob("*.manifest.json")]
    archived = [each for one in made for part in one.parts for each in ids(one, part)]
    return {
        "store": short(store().holdings()),
        "archived": [len(archived), len(set(archived))],
        "target": short(target(folder).holdings()),
        "left": [
            path.name for path in folder.rglob("*") if path.suffix in (".part", ".tmp") or "unfinished" in path.name
        ],
        "locks": PartitionLock.objects.filter(until__gte=Now()).count(),
        "dropped": sorted(
            name.removeprefix(f"{PREFIX}-") for name in DroppedPartition.objects.values_list("name", flat=True)
        ),
    }


def short(holdings: dict[str, int]) -> dict[str, int]:
    return {name.removeprefix(f"{PREFIX}-"): number for name, number in holdings.items() if number}


def cases(what: str) -> list[dict[str, Any]]:
    """Each step, before and after it; on a server after it."""
    steps = (FEW if URL else STEPS)[what]
    return [
        case(what, step, number, after=after)
        for number, step in enumerate(steps)
        for after in ((True,) if URL else (False, True))
    ]


def case(what: str, step: str, number: int, *, after: bool) -> dict[str, Any]:
    folder = FOLDER / f"{number}{after}"
    if URL:
        clean()
    children: list[Callable[[], None]] = [
        lambda: begin(what, folder),
        lambda: victim(what, folder, step, after=after),
        lambda: rescuer(what, folder),
    ]
    codes = [ended(forked(child))[0] for child in children]
    there = json.loads((folder / "told").read_text()) if (folder / "told").exists() else {}
    return there | {"case": f"{'after' if after else 'before'} {step}", "killed": codes == [0, signal.SIGKILL, 0]}


def clean() -> None:
    """Each case begins with no index."""
    for partition, events in store().holdings().items():
        store().drop_partition(partition, holding=events)
    store().close()


if __name__ == "__main__":
    site(RETENTION=[{"keep": "3 years"}], DELIVERY="command", BATCH_SIZE=7)
    if URL:
        choose(BACKEND="opensearch", HOSTS=[URL], INDEX_PREFIX=PREFIX, CLIENT={})
    print(json.dumps(cases(SCENARIO)))
