"""The search page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from auditsearch.web.door import door
from auditsearch.web.page import page
from auditsearch.web.scope import Scope
from auditsearch.web.state import State


@door("view")
def show(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Answer the question of the address, one page."""
    state, now = State.from_request(request), timezone.now()
    events = state.events(scope, now)
    sheet = events.page(state.page_size, state.cursor or None, user=scope.user, scope=scope.key)
    return page(request, "auditsearch/search.html", {"state": state, "sheet": sheet, "scope": scope})
