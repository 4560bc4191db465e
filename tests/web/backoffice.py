"""A site with an AdminSite of its own, and the audit pages beneath another address than elsewhere."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from tests.shop.models import Customer, Order, Visit


class OfficeSite(admin.AdminSite):
    """Not Django's own."""


class OwnHistory(admin.ModelAdmin):  # type: ignore[type-arg]
    """Has a history of its own."""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, str] | None = None
    ) -> HttpResponse:
        """Say so."""
        return HttpResponse("a history of its own")


site = OfficeSite(name="office")
site.register(Order)
site.register(Visit)
site.register(Customer, OwnHistory)

urlpatterns = [path("office/", site.urls), path("watch/", include("auditsearch.urls"))]

pageless = [path("office/", site.urls)]
"""The same without the audit pages."""
