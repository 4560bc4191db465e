"""Events of an application's own: what it tells by `record`, beside what its models tell by themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import DEFAULT_DB_ALIAS

from auditsearch.capture import mask
from auditsearch.capture.heard import heard
from auditsearch.capture.keys import key_text
from auditsearch.capture.label import label, no_queries
from auditsearch.capture.record import Record, write
from auditsearch.capture.unsaid import hides_key, tree_without_secrets, unwrapped
from auditsearch.conf import settings


def record(
    event_code: str,
    *,
    object: Any = None,  # noqa: A002 - the word that every caller reads
    verbose: str = "",
    log: str = "main",
    level: str = "INFO",
    logger: str | None = None,
    event_type: str | None = None,
    system_type: str | None = None,
    using: str | None = None,
    personal: Iterable[str] = (),
    **context: Any,
) -> str | None:
    """Write an event of your own, and return its id; None while auditing is off.

    `object` is the model instance that it is about, `verbose` the sentence that people read, `context` anything that
    is worth finding. `personal` are texts that are personal wherever they stand in sentence and context, on a site that
    has personal values at all. The row joins the transaction that is open on the database `using`, by default
    `default`, and is rolled back with it. Raises ConfigurationError where the outbox's table is missing.
    """
    if not settings.ENABLED:
        return None
    draft = Record(event_code, log=log, level=level, logger=logger, system=True)
    draft.place()
    draft.event_type, draft.system_type = event_type or draft.event_type, system_type or draft.system_type
    draft.verbose = mask.mask_text(verbose)
    draft.context_data |= context
    draft.heard = [*personal]
    if object is not None:
        about(draft, object)
    return next(iter(write(using or DEFAULT_DB_ALIAS, [draft])), None)


def about(draft: Record, instance: Any) -> None:
    """Say which object the event is about; what it hides is said by no sentence and no context of the event."""
    instance = unwrapped(instance)
    meta = instance._meta.concrete_model._meta
    draft.object_type = f"{meta.app_label}.{meta.object_name}"
    draft.object_id = None if hides_key(instance) else key_text(instance.pk)
    with no_queries:
        draft.object_label = label(instance)
        draft.heard = [*draft.heard, *heard(instance)]
    said = tree_without_secrets({"verbose": draft.verbose, "context": draft.context_data}, instance)
    draft.verbose, draft.context_data = said["verbose"], said["context"]
