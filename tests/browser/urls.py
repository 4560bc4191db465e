"""The example's addresses, and one at which something happens whenever a test asks for it."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from auditsearch.api import record


def happen(request: HttpRequest) -> HttpResponse:
    """Write an event whose sentence is `text`."""
    record("happened", verbose=request.GET["text"])
    return HttpResponse("done", content_type="text/plain")


urlpatterns = [
    path("happen/", happen),
    path("", include("example.urls")),
]
