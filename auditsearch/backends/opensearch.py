"""The backend on a server: OpenSearch 2.19 and 3, Elasticsearch 8 and 9."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from typing import Any

from auditsearch.backends import aggregations
from auditsearch.backends.aggregations import keyword
from auditsearch.backends.base import (
    TOTAL,
    After,
    Facets,
    Histogram,
    Hit,
    Interval,
    Outcome,
    Page,
    Sort,
    Status,
    never_dropped,
)
from auditsearch.backends.bulk import Bulk
from auditsearch.backends.client import Answer, Client
from auditsearch.backends.health import look
from auditsearch.backends.opensearch_upkeep import Upkeep
from auditsearch.backends.order import NEVER_MISSING, checked
from auditsearch.backends.partitions import Partitions
from auditsearch.backends.scroll import FLAGS
from auditsearch.backends.templates import Templates
from auditsearch.conf import settings
from auditsearch.document import Document
from auditsearch.exceptions import ConfigurationError, PartialAnswer, QueryError, SettingError
from auditsearch.partition import search_aliases
from auditsearch.personal import written
from auditsearch.promoted import kind_of
from auditsearch.query.dsl import compile_query, query
from auditsearch.query.tree import Node

_SOURCE = ["canonical", *FLAGS]
_NO_INDEX_YET = {"ignore_unavailable": "true", "allow_no_indices": "true"}
PAUSES = (0.1, 0.4, 1.6)
"""Seconds after which a question is asked again that the server was too busy for (429); each up to a half longer."""

_PREFIX = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")


class OpenSearchBackend(Upkeep):
    """Keeps events in time partitions on a search server. What is not given is read from the settings.

    Nothing is sent before the first call; each process makes a client of its own. Raises SettingError.
    """

    embedded = False

    def __init__(
        self,
        hosts: Sequence[str] | None = None,
        *,
        prefix: str | None = None,
        client: Mapping[str, Any] | None = None,
        batch_bytes: int | None = None,
    ) -> None:
        self.prefix = prefix or settings.INDEX_PREFIX
        if not _PREFIX.fullmatch(self.prefix):
            raise SettingError(
                f"AUDITSEARCH['INDEX_PREFIX'] is {self.prefix!r}; it must be lower-case letters, digits, - and _, "
                "and begin with a letter or a digit."
            )
        self.batch_bytes = batch_bytes or settings.BATCH_BYTES
        self.client = Client(settings.HOSTS if hosts is None else hosts, settings.CLIENT if client is None else client)
        self.templates = Templates(self.client, self.prefix, settings.SHARDS, settings.REPLICAS, settings.CODEC)
        self.partitions = Partitions(self.client, self.templates, self.prefix)

    def setup(self) -> list[str]:
        """Install the index templates; returns a sentence for each. Raises ConfigurationError if another one wins."""
        return self.templates.install()

    def setup_steps(self) -> list[str]:
        """What `setup` would do now, a sentence for each thing."""
        return self.templates.steps()

    def index(self, documents: Sequence[Document], *, dropped: Callable[[str], bool] = never_dropped) -> list[Outcome]:
        """Store each document exactly once; one outcome each, in their order.

        Raises ConfigurationError if an operator must act before any of them can be stored.
        """
        return Bulk(self.client, self.partitions, dropped, self.batch_bytes).ship(documents)

    def search(
        self,
        node: Node,
        *,
        order: Sequence[Sort],
        after: After | None = None,
        limit: int = 100,
        total: bool = False,
        personal: bool = False,
        doubt: Node | None = None,
    ) -> Page:
        """One page of hits. With `total`, counted up to 10,000 "or more"; with `personal`, with their side objects.

        Raises PartialAnswer.
        """
        question = {
            "query": compile_query(node),
            "size": limit,
            "sort": [sort_key(key) for key in checked(order)],
            "track_total_hits": TOTAL if total else False,
            "_source": [*_SOURCE, "personal"] if personal else _SOURCE,
            "timeout": f"{self.client.timeout * 1000:.0f}ms",
        }
        question |= {"search_after": list(after)} if after is not None else {}
        question |= {"aggs": {"doubt": {"filter": query(doubt)}}} if doubt else {}
        found = self._ask("_search", question)
        doubtful = found["aggregations"]["doubt"]["doc_count"] if doubt else 0
        hits = [_hit(hit) for hit in found["hits"]["hits"]]
        if not total:
            return Page(hits, doubtful=doubtful)
        counted = found["hits"]["total"]
        return Page(hits, counted["value"], counted["relation"] == "eq", doubtful)

    def count(self, node: Node) -> int:
        """Exact number of events that fit. Raises PartialAnswer."""
        return int(self._ask("_count", {"query": compile_query(node)})["count"])

    def facets(self, node: Node, field: str, *, size: int = 10) -> Facets:
        """The most frequent values of a column. Raises PartialAnswer."""
        return aggregations.facets(lambda question: self._ask("_search", question), compile_query(node), field, size)

    def histogram(self, node: Node, interval: Interval, zone: tzinfo) -> Histogram:
        """Events by time. Raises PartialAnswer."""
        query = compile_query(node)
        return aggregations.histogram(lambda question: self._ask("_search", question), query, interval, zone)

    def refresh(self) -> None:
        """Make all that was stored visible to questions."""
        self.client.ask("POST", f"/{self._aliases}/_refresh", None, **_NO_INDEX_YET)

    def status(self) -> Status:
        """Templates, aliases, pipelines, blocks and health."""
        return look(self.client, self.templates)

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        self.client.close()

    @property
    def _aliases(self) -> str:
        return ",".join(search_aliases(self.prefix))

    def _ask(self, action: str, question: dict[str, Any]) -> dict[str, Any]:
        answer = self._patiently(action, question)
        crowded = "maxClauseCount" in answer.cause  # a count says so by 500
        if (answer.status == 400 or crowded) and answer.error:
            remedy = " Ask for one of many values by in, for many days by range." if crowded else ""
            raise QueryError(f"The search server can't answer this question: {answer.cause}.{remedy}")
        found = self.client.proven(answer, action)
        if found.get("timed_out") or found["_shards"]["failed"]:
            raise PartialAnswer(f"{found['_shards']['failed']} of {found['_shards']['total']} shards gave no answer.")
        return found

    def _patiently(self, action: str, question: dict[str, Any]) -> Answer:
        for pause in (*PAUSES, None):
            answer = self.client.request("POST", f"/{self._aliases}/{action}", question, **_NO_INDEX_YET)
            if answer.status != 429 or pause is None:
                break
            time.sleep(pause * random.uniform(1, 1.5))  # noqa: S311 - so that askers spread
        return answer


def sort_key(key: Sort) -> dict[str, Any]:
    """The sort clause: missing last both ways; an address is ordered by its text, as everywhere."""
    form = {"order": "desc" if key.descending else "asc"}
    if key.field in NEVER_MISSING:
        return {key.field: form | {"unmapped_type": "long" if key.field == "ts" else "keyword"}}
    kind = kind_of(key.field) or "keyword"
    return {keyword(key.field): form | {"missing": "_last", "unmapped_type": kind}}


def _hit(hit: dict[str, Any]) -> Hit:
    source = hit["_source"]
    if "canonical" not in source:
        raise ConfigurationError(f"The index {hit['_index']} holds documents that are no events: take its alias away.")
    flags = frozenset(flag for flag in FLAGS if source.get(flag))
    return Hit(source["canonical"], tuple(hit["sort"]), flags, written(source.get("personal")))
