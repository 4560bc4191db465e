"""Rebuilding: a partition's events move to a new index, made by the templates of now, while others go on writing.

    COPYING   all events into the new index, while writing goes on
    BLOCKED   writing to the old one is blocked (its events wait in the outbox), the rest is copied and both are
              compared; then the aliases move, in one step
    MOVED     the old index is removed

Killed at any moment, the next run goes on: each step can be done again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connections
from django.utils import timezone

from auditsearch.backends.base import Finding
from auditsearch.backends.copying import Copy
from auditsearch.backends.health import outdated
from auditsearch.backends.opensearch import OpenSearchBackend
from auditsearch.backends.partitions import is_index_of
from auditsearch.exceptions import BackendUnavailable, ConfigurationError
from auditsearch.life.lock import Renew, database, is_locked, locked
from auditsearch.models import Rebuild, Step

Progress = Callable[[str, int], None]
"""Told what is being done, and with how many events so far."""

FEW = 500
"""So few events may be left to copy when writing is blocked; more are copied before, in at most ROUNDS rounds."""

ROUNDS = 4


def partitions(backend: OpenSearchBackend, *, everything: bool = False) -> list[str]:
    """Return the partitions that were made by an older release or for other promoted fields, or all of them.

    Those whose rebuilding was begun come first.
    """
    found = backend.client.ask("GET", f"/{backend.prefix}-*", allow_no_indices="true")
    ours = {index: entry for index, entry in found.items() if backend.prefix in entry["aliases"]}
    begun = [row.partition for row in unfinished() if row.partition.startswith(f"{backend.prefix}-")]
    wanted = [index for index, entry in sorted(ours.items()) if everything or outdated(entry["mappings"])]
    names = (re.sub(r"-v\d+$", "", index) for index in wanted)
    return [*begun, *(name for name in names if name not in begun)]


def unfinished() -> list[Rebuild]:
    """Return the rebuilds that are neither done nor aborted."""
    rows = Rebuild.objects.using(database()).exclude(step__in=(Step.DONE, Step.ABORTED))
    return list(rows.order_by("partition"))


def rebuild(backend: OpenSearchBackend, partition: str, progress: Progress = lambda told, n: None) -> int:
    """Rebuild a partition, or finish what was begun; returns how many events it has.

    Raises Locked, BackendUnavailable, PartialAnswer or ConfigurationError; nothing is lost, it can be run again.
    """
    with locked(partition, "rebuild") as renew:
        return _Rebuilding(backend, _row(backend, partition), renew, progress).run()


def abort(backend: OpenSearchBackend, partition: str) -> None:
    """Give up: let writing go on in the old index, remove the new one. Raises ConfigurationError if it has moved."""
    with locked(partition, "rebuild") as renew:
        row = next((row for row in unfinished() if row.partition == partition), None)
        if row is None:
            raise ConfigurationError(f"No rebuild of {partition} was begun.")
        _Rebuilding(backend, row, renew, lambda told, n: None).abort()


def migrated() -> bool:
    """Return whether the table of rebuilds is there."""
    return Rebuild._meta.db_table in connections[database()].introspection.table_names()


def findings() -> Iterator[Finding]:
    """What `auditsearch_check` says of rebuilds that were begun."""
    for row in unfinished():
        if is_locked(row.partition):
            yield Finding("ok", f"{row.partition} is being rebuilt: {row.get_step_display()}.")
            continue
        when = f"{row.get_step_display()} at {row.changed_at:%Y-%m-%d %H:%M}"
        said = "its events wait in the outbox" if row.step == Step.BLOCKED else "nothing waits for it"
        yield Finding(
            "error" if row.step == Step.BLOCKED else "warning",
            f"The rebuild of {row.partition} was left {when}: {said}.",
            "Run auditsearch_rebuild to finish it, or auditsearch_rebuild --abort.",
        )


@dataclass(slots=True)
class _Rebuilding:
    backend: OpenSearchBackend
    row: Rebuild
    renew: Renew
    progress: Progress

    def run(self) -> int:
        """Do the steps that are left."""
        copy = self.copy()
        if self.row.step == Step.COPYING:
            self.fill(copy)
            self.to(Step.BLOCKED)
        if self.row.step == Step.BLOCKED:
            if self.holder() != self.row.target:
                self.finish(copy)
                self.move()
            self.to(Step.MOVED)
        self.remove()
        self.to(Step.DONE)
        return int(self.ask("POST", f"/{self.row.target}/_count")["count"])

    def fill(self, copy: Copy) -> None:
        """Copy while writing goes on, until little is left."""
        self.create()
        for _ in range(ROUNDS):
            if copy.copy_missing(lambda n: self.progress("copied", n)) < FEW:
                return

    def finish(self, copy: Copy) -> None:
        """Block writing, copy the rest and compare."""
        self.create()
        self.block()
        copy.refresh(self.row.source)
        copy.copy_missing(lambda n: self.progress("copied while writing is blocked", n))
        self.progress("comparing", 0)
        if differing := copy.difference():
            raise ConfigurationError(
                f"{self.row.source} and {self.row.target} differ by {differing} events after copying: look at both, "
                "then run auditsearch_rebuild again, or with --abort."
            )

    def block(self) -> None:
        """Block writing, and wait for what is being written; a block that was left behind proves nothing."""
        for _ in range(2):
            answer = self.ask("PUT", f"/{self.row.source}/_block/write")
            if answer.get("acknowledged") and answer.get("shards_acknowledged"):
                return
            self.unblock()
        raise BackendUnavailable(f"{self.row.source} can't be blocked now: run auditsearch_rebuild again.")

    def unblock(self) -> None:
        """Let writing go on."""
        self.ask("PUT", f"/{self.row.source}/_settings", {"index.blocks.write": None})

    def create(self) -> None:
        """Make the new index, unless an earlier run did."""
        self.backend.templates.check(self.row.partition)
        answer = self.backend.client.request("PUT", f"/{self.row.target}", {})
        if answer.error != "resource_already_exists_exception":
            self.backend.client.proven(answer, f"to make {self.row.target}")

    def move(self) -> None:
        """Both aliases in one step."""
        self.renew()
        names = [self.row.partition, self.backend.prefix]
        actions = [
            {"remove": {"index": self.row.source, "aliases": names}},
            {"add": {"index": self.row.target, "aliases": names}},
        ]
        self.ask("POST", "/_aliases", {"actions": actions})

    def remove(self) -> None:
        """Remove the old index, which nothing names any more."""
        if self.holder() != self.row.target:
            raise ConfigurationError(f"The alias {self.row.partition} should be on {self.row.target}: put it there.")
        if self.aliases(self.row.source) == {}:
            self.ask("DELETE", f"/{self.row.source}")

    def abort(self) -> None:
        """Lift the block, and remove the new index."""
        if self.row.step == Step.MOVED or self.holder() == self.row.target:
            raise ConfigurationError(
                f"{self.row.partition} is {self.row.target} already: run auditsearch_rebuild without --abort."
            )
        self.unblock()
        if self.aliases(self.row.target) == {}:
            self.ask("DELETE", f"/{self.row.target}")
        self.to(Step.ABORTED)

    def holder(self) -> str:
        """The index that the partition's alias names. Raises ConfigurationError where it is neither of both."""
        return holder(self.backend, self.row.partition, (self.row.source, self.row.target))

    def aliases(self, index: str) -> dict[str, object] | None:
        """The aliases of an index, None where there is no such one."""
        answer = self.backend.client.request("GET", f"/{index}/_alias")
        if answer.error == "index_not_found_exception":
            return None
        found = self.backend.client.proven(answer, f"the aliases of {index}")
        return dict(found[index]["aliases"])

    def to(self, step: Step) -> None:
        """Note the step that follows."""
        self.renew()
        self.row.step = step
        self.row.save(using=database())

    def copy(self) -> Copy:
        row = self.row
        size = self.backend.batch_bytes
        return Copy(self.backend.client, row.partition, row.source, row.target, size, self.renew)

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return self.backend.client.ask(method, path, body)


