"""The web pages: `path("audit/", include("auditsearch.urls"))`."""

from __future__ import annotations

from django.urls import path

from auditsearch.web import actor, complete, event, export, regex, request, saved, search, tail
from auditsearch.web import object as objects

app_name = "auditsearch"

urlpatterns = [
    path("", search.show, name="search"),
    path("counts/", search.counts, name="counts"),
    path("complete/", complete.complete, name="complete"),
    path("saved/", saved.index, name="saved"),
    path("saved/new/", saved.save, name="saved_save"),
    path("saved/<int:pk>/", saved.follow, name="saved_follow"),
    path("saved/<int:pk>/share/", saved.share, name="saved_share"),
    path("saved/<int:pk>/delete/", saved.delete, name="saved_delete"),
    path("export/", export.choose, name="export"),
    path("export/<str:form_name>/", export.export, name="export_file"),
    path("regex/", regex.regex, name="regex"),
    path("regex/<str:log>/", regex.regex, name="regex_log"),
    path("tail/", tail.tail, name="tail"),
    path("event/<str:key>/", event.show_event, name="event"),
    path("object/<str:model>/<str:key>/", objects.show_object, name="object"),
    path("request/<str:token>/", request.show_request, name="request"),
    path("actor/<str:suid>/", actor.show_actor, name="actor"),
]
