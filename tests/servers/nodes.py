"""Search servers that can be killed and started again on the same data: one OpenSearch, or three of Elasticsearch."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers.daemon import ServerStartError, end_of, free_port, spawn
from tests.servers.elasticsearch import VERSIONS, distribution, java_home, owner, unpack
from tests.servers.opensearch import MAIN_CLASS, PORTS, ignore_full_disk, jars, machine, modules, port_told
from tests.servers.process import get_json, stop

STARTUP_SECONDS = 900


class Node:
    """One server process. `kill` is kill -9 of it and its children; `start` goes on with the data that it has left."""

    def __init__(self, command: list[str], folder: Path, port: int, **options: Any) -> None:
        self.command, self.folder, self.port, self.options = command, folder, port, options
        self.process: subprocess.Popen[bytes] | None = None
        self.log = folder / f"node-{port}.log"

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it; `wait` says when it is of use."""
        self.process = spawn(self.command, self.folder, self.log, **self.options)

    def wait(self, nodes: int = 1) -> None:
        """Wait until it sees a cluster of so many nodes. Raises ServerStartError with the end of its log."""
        deadline = time.monotonic() + STARTUP_SECONDS
        while time.monotonic() < deadline and self.process is not None and self.process.poll() is None:
            health = get_json(f"{self.url}/_cluster/health")
            if health and health["number_of_nodes"] == nodes and health["status"] in ("green", "yellow"):
                return
            time.sleep(0.2)
        raise ServerStartError(f"The node at {self.url} did not come up; its log ends:\n{end_of(self.log)}")

    def kill(self) -> None:
        """End it at once, as a power cut does."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def stop(self) -> None:
        """End it in order, where it runs."""
        if self.process is not None and self.process.poll() is None:
            stop(self.process)


@contextmanager
def opensearch_node(heap: str = "512m") -> Iterator[Node]:
    """One OpenSearch that has been started."""
    folder = Path(tempfile.mkdtemp(prefix="opensearch-"))
    command = [*machine(heap), "-cp", jars("3"), MAIN_CLASS, "-basePath", str(folder / "base"), "-numOfNode", "1"]
    command += ["-clusterName", f"auditsearch-{uuid.uuid4().hex[:12]}", "-moduleTypes", ",".join(modules("3"))]
    command += ["-baseHttpPort", str(random.choice(PORTS))]
    node = Node(command, folder, 0)
    try:
        node.start()
        node.port = _port(node)
        node.wait()
        ignore_full_disk(node.url)
        yield node
    finally:
        node.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def elasticsearch_cluster(n: int = 3, heap: str = "512m", release: str = "9") -> Iterator[list[Node]]:
    """A cluster of `n` nodes, each a process of its own."""
    folder = Path(tempfile.mkdtemp(prefix="elasticsearch-"))
    home, cluster = unpack(distribution(VERSIONS[release]), folder), f"auditsearch-{uuid.uuid4().hex[:12]}"
    ports = [(free_port(), free_port()) for _ in range(n)]
    for number in range(n):
        shutil.copytree(home / "config", folder / f"config-{number}")
    environment = {
        "PATH": os.environ["PATH"],
        "ES_JAVA_HOME": str(java_home(folder)),
        "ES_JAVA_OPTS": f"-Xms{heap} -Xmx{heap}",
        "CLI_JAVA_OPTS": "-Xmx64m",
    }
    user = owner(folder)
    nodes = [_member(number, ports, home, cluster, environment, user) for number in range(n)]
    try:
        for node in nodes:
            node.start()
        for node in nodes:
            node.wait(n)
        yield nodes
    finally:
        for node in nodes:
            node.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _member(
    number: int,
    ports: list[tuple[int, int]],
    home: Path,
    cluster: str,
    environment: Mapping[str, str],
    user: dict[str, Any],
) -> Node:
    folder = home.parent
    settings = {
        "cluster.name": cluster,
        "node.name": f"n{number}",
        "http.port": ports[number][0],
        "transport.port": ports[number][1],
        "discovery.seed_hosts": ",".join(f"127.0.0.1:{transport}" for _, transport in ports),
        "cluster.initial_master_nodes": ",".join(f"n{each}" for each in range(len(ports))),
        "path.data": folder / f"data-{number}",
        "path.logs": folder / f"logs-{number}",
        "xpack.security.enabled": "false",
        "cluster.routing.allocation.disk.threshold_enabled": "false",
    }
    command = [str(home / "bin" / "elasticsearch"), *(f"-E{name}={value}" for name, value in settings.items())]
    env = {**environment, "ES_PATH_CONF": str(folder / f"config-{number}")}
    return Node(command, folder, ports[number][0], env=env, **user)


def _port(node: Node) -> int:
    deadline = time.monotonic() + STARTUP_SECONDS
    while time.monotonic() < deadline:
        if port := port_told(node.log.read_text(errors="replace")):
            return port
        time.sleep(0.2)
    raise ServerStartError("OpenSearch does not say where it listens.")
