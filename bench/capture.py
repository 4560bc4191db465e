"""What it costs the application to be logged: microseconds and SQL statements, beside three other libraries.

    python -m bench.capture

Each library runs in a process of its own, all with the same application and otherwise the same settings. The rounds
are interleaved; what a library adds in a round is its time minus that of the process without any, and the median over
the rounds counts. Only the request's own path is measured: delivery is set to `command`, so no event leaves the
outbox meanwhile. ROUNDS, N and BENCH_DATABASE (file, or postgresql, which is started) change the run.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from typing import NamedTuple

from bench.report import last_line, median, size, table, verdicts, versions
from bench.rivals import RIVALS
from bench.statements import borders, real
from bench.worker import Worker, workers
from tests.servers.postgres import postgres

LIMITS = {
    "create_ratio": ("<=", 0.5),
    "update_ratio": ("<=", 0.3),
    "load_added_us": ("<=", 1.0),
    "loop100_sql": ("<=", 201),
    "delete100_over": ("<=", 0),
    "create_all_on_ratio": ("<=", 0.5),
    "update_all_on_ratio": ("<=", 0.3),
    "bulk_create100_added_sql": ("<=", 2),
    "qs_update100_added_sql": ("<=", 4),
    "qs_delete100_added_sql": ("<=", 3),
    "m2m_add10_added_sql": ("<=", 4),
    "untracked_added_sql": ("<=", 0),
}


class Case(NamedTuple):
    """One row of the table: what is done, and whether all in one transaction or each in autocommit."""

    title: str
    operation: str
    atomic: bool
    factor: int = 1  # times N objects: what is quick needs more of them
    tries: int = 1  # of which the quickest counts


CASES = [
    Case(f"{title}, {how}", operation, atomic)
    for title, operation in [
        ("create", "create_fetched"),
        ("create, FK by id", "create_by_id"),
        ("update", "update_fetched"),
        ("update, FK not loaded", "update_by_id"),
        ("delete", "delete_fetched"),
    ]
    for how, atomic in [("autocommit", False), ("one transaction", True)]
]
CASES.append(Case("load", "load_plain", False, 20, 3))
CASES.append(Case("load, with a JSON field", "load_mutable", False, 20, 3))

Times = dict[str, dict[str, list[float]]]


def main() -> None:
    with ExitStack() as servers:
        if os.environ.get("BENCH_DATABASE") == "postgresql":
            os.environ["BENCH_DATABASE"] = servers.enter_context(postgres(durable=True))
        measure()


def measure() -> None:
    rounds, n = size("ROUNDS", 25), size("N", 100)
    with tempfile.TemporaryDirectory() as folder, workers(list(RIVALS), folder) as running:
        counts = {name: counted(worker) for name, worker in running.items()}
        times = timed(running, rounds, n)
    print(versions(*(rival.package for rival in RIVALS.values())))
    print(f"\nMicroseconds added to one operation, median of {rounds} interleaved rounds of {n} (plain: in all)\n")
    print(cost_table(times))
    print("\nSQL statements of 100, by SQLite's own trace\n")
    print(sql_table(counts))
    figures = figures_of(times, counts)
    print("\n" + verdicts(figures, LIMITS) + "\n")
    print(last_line(figures))


def timed(running: dict[str, Worker], rounds: int, n: int) -> Times:
    """Microseconds of one operation, by case, library and round; the libraries take turns in going first."""
    times: Times = {case.title: {name: [] for name in running} for case in CASES}
    for number in range(-1, rounds):
        for case in CASES:
            for name in turned(list(running), number):
                microseconds = one(running[name], case, n)
                if number >= 0:  # the first round warms caches
                    times[case.title][name].append(microseconds)
    return times


def turned(names: list[str], by: int) -> list[str]:
    return names[by % len(names) :] + names[: by % len(names)]


def one(worker: Worker, case: Case, n: int) -> float:
    times = n * case.factor
    seconds = min(worker.ask("seconds", case.operation, times, case.atomic) for _ in range(case.tries))
    return float(seconds) * 1e6 / times


def added(times: Times, case: str, name: str) -> float:
    """Microseconds that this library adds: the median over rounds of the difference to the plain process."""
    return median(with_it - without for with_it, without in zip(times[case][name], times[case]["plain"], strict=True))


def cost_table(times: Times) -> str:
    others = [name for name in times[CASES[0].title] if name != "plain"]
    head = ["", "plain", *(RIVALS[name].title for name in others)]
    return table(
        head,
        [[case, median(by["plain"]), *(added(times, case, name) for name in others)] for case, by in times.items()],
    )


def counted(worker: Worker) -> dict[str, dict[str, int]]:
    """Statements by kind, of a loop of 100 creates in autocommit and in one transaction, and of a queryset's delete."""
    return {
        "loop of 100 creates, autocommit": worker.ask("statements", "create_by_id", 100, False),
        "loop of 100 creates, one transaction": worker.ask("statements", "create_by_id", 100, True),
        "delete of 100 by a queryset": worker.ask("statements", "delete_queryset", 100, False),
        "the same with a receiver of post_delete": worker.ask("statements", "delete_heard", 100, False),
        "bulk_create of 100": worker.ask("statements", "bulk_create", 100, False),
        "bulk_update of 100": worker.ask("statements", "bulk_update", 100, False),
        "update of 100 by a queryset": worker.ask("statements", "queryset_update", 100, False),
        "many to many, add of 10": worker.ask("statements", "m2m_add", 10, False),
        "a model that is not followed": worker.ask("statements", "untracked", 10, False),
    }


def sql_table(counts: dict[str, dict[str, dict[str, int]]]) -> str:
    rows = []
    for title in counts["plain"]:
        rows.append([title, *(real(by[title]) for by in counts.values())])
        rows.append(["  + BEGIN, COMMIT, SAVEPOINT, RELEASE", *(borders(by[title]) for by in counts.values())])
    return table(["", *(RIVALS[name].title for name in counts)], rows)


def ratio(times: Times, operation: str, ours: str = "auditsearch") -> float:
    """Ours over auditlog's: the worst of the operation's cases."""
    cases = [case.title for case in CASES if case.operation.startswith(operation)]
    return max(added(times, case, ours) / added(times, case, "auditlog") for case in cases)


def figures_of(times: Times, counts: dict[str, dict[str, dict[str, int]]]) -> dict[str, object]:
    ours, plain = counts["auditsearch"], counts["plain"]
    delete = ours["delete of 100 by a queryset"]
    inserts = sum(number for kind, number in delete.items() if kind.startswith("INSERT"))
    more = {title: real(counts) - real(plain[title]) for title, counts in ours.items()}
    own = real(plain["the same with a receiver of post_delete"])
    return {
        "create_ratio": ratio(times, "create"),
        "update_ratio": ratio(times, "update"),
        "load_added_us": added(times, "load", "auditsearch"),
        "loop100_sql": max(real(counts) for title, counts in ours.items() if title.startswith("loop")),
        "delete100_sql": real(delete),
        "delete100_inserts": inserts,
        "delete100_django_sql": own,
        "delete100_over": real(delete) - own - inserts,
        "create_all_on_ratio": ratio(times, "create", "all_on"),
        "update_all_on_ratio": ratio(times, "update", "all_on"),
        "bulk_create100_added_sql": more["bulk_create of 100"],
        "qs_update100_added_sql": more["update of 100 by a queryset"],
        "qs_delete100_added_sql": more["delete of 100 by a queryset"],
        "m2m_add10_added_sql": more["many to many, add of 10"],
        "untracked_added_sql": more["a model that is not followed"],
    }


if __name__ == "__main__":
    main()
