"""Two addresses for monitoring: `path("audit/", include("auditsearch.monitor.urls"))`."""

from __future__ import annotations

from django.urls import path

from auditsearch.monitor import views

app_name = "auditsearch_monitor"

urlpatterns = [
    path("health", views.show_health, name="health"),
    path("metrics", views.show_metrics, name="metrics"),
]
