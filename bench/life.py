"""How fast a log is archived, restored and verified on a real OpenSearch; how small an archive is, in how much memory.

    python -m bench.life

Each is done by a process of its own, so that its peak of memory is its own. EVENTS changes the run.
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
from bench.report import last_line, size, table, verdicts, versions
from bench.server import own_prefix, server
from bench.site import peak_rss_mb, start

LIMITS = {
    "archive_s": (">=", 10_000),
    "archive_share": ("<=", 0.15),
    "restore_ratio": (">=", 0.7),
    "verify_s": (">=", 10_000),
    "rss_growth_mb": ("<=", 50),
}
"""`restore_ratio` is the rate of restoring beside that of storing ready-made documents as the shipper does."""


def main() -> None:
    events = size("EVENTS", 50_000)
    with server() as url, tempfile.TemporaryDirectory() as folder, own_prefix(url, "life") as prefix:
        rows = [measured(url, prefix, folder, do, events) for do in ("store", "archive", "restore", "verify")]
        small = measured(url, f"{prefix}s", folder, "store", events // 5, "small")
        less = measured(url, f"{prefix}s", folder, "archive", events // 5, "small")
    print(versions("auditsearch", "zstandard", "opensearch-py"))
    print(table(["what", "events", "events/s", "peak MB", "share"], [row.values() for row in [*rows, small, less]]))
    figures = figures_of(rows, less)
    print("\n" + verdicts(figures, LIMITS) + "\n")
    print(last_line(figures))


def figures_of(rows: list[dict[str, Any]], less: dict[str, Any]) -> dict[str, object]:
    stored, archived, restored, verified = rows
    return {
        "archive_s": archived["per_s"],
        "archive_share": archived["share"],
        "restore_s": restored["per_s"],
        "restore_ratio": restored["per_s"] / stored["per_s"],
        "verify_s": verified["per_s"],
        "rss_growth_mb": archived["peak_mb"] - less["peak_mb"],
    }


def measured(url: str, prefix: str, folder: str, do: str, events: int, name: str = "all") -> dict[str, Any]:
    """What a process of its own says of one thing that it did."""
    os.makedirs(os.path.join(folder, name), exist_ok=True)
    command = [sys.executable, "-m", "bench.life", do, url, prefix, os.path.join(folder, name), str(events)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1]
    return dict(json.loads(told))


def child(do: str, url: str, prefix: str, folder: str, events: str) -> None:
    options = {"HOSTS": [url], "INDEX_PREFIX": prefix, "DELIVERY": "command"}
    start("auditsearch", database=os.path.join(folder, "site.sqlite3"), AUDITSEARCH=options)
    from auditsearch.backends import get_backend

    backend = get_backend()
    backend.setup()
    prepared = list(canonical_texts(int(events))) if do == "store" else []
    began = time.perf_counter()
    share = ACTS[do](backend, Path(folder), f"{prefix}-{PARTITION}", prepared)
    rate = int(events) / (time.perf_counter() - began)
    told = {"what": do, "events": int(events), "per_s": rate, "peak_mb": peak_rss_mb(), "share": share}
    print(json.dumps(told))


def store(backend: Any, folder: Path, partition: str, prepared: list[tuple[str, str]]) -> None:
    """As the shipper does: documents are derived, sent, and each answer is read."""
    from auditsearch.life.restore import Filling

    Filling(backend).fill((text, partition) for _, text in prepared)
    backend.refresh()


def archived(backend: Any, folder: Path, partition: str, prepared: list[Any]) -> float:
    from auditsearch.life.archive import archive

    [made] = archive(backend, folder)
    return sum(part.size for part in made.parts) / sum(part.bytes for part in made.parts)


def restored(backend: Any, folder: Path, partition: str, prepared: list[Any]) -> None:
    """Into a partition that is dropped before."""
    from auditsearch.life.restore import restore

    assert backend.drop_partition(partition, holding=backend.holdings()[partition])
    restore(backend, next(folder.glob("*.manifest.json")))


def verified(backend: Any, folder: Path, partition: str, prepared: list[Any]) -> None:
    from auditsearch.seal.verify import verify

    assert verify(backend).exit_code == 0


ACTS = {"store": store, "archive": archived, "restore": restored, "verify": verified}

if __name__ == "__main__":
    child(*sys.argv[1:]) if len(sys.argv) > 1 else main()
