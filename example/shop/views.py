"""Pages of the shop, for people who have signed in."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from example.shop import orders
from example.shop.models import Customer, Order, Product


@login_required
def order_list(request):
    """All orders, newest first, and a form for another one."""
    context = {
        "orders": Order.objects.select_related("customer").order_by("-pk"),
        "customers": Customer.objects.order_by("name"),
        "products": Product.objects.order_by("name"),
    }
    return render(request, "shop/orders.html", context)


@login_required
@require_POST
def order_place(request):
    """Place an order; where the stock is too small, nothing of it remains."""
    customer = get_object_or_404(Customer, pk=request.POST["customer"])
    try:
        orders.place(customer, _wanted(request.POST), request.POST.get("note", ""))
    except orders.OutOfStockError as error:
        return HttpResponse(f"Not possible. {error}.", status=409, content_type="text/plain; charset=utf-8")
    return redirect("orders")


def _wanted(form):
    for product in Product.objects.order_by("pk"):
        quantity = form.get(f"product-{product.pk}", "")
        if quantity.isdecimal() and int(quantity):
            yield product, int(quantity)


@login_required
@require_POST
def order_edit(request, pk):
    """Change the note."""
    order = get_object_or_404(Order, pk=pk)
    order.note = request.POST["note"]
    order.save()
    return redirect("orders")


@login_required
@require_POST
def order_pay(request, pk):
    """Mark a new order as paid."""
    orders.pay(get_object_or_404(Order, pk=pk, status=Order.Status.NEW))
    return redirect("orders")


@login_required
@require_POST
def order_cancel(request, pk):
    """Cancel a new order, and say why."""
    orders.cancel(get_object_or_404(Order, pk=pk, status=Order.Status.NEW), request.POST["reason"])
    return redirect("orders")
