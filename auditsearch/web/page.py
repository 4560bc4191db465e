"""A page of the audit log: a template with what each of them shows beside its own."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

THEMES = ("light", "dark")
"""What the cookie may say; without it the browser's own preference counts."""

COOKIE = "auditsearch_theme"


def page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Render `template` with `context`, `theme` and `person` (the name of who is signed in, "" of nobody)."""
    chosen, user = request.COOKIES.get(COOKIE), getattr(request, "user", None)
    common = {
        "theme": chosen if chosen in THEMES else "",
        "person": user.get_username() if user is not None and user.is_authenticated else "",
        "fragment": bool(request.headers.get("HX-Request")) and not request.headers.get("HX-Boosted"),
    }
    return render(request, template, common | context, status=status)
