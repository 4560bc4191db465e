"""Addresses of views of every kind, for the tests of hooked and excluded actions and of actors."""

from collections.abc import AsyncIterator, Callable, Iterator
from functools import wraps
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import include, path
from django.views import View
from rest_framework.authentication import TokenAuthentication
from rest_framework.decorators import api_view
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet
from rest_framework_simplejwt.authentication import JWTAuthentication

from auditsearch.api import record, recording, win_open
from tests.shop.models import Customer


def decorated(view: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator as applications write them."""

    @wraps(view)
    def inside(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    return inside


@decorated
def plain(request: HttpRequest) -> HttpResponse:
    """A page with a title, and a change."""
    Customer.objects.create(name="of a function")
    return HttpResponse("<html><head><TITLE>\n Orders &amp; co </TITLE></head></html>")


def titled(request: HttpRequest) -> HttpResponse:
    """A view that says itself what window it opens."""
    win_open("Order 5", order=5)
    return HttpResponse("")


def card(request: HttpRequest) -> HttpResponse:
    """A view whose window shows an object."""
    shown = Customer.objects.create(name="Zinaida")
    win_open("Zinaida, called Zina", object=shown, personal=["Zina"], tab=2)
    return HttpResponse("")


def template(request: HttpRequest) -> TemplateResponse:
    """A template's page."""
    return TemplateResponse(request, "admin/login.html", {"title": "Sign in", "site_url": ""})


async def later(request: HttpRequest) -> HttpResponse:
    """An asynchronous view."""
    await sync_to_async(Customer.objects.create)(name="later")
    return HttpResponse("")


def export(request: HttpRequest) -> StreamingHttpResponse:
    """An answer that is made while it is sent."""

    def lines() -> Iterator[str]:
        with recording("export") as work:
            yield from work.counted(["a", "b"])

    return StreamingHttpResponse(lines())


async def later_export(request: HttpRequest) -> StreamingHttpResponse:
    """The same in asynchronous code."""

    async def lines() -> AsyncIterator[str]:
        yield "a"
        await sync_to_async(record)("export", rows=1)

    return StreamingHttpResponse(lines())


def failing(request: HttpRequest) -> HttpResponse:
    """A view that fails."""
    raise ValueError


class Window(View):
    """A view that is a class."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show."""
        Customer.objects.create(name="of a class")
        return HttpResponse("")


class ApiWindow(APIView):
    """A view of an API."""

    authentication_classes = (TokenAuthentication, JWTAuthentication)
    permission_classes = (IsAuthenticated,)

    def post(self, request: Any) -> Response:
        """Make a customer."""
        return Response({"id": Customer.objects.create(name="by an API").pk})


class Customers(ViewSet):
    """A set of views of an API."""

    authentication_classes = ()

    def list(self, request: Any) -> Response:
        """All, and one more."""
        return Response({"id": Customer.objects.create(name="by a set").pk})


@api_view(["GET"])
def api_function(request: Any) -> Response:
    """A view of an API that is a function."""
    return Response({})


@admin.action
def rename(modeladmin: Any, request: HttpRequest, queryset: models.QuerySet[Customer]) -> None:
    """Call all of them Anna."""
    for customer in queryset:
        customer.name = "Anna"
        customer.save()


class CustomerAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Customers in the admin."""

    actions = (rename,)


site = admin.AdminSite()
site.register(Customer, CustomerAdmin)
router = SimpleRouter()
router.register("customers", Customers, basename="customer")

urlpatterns = [
    path("plain", plain, name="plain-window"),
    path("titled", titled),
    path("card", card),
    path("template", template),
    path("later", later),
    path("export", export),
    path("later-export", later_export),
    path("failing", failing),
    path("window", Window.as_view(), name="window"),
    path("api/window", ApiWindow.as_view()),
    path("api/function", api_function),
    path("api/", include((router.urls, "api"))),
    path("admin/", site.urls),
    path("", include("loginas.urls")),
    path("hijack/", include("hijack.urls")),
    path("impersonate/", include("impersonate.urls")),
]
