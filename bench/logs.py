"""What log lines cost: Kofa's files into the outbox, and records of Python's logging beside a file and an INSERT.

    python -m bench.logs

The import is the whole command: it reads each file twice (a survey first, so that nothing is written where something
is wrong), in a process of its own, into a SQLite file. Its memory is that of the process, over few lines and over
many. The handler is timed until its last record is in the outbox, against `FileHandler` with python-json-logger and
one bare INSERT for each record, in turns; `synchronous=OFF` keeps the disk out of both. What counts is the worse of
wall clock and processor time. LINES (of a round), ROUNDS, RECORDS, SMALL and LARGE (lines of the memory runs) change
the run.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from bench.report import last_line, median, size, table, verdicts, versions
from bench.site import peak_rss_mb, start

LIMITS = {"kofa_lines_s": (">=", 10_000), "handler_ratio": ("<=", 1.5), "memory_growth_mb": ("<=", 30)}
KOFA = Path(__file__).parents[1] / "example" / "kofa"

Round = tuple[int, float, float, float]
"""Its number, seconds of the bare way, of the handler, the worse of their ratios in wall clock and processor time."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        rounds = [own(folder, "kofa", size("LINES", 20_000)) for _ in range(size("ROUNDS", 5))]
        small, large = (own(folder, "kofa", size(name, n)) for name, n in (("SMALL", 50_000), ("LARGE", 1_000_000)))
        records = own(folder, "handler", size("RECORDS", 5000))["rounds"]
    print(versions("auditsearch", "python-json-logger", "Django"))
    print("\nImport of Kofa's lines\n")
    print(
        table(
            ["lines", "lines/s", "processor, us a line", "peak MB"], [run.values() for run in (*rounds, small, large)]
        )
    )
    print("\nRecords of Python's logging\n")
    print(table(["round", "file + INSERT, s", "AuditHandler, s", "ratio"], records))
    figures = figures_of(rounds, small, large, records)
    print("\n" + verdicts(figures, LIMITS) + "\n")
    print(last_line(figures))


def figures_of(
    rounds: list[dict[str, Any]], small: dict[str, Any], large: dict[str, Any], records: list[Round]
) -> dict[str, object]:
    return {
        "kofa_lines_s": median(run["per_s"] for run in rounds),
        "kofa_line_cpu_us": median(run["cpu_us"] for run in rounds),
        "handler_ratio": median(ratio for *_, ratio in records),
        "memory_mb": large["peak_mb"],
        "memory_growth_mb": large["peak_mb"] - small["peak_mb"],
        "memory_lines": large["lines"],
    }


def kofa_lines(number: int) -> Iterator[str]:
    """The manual's lines again and again, each a second later than the one before, with another number in it."""
    samples = [line for path in sorted(KOFA.glob("*.log")) for line in path.read_text().splitlines()]
    moment = datetime(2015, 1, 1)
    for n in range(number):
        moment += timedelta(seconds=1)
        yield f"{moment:%Y-%m-%d %H:%M:%S},{n % 1000:03d}{samples[n % len(samples)][23:]}\n"


def own(folder: str, do: str, number: int) -> dict[str, Any]:
    """What this module measures in a process of its own."""
    command = [sys.executable, "-m", "bench.logs", do, folder, str(number)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def child(do: str, folder: str, number: str) -> None:
    database = os.path.join(folder, f"{do}.sqlite3")
    start("auditsearch", database=database, AUDITSEARCH={"BACKEND": "memory", "DELIVERY": "command"})
    from django.db import connection
    from django.db.backends.signals import connection_created

    connection.settings_dict["OPTIONS"]["transaction_mode"] = "IMMEDIATE"  # as a site with a server would have it
    connection_created.connect(quick)
    connection.close()
    print(json.dumps(kofa(folder, int(number)) if do == "kofa" else {"rounds": handler(folder, int(number))}))
    for path in Path(folder).glob(f"{do}.*"):
        path.unlink()


def quick(connection: Any, **_: Any) -> None:
    """Keep the disk out of what is measured."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=OFF")


def kofa(folder: str, number: int) -> dict[str, Any]:
    """The command over a file of `number` lines."""
    from django.core.management import call_command

    path = Path(folder) / "students.txt"
    with open(path, "w") as stream:
        stream.writelines(kofa_lines(number))
    began, cpu = time.perf_counter(), time.process_time()
    call_command("auditsearch_import", str(path), format="kofa", timezone="Africa/Lagos", stdout=StringIO())
    elapsed, cpu = time.perf_counter() - began, time.process_time() - cpu
    path.unlink()
    assert waiting() == number, "each line is a row"
    return {"lines": number, "per_s": number / elapsed, "cpu_us": cpu / number * 1e6, "peak_mb": peak_rss_mb()}


def handler(folder: str, number: int) -> list[Round]:
    """Both ways of taking `number` records, in turns."""
    ways = {"bare": bare(folder), "handler": ours}
    rounds: list[Round] = []
    for n in range(size("ROUNDS", 5) + 1):
        names = list(ways) if n % 2 else list(reversed(ways))
        taken = {name: measured(ways[name], number) for name in names}
        (wall, cpu), (our_wall, our_cpu) = taken["bare"], taken["handler"]
        rounds.append((n, wall, our_wall, max(our_wall / wall, our_cpu / cpu)))
    return rounds[1:]  # the first one warms up


def measured(way: Callable[[int], None], number: int) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    way(number)
    return time.perf_counter() - wall, time.process_time() - cpu


def bare(folder: str) -> Callable[[int], None]:
    """A FileHandler with python-json-logger, and one bare INSERT of the line for each record."""
    from django.db import connection
    from pythonjsonlogger.json import JsonFormatter

    logger, file = logging.Logger("bench"), logging.FileHandler(os.path.join(folder, "bench.jsonl"))
    file.setFormatter(JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logger.addHandler(file)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_line (id INTEGER PRIMARY KEY, line TEXT)")

    def take(number: int) -> None:
        for n in range(number):
            logger.info("Clearance of %s requested", n, extra={"student": f"B{n}", "session": 2015})
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO bench_line (line) VALUES (%s)", [f"Clearance of {n} requested"])

    return take


def ours(number: int) -> None:
    """The AuditHandler, until all is in the outbox."""
    from auditsearch.logs import AuditHandler

    logger, before = logging.Logger("auditsearch.students"), waiting()
    logger.addHandler(audit := AuditHandler(queue=number))
    for n in range(number):
        logger.info("Clearance of %s requested", n, extra={"student": f"B{n}", "session": 2015})
    audit.flush()
    assert waiting() - before == number, "each record is a row"


def waiting() -> int:
    from auditsearch.models import OutboxRow

    return OutboxRow.objects.count()


if __name__ == "__main__":
    child(*sys.argv[1:]) if len(sys.argv) > 1 else main()
