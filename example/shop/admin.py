"""The shop's tables in Django's administration."""

from django.contrib import admin

from example.shop.models import Customer, Order, OrderLine, Product


class OrderLines(admin.TabularInline):
    """Lines are edited with their order."""

    model = OrderLine
    extra = 0


@admin.register(Customer)
class CustomerAdmin(admin.ModelAdmin):
    """Who buys."""

    list_display = ("name", "email", "city")
    search_fields = ("name",)


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    """What is sold."""

    list_display = ("name", "price", "stock")


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    """What was ordered."""

    list_display = ("__str__", "customer", "status", "total")
    inlines = (OrderLines,)
