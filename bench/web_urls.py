"""The addresses of the site whose pages are measured."""

from django.urls import include, path

urlpatterns = [path("audit/", include("auditsearch.urls"))]
