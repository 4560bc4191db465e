"""A real OpenSearch for a benchmark, and the plain client's way to fill an index."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from opensearchpy import OpenSearch

URL_VARIABLE = "AUDITSEARCH_TEST_OPENSEARCH_URL"


@contextmanager
def server() -> Iterator[str]:
    """URL of the server that AUDITSEARCH_TEST_OPENSEARCH_URL names, or of one with 1 GiB of heap started here."""
    from tests.servers.opensearch import running_opensearch

    if given := os.environ.get(URL_VARIABLE):
        yield given
        return
    with running_opensearch(heap="1g") as url:
        yield url


@contextmanager
def own_prefix(url: str, name: str) -> Iterator[str]:
    """A prefix for indices and templates that nobody else has; what bears it is removed at the end."""
    prefix, names = f"{name}{uuid.uuid4().hex[:8]}", client(url)
    try:
        yield prefix
    finally:
        names.indices.delete(index=f"{prefix}-*", ignore=404)
        names.indices.delete_index_template(name=prefix, ignore=404)
        names.cluster.delete_component_template(name=f"{prefix}-mappings", ignore=404)


def client(url: str) -> OpenSearch:
    return OpenSearch(url, timeout=120)


class Lines(NamedTuple):
    """Ready-made lines of one bulk request: the ids in order, and the bytes."""

    ids: tuple[str, ...]
    body: bytes


def lines(bodies: Sequence[tuple[str, bytes]]) -> Lines:
    """Bulk lines of (id, JSON bytes) pairs."""
    action = b'{"create":{"_id":"%b"}}\n%b\n'
    return Lines(tuple(key for key, _ in bodies), b"".join(action % (key.encode(), body) for key, body in bodies))


def post(server: OpenSearch, index: str, request: Lines) -> list[str]:
    """Send one bulk request as it is; returns the ids that were not created."""
    answer = server.bulk(body=request.body, index=index)
    return [item["create"]["_id"] for item in answer["items"] if item["create"]["status"] != 201]


def mapped_fields(server: OpenSearch, index: str) -> int:
    """Fields in the index's mapping, at all depths, multi-fields too."""
    mapping = next(iter(server.indices.get_mapping(index=index).values()))["mappings"]
    return counted(mapping)


def counted(mapping: dict[str, Any]) -> int:
    inner = [*mapping.get("properties", {}).values(), *mapping.get("fields", {}).values()]
    return len(inner) + sum(map(counted, inner))


def disk_bytes(server: OpenSearch, index: str) -> int:
    """Bytes of the index on disk, all in one segment so that indices can be compared."""
    server.indices.forcemerge(index=index, max_num_segments=1, request_timeout=300)
    server.indices.refresh(index=index)  # closes the merged segments, so that their files go
    server.indices.flush(index=index)
    stats = server.indices.stats(index=index, metric="store")
    return int(stats["_all"]["primaries"]["store"]["size_in_bytes"])