def holder(backend: OpenSearchBackend, partition: str, expected: tuple[str, ...] = ()) -> str:
    """Return the one index that a partition's alias names. Raises ConfigurationError."""
    answer = backend.client.request("GET", f"/_alias/{partition}")
    names = list(answer.body) if answer.ok else []
    if len(names) != 1 or not is_index_of(names[0], partition) or (expected and names[0] not in expected):
        known, there = " or ".join(expected) or f"{partition}-v<n>", ", ".join(names) or "none"
        raise ConfigurationError(f"The alias {partition} must name the one index {known}, not {there}.")
    return str(names[0])


def _row(backend: OpenSearchBackend, partition: str) -> Rebuild:
    """The state of this rebuilding: as it was left, or a new one."""
    for row in unfinished():
        if row.partition == partition:
            return row
    source = holder(backend, partition)
    number = int(source.rpartition("-v")[2]) + 1
    target = f"{partition}-v{number}"
    if backend.client.request("GET", f"/{target}").ok:
        raise ConfigurationError(f"There is an index {target} that no rebuild made: see what it holds, remove it.")
    begun = {"source": source, "target": target, "step": Step.COPYING, "started_at": timezone.now()}
    row, _ = Rebuild.objects.using(database()).update_or_create(partition=partition, defaults=begun)
    return row
