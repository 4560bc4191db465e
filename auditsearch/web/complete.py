"""What may be typed next into the box, and where what stands there is wrong, as JSON."""

from __future__ import annotations

import time
from collections import OrderedDict
from threading import Lock

from django.http import HttpRequest, JsonResponse

from auditsearch.backends import get_backend
from auditsearch.backends.base import Backend
from auditsearch.completion import Completions
from auditsearch.exceptions import InvalidValue, Misread
from auditsearch.query.text import LONGEST, parse
from auditsearch.web.door import door
from auditsearch.web.scope import Scope
from auditsearch.web.show import visible

FRESH = 60.0
"""Seconds for which keys and values of one person's events are kept."""

PEOPLE = 64
"""People whose keys and values are kept by one process."""

_kept: OrderedDict[tuple[str, bool], tuple[float, Backend, Completions]] = OrderedDict()
_lock = Lock()


@door("view", json=True)
def complete(request: HttpRequest, scope: Scope) -> JsonResponse:
    """Answer `{"start", "end", "candidates": [[text, shown], ...], "wrong": null or {"reason", "start", "end"}}`.

    `q` is what stands in the box, `at` the character before which the cursor stands, by default the end.
    """
    text, place = request.GET.get("q", ""), request.GET.get("at", "")
    if len(text.encode(errors="replace")) > LONGEST:
        raise InvalidValue(f"A question has at most {LONGEST} bytes.")
    at = min(int(place), len(text)) if place.isdecimal() and len(place) < 6 else len(text)
    found = _completions(scope).at(text, at)
    candidates = [(each, visible(each)) for each in found.candidates]
    return JsonResponse({"start": found.start, "end": found.end, "candidates": candidates, "wrong": _wrong(text)})


def _wrong(text: str) -> dict[str, str | int] | None:
    try:
        parse(text)
    except Misread as error:
        return {"reason": error.reason, "start": error.start, "end": error.end}
    return None


def _completions(scope: Scope) -> Completions:
    """Those of the scope's events: the same for a minute, so that typing does not look at events at each letter."""
    now, store, key = time.monotonic(), get_backend(), (scope.key, scope.unmask)
    with _lock:
        made, of, known = _kept.get(key, (0.0, None, None))
        if known is None or now - made > FRESH or of is not store:
            known = Completions(scope.events)
            _kept[key] = now, store, known
            while len(_kept) > PEOPLE:
                _kept.popitem(last=False)
        return known
