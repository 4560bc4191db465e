"""Answers that are streamed: they are made after the middlewares are left, and tell all the same who asked for them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from django.http import HttpResponseBase

from auditsearch.context import held

TIED = "_auditsearch_tied"
"""Attribute of a streamed answer whose pieces know their request already."""

Again = Callable[[], AbstractContextManager[None]]


def tied(response: HttpResponseBase) -> HttpResponseBase:
    """Let the pieces of a streamed answer be made, and closed, as if the request were still being answered.

    A file goes to the server as it is, which may have a faster way of its own to send it.
    """
    if (
        not getattr(response, "streaming", False)
        or TIED in vars(response)
        or getattr(response, "file_to_stream", None) is not None
    ):
        return response
    again, answer, close = held(), vars(response), response.close
    answer[TIED] = True
    pieces = response.streaming_content  # type: ignore[attr-defined]
    response.streaming_content = _awaited(pieces, again) if response.is_async else _made(pieces, again)  # type: ignore[attr-defined]

    def closed() -> None:
        with again():
            close()

    answer["close"] = closed
    return response


def _made(pieces: Iterable[Any], again: Again) -> Iterator[Any]:
    source, end = iter(pieces), object()
    while True:
        with again():
            piece = next(source, end)
        if piece is end:
            return
        yield piece


async def _awaited(pieces: AsyncIterator[Any], again: Again) -> AsyncIterator[Any]:
    source, end = aiter(pieces), object()
    while True:
        with again():
            piece = await anext(source, end)
        if piece is end:
            return
        yield piece
