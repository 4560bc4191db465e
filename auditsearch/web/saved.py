"""Saved searches, own and shared. One is a question and nothing else: whoever opens it sees what he himself may see."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from auditsearch.exceptions import InvalidValue
from auditsearch.models import SavedSearch
from auditsearch.web.door import door
from auditsearch.web.page import page
from auditsearch.web.scope import Scope
from auditsearch.web.show import visible
from auditsearch.web.state import State

MOST = 200
"""Searches that one person may keep."""

SHOWN = 10
"""Searches that stand beside the box."""

LONGEST = 100
"""Characters of a name."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A saved search as one person sees it: `own`, or shared by `owner`."""

    pk: int
    name: str
    owner: str
    own: bool
    shared: bool
    url: str


def seen(scope: Scope, most: int = SHOWN) -> list[Kept]:
    """Return the searches that somebody may open, the own ones first."""
    mine = _key(scope)
    rows = SavedSearch.objects.filter(Q(owner=mine) | Q(shared=True)).order_by("name", "pk")[: MOST * 5]
    return sorted((_kept(row, mine) for row in rows), key=lambda kept: not kept.own)[:most]


@door("view")
def index(request: HttpRequest, scope: Scope) -> HttpResponse:
    """List them."""
    return page(request, "auditsearch/saved.html", {"scope": scope, "saved": seen(scope, MOST * 5)})


@door("view")
def follow(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """Open one: go to its address."""
    row = get_object_or_404(SavedSearch.objects.filter(Q(owner=_key(scope)) | Q(shared=True)), pk=pk)
    return HttpResponseRedirect(_state(row.query).url())


@door("view", methods=("POST",))
def save(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Keep a question under a name; one's own of that name is replaced. Raises InvalidValue."""
    name = visible(request.POST.get("name", "").strip())  # PostgreSQL takes no NUL
    if not 1 <= len(name) <= LONGEST:
        raise InvalidValue(_("Give the search a name of 1 to %(most)d characters.") % {"most": LONGEST})
    mine = SavedSearch.objects.filter(owner=_key(scope))
    if mine.exclude(name=name).count() >= MOST:
        raise InvalidValue(_("You have %(most)d saved searches already: delete one first.") % {"most": MOST})
    state = _state(request.POST.get("query", ""))
    SavedSearch.objects.update_or_create(
        owner=_key(scope),
        name=name,
        defaults={"owner_name": scope.user.get_username(), "query": state.query(), "shared": _shares(request, scope)},
    )
    return HttpResponseRedirect(state.url())


@door("share", methods=("POST",))
def share(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """Let others open one of one's own, or no longer."""
    row = _own(scope, pk)
    row.shared = not row.shared
    row.save(update_fields=["shared"])
    return HttpResponseRedirect(reverse("auditsearch:saved"))


@door("view", methods=("POST",))
def delete(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """Delete one of one's own."""
    _own(scope, pk).delete()
    return HttpResponseRedirect(reverse("auditsearch:saved"))


def _own(scope: Scope, pk: int) -> SavedSearch:
    row = SavedSearch.objects.filter(owner=_key(scope), pk=pk).first()
    if row is None:
        raise Http404
    return row


def _key(scope: Scope) -> str:
    return str(scope.user.pk)


def _shares(request: HttpRequest, scope: Scope) -> bool:
    return scope.share and bool(request.POST.get("shared"))


def _state(query: str) -> State:
    """The state of a query string, without the place in its list."""
    return replace(State.from_query(QueryDict(query)), cursor="", all="")


def _kept(row: SavedSearch, mine: str) -> Kept:
    own = row.owner == mine
    return Kept(row.pk, row.name, row.owner_name, own, row.shared, reverse("auditsearch:saved_follow", args=[row.pk]))
