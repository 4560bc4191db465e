"""Partitions on the server: each name is an alias for exactly one index, `<name>-v<n>`, which we make when needed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from auditsearch.backends.client import Answer, Client
from auditsearch.backends.templates import Templates, attached_pipeline
from auditsearch.exceptions import BackendUnavailable, ConfigurationError
from auditsearch.partition import alias_of

TRUSTED_SECONDS = 300.0
"""How long a partition that was looked at is taken to be as it was."""

_SETTINGS = "index.provided_name,index.default_pipeline,index.final_pipeline"


def is_index_of(index: object, partition: str) -> bool:
    """Whether `index` is `<partition>-v<n>`."""
    return isinstance(index, str) and re.fullmatch(re.escape(partition) + r"-v\d+", index) is not None


@dataclass(slots=True)
class Partitions:
    """Makes and checks the partitions that documents are written to. `prefix` is the search alias."""

    client: Client
    templates: Templates
    prefix: str
    looked_at: dict[str, float] = field(default_factory=dict)

    def ready(self, partition: str, dropped: Callable[[str], bool]) -> bool:
        """Make sure that the partition can be written; False if retention dropped it.

        Raises BackendUnavailable, and ConfigurationError where it is not ours or a pipeline would change events.
        """
        if time.monotonic() - self.looked_at.get(partition, -TRUSTED_SECONDS) < TRUSTED_SECONDS:
            return True
        answer = self.client.request("GET", f"/{partition}/_settings/{_SETTINGS}")
        if answer.error == "index_not_found_exception":
            if dropped(partition):
                return False
            self.create(partition)
        else:
            check_partition(partition, self.client.proven(answer, f"the settings of {partition}"))
        self.looked_at[partition] = time.monotonic()
        return True

    def forget(self, partitions: Iterable[str]) -> None:
        """Look at these again before the next document is sent there."""
        for partition in partitions:
            self.looked_at.pop(partition, None)

    def create(self, partition: str) -> None:
        """Make the first index of a partition with both aliases; another process may have been faster."""
        self.templates.check(partition)
        answer = self.client.request(
            "PUT", f"/{partition}-v1", {"aliases": {partition: {}, alias_of(partition): {}}}, timeout="20s"
        )
        if answer.error == "resource_already_exists_exception":
            self._check_alias(partition)
        elif not answer.ok:
            raise _creation_failed(partition, answer)

    def _check_alias(self, partition: str) -> None:
        if self.client.request("GET", f"/_alias/{partition}").status == 404:
            raise ConfigurationError(
                f"The index {partition}-v1 exists without its alias {partition}: add the aliases {partition} and "
                f"{self.prefix} to it, or move it away."
            )


def check_partition(partition: str, settings: dict[str, dict[str, Any]]) -> None:
    """Raise ConfigurationError unless the answer to `GET /<partition>/_settings` shows one index of ours."""
    if partition in settings:
        raise ConfigurationError(squatter(partition))
    if len(settings) != 1 or not is_index_of(next(iter(settings)), partition):
        raise ConfigurationError(
            f"The alias {partition} must name exactly one index {partition}-v<n>, not {', '.join(sorted(settings))}."
        )
    for index, entry in settings.items():
        if pipeline := attached_pipeline(entry.get("settings", {}).get("index", {})):
            raise ConfigurationError(
                f"The ingest pipeline {pipeline} is attached to {index} and could change events: take it off."
            )


def squatter(partition: str) -> str:
    """The sentence for an index that has a partition's name."""
    return f"An index is called {partition}, which must be an alias of auditsearch: rename or remove that index."


def _creation_failed(partition: str, answer: Answer) -> BackendUnavailable | ConfigurationError:
    if answer.error == "invalid_alias_name_exception":
        return ConfigurationError(squatter(partition))
    told = f"{partition}-v1 can't be made: {answer.status} {answer.cause}"
    if answer.status in (403, 429) or answer.status >= 500 or "maximum" in answer.reason:
        return BackendUnavailable(told)
    return ConfigurationError(told)
