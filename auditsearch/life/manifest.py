"""The manifest of an archive: which files it has, what each holds and hashes to; and the proof that they still do."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson

from auditsearch.event import SCHEMA
from auditsearch.life import aside
from auditsearch.life.aside import Aside
from auditsearch.life.packing import ArchiveError, digest, lines, put
from auditsearch.seal.merkle import Tree, leaf_hash

FORMAT, VERSION = "auditsearch archive", 1
"""What a manifest says it is, and the version of its form."""

ENDING, DATA = ".manifest.json", ".ndjson.zst"
"""How the names of an archive's files end."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file: the events of one partition, in any order. `first` and `last` are microseconds since the epoch.

    `bytes` are those of the lines, `size` those of the file; `root` is over the events' leaves, in the file's order.
    `aside` is the file of their personal values, None where they have none.
    """

    name: str
    partition: str
    events: int
    first: int
    last: int
    schema: int
    bytes: int
    size: int
    sha256: str
    root: str
    aside: Aside | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """One archive. `before` is microseconds since the epoch; it and `log` say what was asked for, None is all.

    `removed` are the partitions whose events were taken out of the store afterwards.
    """

    stem: str
    site: str
    made_at: str
    release: str
    before: int | None = None
    log: str | None = None
    reset: bool = False
    parts: tuple[Part, ...] = ()
    removed: tuple[str, ...] = ()
    folder: Path = field(default_factory=Path, compare=False)

    @property
    def path(self) -> Path:
        """Where the manifest lies."""
        return self.folder / f"{self.stem}{ENDING}"

    @property
    def journal(self) -> Path:
        """Where it lies while the archive is made."""
        return self.folder / f"{self.stem}.unfinished.json"

    @property
    def events(self) -> int:
        """Events of all parts."""
        return sum(part.events for part in self.parts)

    @property
    def digest(self) -> str:
        """What the log keeps of an archive: the hash over all that the manifest says of its files."""
        return _seal({"parts": [asdict(part) for part in self.parts]})

    def file(self, part: Part) -> Path:
        """Where a part lies."""
        return self.folder / part.name

    def write(self, path: Path) -> None:
        """Write it with its own hash. Raises ArchiveError."""
        tree = {name: value for name, value in asdict(self).items() if name != "folder"}
        tree = {"format": FORMAT, "version": VERSION} | tree
        put(path, json.dumps(tree | {"sha256": _seal(tree)}, indent=1, ensure_ascii=False) + "\n")


def read(path: Path) -> Manifest:
    """Read a manifest; `path` may name one of its data files too. Raises ArchiveError where it can't be trusted."""
    path = _manifest_of(path)
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ArchiveError(f"{path} can't be read ({error.strerror}).") from error
    except (ValueError, RecursionError):
        raise ArchiveError(f"{path} is damaged: it is no JSON. Take another copy of it.") from None
    if not isinstance(tree, dict) or tree.get("format") != FORMAT:
        raise ArchiveError(f"{path} is no manifest of an archive of auditsearch.")
    if tree.get("version") != VERSION:
        raise ArchiveError(f"{path} was written by a newer auditsearch: upgrade it to read this archive.")
    seal = tree.pop("sha256", None)
    if seal != _seal(tree):
        raise ArchiveError(f"{path} is not as it was written: its hash differs. Take another copy of it.")
    del tree["format"], tree["version"]
    try:
        parts = tuple(_part(part) for part in tree.pop("parts"))
        return Manifest(**tree | {"parts": parts, "removed": tuple(tree["removed"]), "folder": path.parent})
    except (KeyError, TypeError):
        raise ArchiveError(f"{path} is no manifest that auditsearch wrote: its members are others.") from None


def accept(manifest: Manifest, site: str | None) -> None:
    """Raise ArchiveError where the archive is of a newer schema, or not of this site (INDEX_PREFIX); None takes any."""
    if site is not None and manifest.site != site:
        raise ArchiveError(
            f"{manifest.path} is an archive of {manifest.site!r}, this site is {site!r} (INDEX_PREFIX): "
            "--adopt takes its events in."
        )
    newest = max((part.schema for part in manifest.parts), default=SCHEMA)
    if newest > SCHEMA:
        raise ArchiveError(
            f"{manifest.path} holds events of schema {newest}, this release knows {SCHEMA}: upgrade auditsearch."
        )


def check(manifest: Manifest, progress: Callable[[int], None] = lambda n: None) -> None:
    """Read all files back and compare them with the manifest. Raises ArchiveError at the first that differs."""
    done = 0
    for part in manifest.parts:
        check_part(manifest, part)
        done += part.events
        progress(done)


def check_part(manifest: Manifest, part: Part) -> None:
    """Compare one file with what the manifest says of it. Raises ArchiveError."""
    path = manifest.file(part)
    size, sha256 = digest(path)
    if (size, sha256) != (part.size, part.sha256):
        what = f"it has {size:,} of {part.size:,} bytes" if size != part.size else "its SHA-256 differs"
        raise ArchiveError(f"{path} is not as it was written: {what}. Take another copy of it.")
    tree = Tree()
    for line in lines(path):
        tree.add(leaf_hash(line))
    if (tree.size, tree.root().hex()) != (part.events, part.root):
        raise ArchiveError(f"{path} does not hold the events that its manifest tells of. Take another copy of it.")
    if part.aside is not None:
        aside.check(part.aside, manifest.folder / part.aside.name, texts(manifest, part))


def events(manifest: Manifest, part: Part) -> Iterator[tuple[str, str | None]]:
    """Yield the canonical texts of a part, each with its side object. Raises ArchiveError."""
    return aside.joined(texts(manifest, part), manifest.folder / part.aside.name if part.aside else None)


def texts(manifest: Manifest, part: Part) -> Iterator[str]:
    """Yield the canonical texts of a part. Raises ArchiveError."""
    return (line.decode() for line in lines(manifest.file(part)))


def ids(manifest: Manifest, part: Part) -> Iterator[str]:
    """Yield the ids of a part's events."""
    return (str(orjson.loads(line)["id"]) for line in lines(manifest.file(part)))


def with_part(manifest: Manifest, part: Part) -> Manifest:
    """Return it with one file more."""
    return replace(manifest, parts=(*manifest.parts, part))


def _part(tree: dict[str, Any]) -> Part:
    beside = tree.pop("aside", None)
    return Part(**tree, aside=Aside(**beside) if beside else None)


def _manifest_of(path: Path) -> Path:
    if path.name.endswith(DATA):
        found = [
            each for each in path.parent.glob(f"*{ENDING}") if path.name.startswith(each.name.removesuffix(ENDING))
        ]
        if not found:
            raise ArchiveError(f"{path} has no manifest beside it: put *{ENDING} of this archive there.")
        return max(found, key=lambda each: len(each.name))
    return path


def _seal(tree: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(tree, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
