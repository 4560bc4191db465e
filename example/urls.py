"""Addresses of the shop, its administration and the search page."""

from django.contrib import admin
from django.urls import include, path

from example.search import search

urlpatterns = [
    path("admin/", admin.site.urls),
    path("search/", search, name="search"),
    path("", include("example.shop.urls")),
]
