"""The site's addresses: the admin, and two views that change an order."""

from asgiref.sync import sync_to_async
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from tests.shop.models import Customer


def add(request: HttpRequest) -> HttpResponse:
    """Make a customer."""
    return HttpResponse(str(Customer.objects.create(name=request.GET["name"]).pk))


async def aadd(request: HttpRequest) -> HttpResponse:
    """Make a customer in an asynchronous view."""
    customer = await sync_to_async(Customer.objects.create)(name=request.GET["name"])
    return HttpResponse(str(customer.pk))


urlpatterns = [
    path("monitor/", include("auditsearch.monitor.urls")),
    path("audit/", include("auditsearch.urls")),
    path("admin/", admin.site.urls),
    path("add", add),
    path("aadd", aadd),
]
