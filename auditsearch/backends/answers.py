"""The table of answers: what the server's word on one document means, item by item.

opensearch-py's own helpers take a missing item, a pipeline's `noop` or another document's id for success, and stop at
the first refusal; this table decides every case, and what it does not know proves nothing.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from auditsearch.backends.base import Settled
from auditsearch.backends.client import error_type
from auditsearch.backends.partitions import is_index_of


class Next(Enum):
    """What is to be done about a document that is not settled yet."""

    CREATED = "created"  # settled: confirmed in the form that was sent
    COMPARE = "compare"  # its id is taken: is it this event?
    BACK_OFF = "back off"  # the server is too busy
    PREPARE = "prepare"  # its partition is not there
    REDUCE = "reduce"  # this form of it can't be stored: send less of it
    CUT = "cut"  # it is too large: send the envelope only
    STOP = "stop"  # an operator must act


Verdict = tuple[Settled | Next, str]
"""What to do, and why; the reason never quotes the document."""

_OPERATOR = ("no write index is defined", "pipeline with id", "invalid alias name", "unrecognized parameter")
_ENVIRONMENT = ("index_closed_exception", "cluster_block_exception")


def verdict(item: Any, identifier: str, partition: str) -> Verdict:
    """Judge one element of a bulk answer's `items`, which should be about document `identifier` of `partition`."""
    result = item.get("create") if isinstance(item, dict) else None
    if not isinstance(result, dict) or result.get("_id") != identifier:
        return Settled.UNPROVEN, "the answer is about another document"
    status, kind = result.get("status"), error_type(result.get("error"))
    if status == 201:
        return _created(result, partition)
    if not isinstance(status, int) or status < 300:
        return Settled.UNPROVEN, f"answered {status} {result.get('result')}, not created"
    return refusal(status, kind, _reason(result))


def refusal(status: int, kind: str, reason: str = "") -> Verdict:
    """Judge an error, of one item or of a whole request; `kind` is the server's type of it."""
    told = f"{status} {kind}".strip()
    if status == 409 and kind == "version_conflict_engine_exception":
        return Next.COMPARE, told
    if status == 404 and kind == "index_not_found_exception":
        return Next.PREPARE, told
    if status == 429:
        return Next.BACK_OFF, told
    if status >= 500 or kind in _ENVIRONMENT or "maximum shards open" in reason:
        return Settled.RETRY, told
    if status in (401, 403) or any(words in reason.lower() for words in _OPERATOR):
        return Next.STOP, told
    if status == 413:
        return Next.CUT, told
    if status == 400:
        return Next.REDUCE, told
    return Settled.UNPROVEN, told


def under_replicated(item: Any) -> bool:
    """Whether a created document is missing on a replica."""
    return bool(item["create"].get("_shards", {}).get("failed"))


def _created(result: dict[str, Any], partition: str) -> Verdict:
    if result.get("result") != "created":
        return Settled.UNPROVEN, f"answered 201 {result.get('result')}, not created"
    if not is_index_of(result.get("_index"), partition):
        return Settled.UNPROVEN, f"stored in {result.get('_index')}, which is no index of {partition}"
    return Next.CREATED, ""


def _reason(result: dict[str, Any]) -> str:
    error = result.get("error")
    return str(error.get("reason", "")) if isinstance(error, dict) else ""
