"""How fast a log is archived, restored and verified on a real OpenSearch; how small an archive is, in how much memory.

    python -m bench.life

The events come into the store as those of a live site do, in the order of their time, through the outbox; how fast
they are shipped there is what restoring is compared with. Each thing is done by a process of its own, so that its peak
of memory is its own; verifying starts as many more as there are cores. Nothing begins while the server merges what was
stored before. Archiving and verifying are done three times, and the median counts: the first time is slower, as the
server has answered little until then. EVENTS changes the run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.corpus import PARTITION, canonical_texts
from bench.filling import settled
from bench.report import last_line, median, size, table, verdicts, versions
from bench.server import client, own_prefix, server
from bench.ship import drained, fill
from bench.site import peak_rss_mb

LIMITS = {
    "archive_s": (">=", 10_000),
    "archive_share": ("<=", 0.15),
    "restore_ratio": (">=", 0.7),
    "verify_s": (">=", 10_000),
    "rss_growth_mb": ("<=", 50),
}
"""`restore_ratio` is the rate of restoring beside that of shipping the same events."""

DONE = ("ship", "archive", "archive", "archive", "restore", "verify", "verify", "verify")
"""In this order; of what is done three times the median counts."""


def main() -> None:
    events = size("EVENTS", 100_000)
    with (
        server() as url,
        tempfile.TemporaryDirectory() as folder,
        own_prefix(url, "life") as prefix,
        own_prefix(url, "lifefew") as other,
    ):
        rows = [measured(url, prefix, folder, do, events) for do in DONE]
        few = events // 5
        small = [measured(url, other, folder, do, few, "small") for do in ("ship", "archive", "verify")]
    print(versions("auditsearch", "zstandard", "opensearch-py"))
    print(table(["what", "events", "events/s", "peak MB", "share"], [row.values() for row in [*rows, *small]]))
    figures = figures_of(rows, small)
    print("\n" + verdicts(figures, LIMITS) + "\n")
    print(last_line(figures))


def figures_of(rows: list[dict[str, Any]], small: list[dict[str, Any]]) -> dict[str, object]:
    rate = {do: median(row["per_s"] for row in rows if row["what"] == do) for do in DONE}
    peak = {do: max(row["peak_mb"] for row in rows if row["what"] == do) for do in DONE}
    return {
        "archive_s": rate["archive"],
        "archive_share": rows[1]["share"],
        "ship_s": rate["ship"],
        "restore_s": rate["restore"],
        "restore_ratio": rate["restore"] / rate["ship"],
        "verify_s": rate["verify"],
        "rss_growth_mb": max(peak[row["what"]] - row["peak_mb"] for row in small[1:]),
    }


def measured(url: str, prefix: str, folder: str, do: str, events: int, name: str = "all") -> dict[str, Any]:
    """What a process of its own says of one thing that it did."""
    os.makedirs(os.path.join(folder, name), exist_ok=True)
    command = [sys.executable, "-m", "bench.life", do, url, prefix, os.path.join(folder, name), str(events)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1]
    return dict(json.loads(told))


def child(do: str, url: str, prefix: str, folder: str, events: str) -> None:
    began_site(url, prefix, folder)
    from auditsearch.backends import get_backend

    backend = get_backend()
    backend.setup()
    if do == "ship":
        texts = sorted(canonical_texts(int(events)))  # ids begin with the time
        fill(f"{prefix}-{PARTITION}", texts)
    settled(client(url), f"{prefix}-*")
    began = time.perf_counter()
    share = ACTS[do](backend, Path(folder), f"{prefix}-{PARTITION}")
    rate = int(events) / (time.perf_counter() - began)
    told = {"what": do, "events": int(events), "per_s": rate, "peak_mb": peak_rss_mb(), "share": share}
    print(json.dumps(told))


def began_site(url: str, prefix: str, folder: str) -> None:
    """Start Django by settings that processes started from here find, too."""
    options = {"HOSTS": [url], "INDEX_PREFIX": prefix, "DELIVERY": "command"}
    told = {"LIFE_DATABASE": os.path.join(folder, "site.sqlite3"), "LIFE_OPTIONS": json.dumps(options)}
    os.environ |= told | {"DJANGO_SETTINGS_MODULE": "bench.life_site"}
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def shipped(backend: Any, folder: Path, partition: str) -> None:
    """Out of the outbox, as `auditsearch_ship` does."""
    drained(backend, 0)
    backend.refresh()


def archived(backend: Any, folder: Path, partition: str) -> float:
    from auditsearch.life.archive import archive

    [made] = archive(backend, Path(tempfile.mkdtemp(dir=folder)))
    return sum(part.size for part in made.parts) / sum(part.bytes for part in made.parts)


def restored(backend: Any, folder: Path, partition: str) -> None:
    """Into a partition that is dropped before."""
    from auditsearch.life.restore import restore

    assert backend.drop_partition(partition, holding=backend.holdings()[partition])
    restore(backend, next(folder.glob("*/*.manifest.json")))


def verified(backend: Any, folder: Path, partition: str) -> None:
    from auditsearch.seal.verify import verify

    assert verify(backend, jobs=os.cpu_count() or 1).exit_code == 0


ACTS = {"ship": shipped, "archive": archived, "restore": restored, "verify": verified}

if __name__ == "__main__":
    child(*sys.argv[1:]) if len(sys.argv) > 1 else main()
