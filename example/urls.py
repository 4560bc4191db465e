"""Addresses of the shop, its administration and the audit log."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("audit/", include("auditsearch.urls")),  # <-- auditsearch
    path("", include("example.shop.urls")),
]
