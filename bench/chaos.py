"""Kill applications, shippers and search servers again and again, and count what is lost, doubled or invented.

    python -m bench.chaos

Four runs, each a process of its own: two databases with a server of our own that follows a seeded plan of faults, a
real OpenSearch that is killed and started again in the middle, and a cluster of three Elasticsearch nodes of which one
is killed under load. SEED repeats a run, EVENTS is how many the two databases capture in all, RUNS names some of
`postgresql,sqlite,opensearch,elasticsearch`.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench import chaos_site as site
from bench.report import last_line, size, table, verdicts

RUNS = ("postgresql", "sqlite", "opensearch", "elasticsearch")
LIMITS = {
    "events": (">=", 100_000),
    "kills": (">=", 200),
    "lost": ("<=", 0),
    "doubled": ("<=", 0),
    "phantom": ("<=", 0),
}
A_KILL = 450
"""Events for each process that is killed, at most."""

SHIP_SECONDS = 4.0
OUTAGE_SECONDS = 12.0


def main() -> None:
    seed = size("SEED", random.SystemRandom().randrange(10**6))
    print(f"SEED={seed}\n", flush=True)
    rows = [one(run, seed) for run in os.environ.get("RUNS", ",".join(RUNS)).split(",")]
    head = ["run", "events", "kills", "faults", "held", "lost", "doubled", "phantom", "seconds"]
    print(table(head, [[row[name] for name in head] for row in rows]))
    figures: dict[str, object] = {name: sum(row[name] for row in rows) for name in head[1:]}
    print("\n" + verdicts(figures, LIMITS) + "\n")
    print(last_line({"seed": seed, **figures}))
    if any(figures[name] for name in ("lost", "doubled", "phantom")):
        sys.exit(1)


def one(run: str, seed: int) -> dict[str, Any]:
    """A run in a process of its own."""
    return dict(own("bench.chaos", run, str(seed)))


def own(module: str, *arguments: str) -> Any:
    """What a process of this module prints last, as JSON."""
    out = subprocess.run([sys.executable, "-m", module, *arguments], check=True, stdout=subprocess.PIPE, text=True)
    last = out.stdout.splitlines()[-1]
    print(last, file=sys.stderr, flush=True)
    return json.loads(last)


def child(run: str, seed: str) -> None:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        do = outage if run in ("opensearch", "elasticsearch") else crashes
        told = do(run, int(seed), Path(folder), stack)
    print(json.dumps({"run": run, **told, "seconds": round(time.monotonic() - began)}))


def crashes(run: str, seed: int, folder: Path, stack: ExitStack) -> dict[str, Any]:
    """Applications and shippers on one database, killed at named points and at any moment, and a server of faults."""
    server = Faulty(seed)
    stack.callback(server.end)
    url = ""
    if run == "postgresql":
        from tests.servers.postgres import postgres

        url = stack.enter_context(postgres())
    client = {"timeout": 60}
    site.start(site.database(run, folder, url), HOSTS=[server.url], CLIENT=client, INDEX_PREFIX="auditsearch")
    field = Field(run, seed, size("EVENTS", 100_000) // 2)
    field.fight()
    server.ask("_calm")
    site.forked(site.sweep)
    os.wait()
    told = server.ask("_report")
    counts = Counter(told["stored"])
    return balance(counts) | {"kills": field.kills, "faults": sum(told["faults"].values()) + field.paused}


class Faulty:
    """The server of our own, in a process of its own; a `calm` one makes no faults."""

    def __init__(self, seed: int, *, calm: bool = False) -> None:
        command = [sys.executable, "-m", "bench.chaos_server", str(seed), *(["calm"] if calm else [])]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.url = self.process.stdout.readline().strip()

    def ask(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.url}/{path}", timeout=60) as answer:
            return json.load(answer)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


class Field:
    """The processes of one run: who lives, when each is to be killed, how many were."""

    def __init__(self, run: str, seed: int, events: int) -> None:
        self.run, self.seed, self.wanted = run, seed, events
        self.chance = random.Random(f"{run} {seed}")
        self.kills = self.paused = self.lives = self.known = 0
        self.living: dict[int, tuple[str, float]] = {}
        self.frozen: dict[int, float] = {}
        self.partitions = ["auditsearch-2026.11", "auditsearch-2026.12", "auditsearch-edge"]

    def fight(self) -> None:
        """Two applications and two shippers at a time, until enough was committed."""
        while self.unfinished():
            for role in ("capture", "ship"):
                for _ in range(2 - sum(each == role for each, _ in self.living.values())):
                    self.born(role)
            self.reap()
            self.doom()
            time.sleep(0.01)
        for pid in self.living:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            self.kills += 1

    def unfinished(self) -> bool:
        """Whether more must be captured, or more be killed."""
        if self.lives % 4 == 0 and self.known < self.wanted:
            self.known = committed()
        return self.known < self.wanted or self.kills * A_KILL < self.wanted

    def born(self, role: str) -> None:
        self.lives += 1
        point = self.chance.choice(site.CAPTURING if role == "capture" else site.SHIPPING)
        name = f"{self.run} {self.seed} {self.lives}"
        arguments = (self.partitions,) if role == "capture" else (SHIP_SECONDS,)
        pid = site.forked(getattr(site, role), name, point, *arguments)
        longest = self.chance.uniform(0.3, 2.0) if point == "any moment" else 30
        self.living[pid] = (role, time.monotonic() + longest)

    def reap(self) -> None:
        """Count who was killed; whoever ended in order is not counted."""
        for pid in list(self.living):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                self.kills += os.WIFSIGNALED(status)
                del self.living[pid]
                self.frozen.pop(pid, None)

    def doom(self) -> None:
        """Kill those whose time has come, and freeze a shipper for longer than its lease, now and then."""
        now = time.monotonic()
        for pid, (role, end) in self.living.items():
            if now > end:
                os.kill(pid, signal.SIGKILL)
            elif pid in self.frozen and now > self.frozen[pid]:
                os.kill(pid, signal.SIGCONT)
                del self.frozen[pid]
            elif role == "ship" and pid not in self.frozen and self.chance.random() < 0.0005:
                os.kill(pid, signal.SIGSTOP)
                self.frozen[pid] = now + 3
                self.paused += 1


def committed() -> int:
    """How many events were committed so far; the connection is not kept, for children are forked."""
    from django.db import connections

    try:
        return len(site.truth())
    finally:
        connections.close_all()


def balance(counts: Counter[str]) -> dict[str, Any]:
    """What is wrong with what is stored, against what was committed."""
    truth, held = site.truth(), site.held()
    explained = {event for event, reason in held.items() if reason}
    return {
        "events": len(truth),
        "held": len(explained),
        "lost": len(truth - set(counts) - explained),
        "doubled": sum(n > 1 for n in counts.values()),
        "phantom": len(set(counts) - truth),
    }


def outage(run: str, seed: int, folder: Path, stack: ExitStack) -> dict[str, Any]:
    """Real servers, of which one is killed under load and started again."""
    from tests.servers import nodes

    if run == "opensearch":
        members = [stack.enter_context(nodes.opensearch_node())]
    else:
        members = stack.enter_context(nodes.elasticsearch_cluster())
    hosts = [node.url for node in members]
    prefix = f"chaos{seed}"
    site.start(site.database("sqlite", folder), HOSTS=hosts, INDEX_PREFIX=prefix, CLIENT={"timeout": 10})
    os.waitpid(site.forked(setup), 0)
    workers = [site.forked(site.ship, f"{seed}", "", OUTAGE_SECONDS * 1.5)]
    workers.append(site.forked(site.capture, f"{seed}", "", [f"{prefix}-2026.11", f"{prefix}-edge"], OUTAGE_SECONDS))
    time.sleep(OUTAGE_SECONDS / 3)
    victim = random.Random(seed).choice(members)
    victim.kill()
    time.sleep(OUTAGE_SECONDS / 3)
    victim.start()
    for pid in workers:
        os.waitpid(pid, 0)
    members[0].wait(len(members))
    os.waitpid(site.forked(site.sweep), 0)
    return balance(Counter(site.stored())) | {"kills": 1, "faults": 1}


def setup() -> None:
    """Install the templates."""
    from auditsearch.backends import get_backend

    get_backend().setup()


if __name__ == "__main__":
    child(*sys.argv[1:]) if len(sys.argv) > 1 else main()
