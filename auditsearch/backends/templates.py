"""Index templates: what every partition's index is made from, installed by `auditsearch_setup` alone."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from auditsearch.backends.client import Client
from auditsearch.exceptions import ConfigurationError
from auditsearch.promoted import NOTHING, promoted, signature
from auditsearch.resources import read_json

COMPONENT_FILE = "index_templates/component-mappings.json"
TEMPLATE_FILE = "index_templates/index-template.json"

REMEDY = "run auditsearch_setup"

COLUMNS: dict[str, dict[str, Any]] = {
    "keyword": {"type": "keyword"},
    "long": {"type": "long", "ignore_malformed": True},
    "double": {"type": "double", "ignore_malformed": True},
    "date": {"type": "date", "ignore_malformed": True},
}
"""Kind of a promoted field -> its mapping. Malformed is what was made for another kind, before the next rebuild."""

_FILES_PREFIX = "auditsearch"


@dataclass(frozen=True, slots=True)
class Templates:
    """The component template `<prefix>-mappings` and the index template `<prefix>` of this release."""

    client: Client
    prefix: str
    shards: int = 1
    replicas: str = "0-1"
    codec: str = "best_compression"

    def component(self) -> dict[str, Any]:
        """Body of the component template: the mapping, with the promoted fields of the settings."""
        body: dict[str, Any] = read_json(COMPONENT_FILE)
        mappings = body["template"]["mappings"]
        if columns := {row.name: COLUMNS[row.kind] for row in promoted()}:
            mappings["properties"]["promoted"] = {"properties": columns}
        if signature() != NOTHING:
            mappings["_meta"]["promoted"] = signature()
        return body

    def template(self) -> dict[str, Any]:
        """Body of the index template, for our prefix and settings."""
        body: dict[str, Any] = read_json(TEMPLATE_FILE)
        body["index_patterns"] = [pattern.replace(_FILES_PREFIX, self.prefix, 1) for pattern in body["index_patterns"]]
        body["composed_of"] = [name.replace(_FILES_PREFIX, self.prefix, 1) for name in body["composed_of"]]
        index = body["template"]["settings"]["index"]
        index |= {"number_of_shards": self.shards, "auto_expand_replicas": self.replicas, "codec": self.codec}
        return body

    def bodies(self) -> dict[str, dict[str, Any]]:
        """URL path -> body, in the order of installation."""
        return {
            f"/_component_template/{self.prefix}-mappings": self.component(),
            f"/_index_template/{self.prefix}": self.template(),
        }

    def steps(self, done: bool = False) -> list[str]:
        """A phrase for each thing that `install` does or has done. Raises ConfigurationError on a newer release's."""
        return [self._step(path, body["version"], done) for path, body in self.bodies().items()]

    def install(self) -> list[str]:
        """Install both templates and prove that they win; returns what was done. Raises ConfigurationError."""
        done = self.steps(done=True)
        for path, body in self.bodies().items():
            self.client.ask("PUT", path, body)
        self.check(f"{self.prefix}-edge")
        return done

    def installed_version(self, path: str) -> int | None:
        """Version on the server, 0 if it has none, None if there is no such template."""
        if self.client.request("GET", path).error == "resource_not_found_exception":
            return None
        kind = path.split("/")[1].removeprefix("_")
        found = self.client.ask("GET", path)
        return int(found[f"{kind}s"][0][kind].get("version", 0))

    def check(self, partition: str) -> None:
        """Raise ConfigurationError unless the partition's index, simulated, comes out as this release wants it."""
        if fault := self.fault(partition):
            raise ConfigurationError(f"The search server would not make {partition} as auditsearch needs it: {fault}.")

    def fault(self, partition: str) -> str:
        """What is wrong with the partition's simulated index, and the remedy; "" where nothing is."""
        simulated = self.client.ask("POST", f"/_index_template/_simulate_index/{partition}-v1").get("template", {})
        ours, theirs = self.component()["template"]["mappings"], simulated.get("mappings", {})
        release, found = ours["_meta"]["auditsearch"], theirs.get("_meta", {}).get("auditsearch")
        if found is None:
            return self._missing(f"{partition}-v1")
        if found != release:
            remedy = REMEDY if found < release else "upgrade auditsearch"
            return f"its templates have version {found}, this release needs {release}; {remedy}"
        if pipeline := attached_pipeline(simulated.get("settings", {}).get("index", {})):
            return (
                f"a template attaches the ingest pipeline {pipeline}, which could change events; take it out, {REMEDY}"
            )
        if theirs["_meta"].get("promoted", NOTHING) != signature():
            return f"its templates were made for other PROMOTED or SEARCH_LANGUAGES than the settings have; {REMEDY}"
        if theirs.get("properties") != ours["properties"] or str(theirs.get("dynamic")) != ours["dynamic"]:
            return f"the mapping in its templates is not this release's; {REMEDY}"
        return ""

    def _missing(self, index: str) -> str:
        found = self.client.ask("GET", "/_index_template")["index_templates"]
        rivals = [entry["name"] for entry in found if _matches(entry, index) and entry["name"] != self.prefix]
        if self.prefix in (entry["name"] for entry in found) and rivals:
            return f"the index template {', '.join(rivals)} has a higher priority; lower it, or change INDEX_PREFIX"
        return f"the index template {self.prefix} is missing; {REMEDY}"

    def _step(self, path: str, release: int, done: bool) -> str:
        name, found = path.strip("/_").replace("_template/", " template "), self.installed_version(path)
        if found is not None and found > release:
            raise ConfigurationError(
                f"The {name} has version {found}, newer than this release's {release}: upgrade auditsearch."
            )
        if found is not None and found < release:
            return f"{'updated' if done else 'update'} the {name} from version {found} to {release}"
        return f"{'installed' if done else 'install'} the {name}, version {release}" + (" (again)" if found else "")


def attached_pipeline(index: dict[str, Any]) -> str:
    """The ingest pipeline that index settings name, "" if there is none."""
    named = (index.get("default_pipeline"), index.get("final_pipeline"))
    return ", ".join(name for name in named if name and name != "_none")


def _matches(entry: dict[str, Any], index: str) -> bool:
    return any(fnmatchcase(index, pattern) for pattern in entry["index_template"]["index_patterns"])
