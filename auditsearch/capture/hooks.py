"""HOOKED_ACTIONS: an event for each call of such a view, told when it has answered."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponseBase

from auditsearch.capture import mask
from auditsearch.capture.actions import about, record
from auditsearch.capture.record import Record
from auditsearch.capture.system import tell, telling
from auditsearch.capture.views import names_of, view_of
from auditsearch.conf import settings
from auditsearch.context import get_request, token_scope
from auditsearch.enums import EventCode

WINDOW = "_auditsearch_window"
"""Attribute of a request: the `Window` that its view gave by `win_open`."""

TIED = "_auditsearch_tied"
"""Attribute of a request: its token and the client's id, for whoever lists the token's middleware as the inner one."""


class Window(NamedTuple):
    """What a view says of its window: title, the object that it shows, texts that are personal, and more to find."""

    title: str | None
    object: Any
    personal: Sequence[str]
    context: dict[str, Any]


HEAD = 16_384
"""Bytes of a page in which its title is looked for."""

_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


def code_of(entry: str) -> str:
    """Return the code that an entry of HOOKED_ACTIONS means: a name in EventCode, or a code itself."""
    members = EventCode.members
    return members[entry].value if entry in members else entry


def hooked(request: HttpRequest) -> str | None:
    """Return the entry of HOOKED_ACTIONS that means the view of a request, of several the longest."""
    entries = settings.HOOKED_ACTIONS
    if not entries or not telling():
        return None
    return max(names_of(request).intersection(entries), key=len, default=None)


def called(action: str, request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    """Tell that a hooked view was called."""
    code = code_of(settings.HOOKED_ACTIONS[action])

    def fill(draft: Record) -> None:
        window: Window = vars(request).get(WINDOW) or Window(title_of(response), None, (), {})
        title = window.title and mask.mask_text(window.title)
        draft.action = view_of(request)
        draft.context_data |= {
            "action": action,
            "url": mask.mask_text(request.get_full_path()),
            "method": request.method,
            "status": response.status_code,
            "seconds": round(seconds, 3),
            **({"title": title} if title else {}),
            **window.context,
        }
        failed = f", answered with {response.status_code}" if response.status_code >= 400 else ""
        draft.verbose = mask.mask_text(_sentence(draft, code, str(title or action))) + failed
        draft.heard = [*window.personal]
        if window.object is not None:
            about(draft, window.object)

    with token_scope(*vars(request).get(TIED, (None, None))):
        tell(code, fill, request=request)


def win_open(title: str, *, object: Any = None, personal: Iterable[str] = (), **context: Any) -> None:  # noqa: A002
    """Tell that a window was opened, and its title: from a hooked view for the view's own event, else by one at once.

    `object` is the model instance that it shows, `context` anything else that is worth finding; `personal` are texts
    that are personal wherever they stand in title and context, on a site that has personal values at all.
    """
    request = get_request()
    if request is not None and hooked(request) is not None:
        vars(request)[WINDOW] = Window(str(title), object, [*personal], context)
    elif telling():
        draft = Record(EventCode.WIN_OPEN.value)
        draft.place()
        said = mask.mask_text(str(title))
        verbose = _sentence(draft, draft.event_code, said)
        more = {"title": said, **context}
        record(EventCode.WIN_OPEN.value, object=object, verbose=verbose, personal=personal, **more)


def title_of(response: HttpResponseBase) -> str | None:
    """Return the title of a window: `title` of the template's context, else the page's `<title>`; None without one.

    That of a page which says that something went wrong is none of the window's.
    """
    if response.status_code >= 400:
        return None
    given = (getattr(response, "context_data", None) or {}).get("title")
    if given:
        return str(given)
    if getattr(response, "streaming", False) or "html" not in response.get("Content-Type", ""):
        return None
    found = _TITLE.search(response.content[:HEAD].decode(response.charset or "utf-8", "replace"))  # type: ignore[attr-defined]
    return " ".join(html.unescape(found[1]).split()) or None if found else None


def _sentence(draft: Record, code: str, what: str) -> str:
    who = draft.user or "Somebody"
    if code == EventCode.WIN_OPEN:
        return f"{who} opened {what}"
    return f"{who}: {dict(EventCode.choices).get(code, code)}: {what}"
