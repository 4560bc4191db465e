"""Addresses of the shop."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from example.shop import views

urlpatterns = [
    path("", views.order_list, name="orders"),
    path("login/", LoginView.as_view(template_name="shop/login.html"), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("orders/", views.order_place, name="order-place"),
    path("orders/<int:pk>/edit/", views.order_edit, name="order-edit"),
    path("orders/<int:pk>/pay/", views.order_pay, name="order-pay"),
    path("orders/<int:pk>/cancel/", views.order_cancel, name="order-cancel"),
]
