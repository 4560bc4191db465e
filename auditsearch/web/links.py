"""Addresses of pages: any key, token or name fits into one, and comes out again as it was."""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.http import Http404
from django.urls import get_script_prefix, get_urlconf, reverse
from django.utils.translation import get_language

from auditsearch.event import Event

LONGEST = 1000
"""Characters of a key that is linked; a longer one has no page of its own."""

_PLACE = "0-key-0"
_PLAIN = re.compile(r"(?!\.+$)[\w.:@,+=-]+")


def part(text: str) -> str:
    """Return `text` as a part of a path: itself, or `~` and base64 where a browser or server could change it."""
    if _PLAIN.fullmatch(text):
        return text
    return "~" + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def text_of(part: str) -> str:
    """Return what `part` was made of. Raises Http404 where it is nobody's."""
    if not part.startswith("~"):
        return part
    try:
        return base64.urlsafe_b64decode(part[1:] + "=" * (-len(part[1:]) % 4)).decode()
    except (binascii.Error, ValueError):
        raise Http404 from None


def event_url(event: Event) -> str:
    """Return the address of an event's page."""
    return _url("event", event.id)


def object_url(model: str | None, key: str | None) -> str:
    """Return the address of an object's page, "" where there is none."""
    return _url("object", model, key) if model and key else ""


def request_url(token: str | None) -> str:
    """Return the address of the page of a request, "" where there is none."""
    return _url("request", token) if token else ""


def actor_url(suid: str | None, name: str | None = None) -> str:
    """Return the address of an actor's page; of one without an id, by name. "" of nobody."""
    if suid:
        return _url("actor", suid)
    found = name and _url("actor", "")
    return f"{found}?{urlencode({'name': name})}" if found else ""


def address(page: str) -> str:
    """Return the address of a page of ours that takes no keys."""
    return _pieces(page, 0)[0]


def _url(page: str, *keys: str | None) -> str:
    texts = [key or "" for key in keys]
    if sum(map(len, texts)) > LONGEST:
        return ""
    first, *rest = _pieces(page, len(texts))
    return first + "".join(quote(part(text), safe="~:@,+=") + piece for text, piece in zip(texts, rest, strict=True))


def _pieces(page: str, keys: int) -> tuple[str, ...]:
    """What of an address stands before, between and behind its keys."""
    return _reversed(page, keys, get_urlconf() or settings.ROOT_URLCONF, get_script_prefix(), get_language())


@lru_cache(maxsize=256)
def _reversed(page: str, keys: int, urlconf: Any, prefix: str, language: str | None) -> tuple[str, ...]:
    """`reverse` costs more than all else of a link, and a list has some hundred links: so once for each page."""
    return tuple(reverse(f"auditsearch:{page}", urlconf, [_PLACE] * keys).split(_PLACE))
