"""Django's admin leads to the audit pages: the History button, an action of each change list, a link on the index.

Works on every AdminSite, also on one that is made later, for each tracked model. A ModelAdmin that has a `history_view`
of its own keeps it; one that answers `has_audit_history_permission` with False has neither button nor action.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.sites import all_sites
from django.contrib.admin.utils import unquote
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from auditsearch.capture.diff import concrete, plans
from auditsearch.capture.keys import key_text
from auditsearch.conf import settings
from auditsearch.exceptions import AuditSearchError, QueryError
from auditsearch.timeline import timeline
from auditsearch.web import links
from auditsearch.web.scope import scope
from auditsearch.web.state import State

OWN = "own"
"""Parameter of an address that asks for Django's own history: `.../history/?own`."""

ACTION = "audit_history"
"""Name of the action, for `AdminSite.disable_action`."""

CHOSEN = 90
"""Objects whose events can be asked for at once."""

logger = logging.getLogger("auditsearch")

Method = Callable[..., Any]


def connect() -> None:
    """Let every AdminSite and ModelAdmin lead to the audit pages, once."""
    if hasattr(admin.AdminSite, "auditsearch"):
        return
    admin.AdminSite.auditsearch = True  # type: ignore[attr-defined]
    admin.AdminSite.__init__ = _with_action(admin.AdminSite.__init__)  # type: ignore[method-assign]
    admin.AdminSite.get_app_list = _with_link(admin.AdminSite.get_app_list)  # type: ignore[method-assign]
    admin.ModelAdmin.history_view = _leading_on(admin.ModelAdmin.history_view)  # type: ignore[method-assign]
    admin.ModelAdmin.has_audit_history_permission = may_look  # type: ignore[attr-defined]
    for site in all_sites:
        site.add_action(audit_history, ACTION)


def may_look(self: admin.ModelAdmin[Any], request: HttpRequest) -> bool:
    """Return whether this person may look at the history of this model's objects on the audit pages."""
    return concrete(self.model) in plans and _is_open(request)


@admin.action(description=_("Audit history"), permissions=["audit_history"])
def audit_history(
    modeladmin: admin.ModelAdmin[Any], request: HttpRequest, queryset: QuerySet[Model]
) -> HttpResponse | None:
    """Lead to the search page with the events of the chosen objects."""
    keys = [key_text(pk) or "" for pk in queryset.order_by().values_list("pk", flat=True)[: CHOSEN + 1]]
    state = State(only=(("object_type", _label(modeladmin)), *(("object_id", key) for key in keys)))
    try:
        State.from_query(QueryDict(state.query()))
    except QueryError:
        keys = []
    if not 0 < len(keys) <= CHOSEN:
        messages.error(request, _("These are too many objects for one question: choose fewer of them."))
        return None
    return HttpResponseRedirect(state.url())


def _is_open(request: HttpRequest) -> bool:
    user: Any = request.user
    return settings.ADMIN and user.has_perm("auditsearch.view") and bool(_search_url())


def _search_url() -> str:
    try:
        return reverse("auditsearch:search")
    except NoReverseMatch:  # a site that has the store and not the pages
        return ""


def _label(modeladmin: admin.ModelAdmin[Any]) -> str:
    return str(concrete(modeladmin.model)._meta.label)


def _with_action(init: Method) -> Method:
    @wraps(init)
    def made(self: admin.AdminSite, *args: Any, **options: Any) -> None:
        init(self, *args, **options)
        self.add_action(audit_history, ACTION)

    return made


def _with_link(get_app_list: Method) -> Method:
    @wraps(get_app_list)
    def listed(self: admin.AdminSite, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        found: list[Any] = get_app_list(self, request, app_label)
        return [*found, _entry()] if app_label is None and _is_open(request) else found

    return listed


def _entry() -> dict[str, Any]:
    """The audit log as the index lists an application with one model."""
    url = _search_url()
    seen = {"add": False, "change": False, "delete": False, "view": True}
    search = {"name": _("Search"), "object_name": "AuditSearch", "model": None, "perms": seen, "view_only": True}
    entry = {"name": _("Audit log"), "app_label": "auditsearch", "app_url": url, "has_module_perms": True}
    return entry | {"models": [search | {"admin_url": url, "add_url": None}]}


def _leading_on(history_view: Method) -> Method:
    @wraps(history_view)
    def view(
        self: Any, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        url = "" if OWN in request.GET else _page_of(self, request, unquote(object_id))
        if url:
            return HttpResponseRedirect(url)
        answer: HttpResponse = history_view(self, request, object_id, extra_context)
        return answer

    return view


def _page_of(modeladmin: Any, request: HttpRequest, key: str) -> str:
    """The address of an object's page, "" where there is nothing to see, and while the store does not answer."""
    if not modeladmin.has_audit_history_permission(request):
        return ""
    instance = modeladmin.get_object(request, key)
    told = None if instance is None else (_label(modeladmin), key_text(instance.pk))
    try:
        return links.object_url(*told) if told and timeline(told, events=scope(request).events).exists() else ""
    except AuditSearchError:
        logger.warning("The audit log does not answer; Django's own history is shown", extra={"action": "admin"})
        return ""
