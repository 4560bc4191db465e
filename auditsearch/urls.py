"""The web pages: `path("audit/", include("auditsearch.urls"))`."""

from __future__ import annotations

from django.urls import path

from auditsearch.web import search

app_name = "auditsearch"

urlpatterns = [
    path("", search.show, name="search"),
]
