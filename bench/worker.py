"""One library in one process: reads a JSON request a line, answers with a JSON line.

python -m bench.worker auditlog :memory:
{"do": "seconds", "operation": "create_by_id", "n": 100, "atomic": true}
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

SAME = os.environ | {"PYTHONHASHSEED": "0"}  # dicts and sets laid out alike in all


class Worker:
    """The other end: a library that runs in a process of its own."""

    def __init__(self, name: str, database: str) -> None:
        command = [sys.executable, "-m", "bench.worker", name, database]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=SAME)

    def ask(self, do: str, operation: str, n: int, atomic: bool) -> Any:
        """Answer to one request; raises RuntimeError if the process ended instead."""
        assert self.process.stdin
        assert self.process.stdout
        print(
            json.dumps({"do": do, "operation": operation, "n": n, "atomic": atomic}),
            file=self.process.stdin,
            flush=True,
        )
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.process.args!r} ended; its own message stands above")
        return json.loads(answer)

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(timeout=30)


@contextmanager
def workers(names: list[str], folder: str) -> Iterator[dict[str, Worker]]:
    """A process for each name, ended with the block."""
    from bench.rivals import database_name

    with ExitStack() as stack:
        started = {name: Worker(name, database_name(folder, name)) for name in names}
        for worker in started.values():
            stack.callback(worker.close)
        yield started


def main() -> None:
    from bench.rivals import prepare

    prepare(*sys.argv[1:3])
    from bench import operations

    gc.freeze()  # else each library pays at each collection for the modules that it imported
    for line in sys.stdin:
        request = json.loads(line)
        do = getattr(operations, request.pop("do"))
        print(json.dumps(do(**request)), flush=True)


if __name__ == "__main__":
    main()
