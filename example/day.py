"""A day in the shop: what three people do in their browsers, one step after another."""

from example.browser import Browser

PEOPLE = {"anna": True, "kate": False, "пётр": False}  # name: works in the administration too
PASSWORD = "samovar-and-cups"  # noqa: S105
SAMOVAR = {"name": "Самовар «Тула»", "price": "4500.00", "stock": 5}
TEA_SET = {"name": "Tea set", "price": "1200.00", "stock": 40}
TOYS = {"name": "Ёлочные игрушки", "price": "350.50", "stock": 100}


def live(site):
    """Let the day happen at the address `site`; yields a sentence before each step's end."""
    anna, kate, petr = Browser(site), Browser(site), Browser(site)
    yield from morning(anna)
    yield from noon(kate, petr)
    yield from evening(anna, kate, petr)


def morning(anna):
    """The shop is filled."""
    yield "anna signs in to the administration"
    anna.get("/admin/login/?next=/admin/")
    anna.send("/admin/login/?next=/admin/", {"username": "anna", "password": PASSWORD, "next": "/admin/"})
    yield "anna enters three products and three customers"
    for product in (SAMOVAR, TEA_SET, TOYS):
        anna.send("/admin/shop/product/add/", product)
    for name, city in [("Иванов Иван", "Москва"), ("O'Brien, Kate", "Cork"), ("Łukasz Żółć", "Gdańsk")]:
        anna.send("/admin/shop/customer/add/", {"name": name, "city": city})


def noon(kate, petr):
    """Orders come in."""
    yield "kate mistypes her password, then signs in to the shop"
    kate.get("/login/")
    kate.send("/login/", {"username": "kate", "password": "samovar-and-cusp"}, stays=True)
    kate.send("/login/", {"username": "kate", "password": PASSWORD})
    yield "kate takes an order of Иванов, corrects its note and marks it as paid"
    kate.send("/orders/", {"customer": 1, "product-1": 1, "product-3": 4, "note": "позвонить перед доставкой"})
    kate.send("/orders/1/edit/", {"note": "позвонить после 18:00"})
    kate.send("/orders/1/pay/", {})
    yield "пётр signs in and takes an order of O'Brien"
    petr.get("/login/")
    petr.send("/login/", {"username": "пётр", "password": PASSWORD})
    petr.send("/orders/", {"customer": 2, "product-2": 2, "note": "gift wrap"})
    yield "пётр takes an order of 100 tea sets: too many, the transaction fails"
    petr.send("/orders/", {"customer": 3, "product-1": 1, "product-2": 100, "note": "для всей конторы"}, expect=409)


def evening(anna, kate, petr):
    """Minds and prices change."""
    yield "пётр cancels the order of O'Brien"
    petr.send("/orders/2/cancel/", {"reason": "Клиент передумал, too slow"})
    yield "anna changes two prices and removes a customer"
    anna.send("/admin/shop/product/1/change/", {**SAMOVAR, "price": "4990.50", "stock": 4})
    anna.send("/admin/shop/product/2/change/", {**TEA_SET, "price": "1100.00"})
    anna.send("/admin/shop/customer/3/delete/", {"post": "yes"})
    yield "all three sign out"
    for person in (anna, kate, petr):
        person.send("/logout/", {})
