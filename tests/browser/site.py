"""`python -m tests.browser.site FOLDER`: the example's site, filled, until its input ends. Its address comes first."""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stdout
from io import StringIO

OFFICER = "officer"
HOUR = 3_600_000_000


def main(folder: str) -> None:
    """Fill and serve."""
    os.environ |= {"SHOP_VAR": folder, "DJANGO_SETTINGS_MODULE": "tests.browser.settings"}
    from example import demo

    with redirect_stdout(StringIO()):
        demo.prepare("sqlite")
    with demo.serving(0) as site:
        with redirect_stdout(StringIO()):
            demo.spend_the_day(site)
            demo.import_logs()
            fill()
        print(site, flush=True)
        sys.stdin.read()


def fill() -> None:
    """Two weeks of prices, hostile texts, and somebody who may look at the log and do nothing else."""
    from django.contrib.auth.models import Permission, User

    from example.day import PASSWORD
    from tests.browser import hostile

    two_weeks()
    hostile.write()
    officer = User.objects.create_user(OFFICER, password=PASSWORD)
    officer.user_permissions.add(Permission.objects.get(content_type__app_label="auditsearch", codename="view"))


def two_weeks() -> None:
    """Changes of prices in each of the last fourteen days, more of them on later ones."""
    import time

    from auditsearch.backends import get_backend
    from tests.factories import event

    usual = {"object_type": "shop.Product", "event_code": "update", "log": "main", "ip": "192.0.2.7"}
    people = [("1", "anna"), ("2", "kate"), ("3", "пётр")]
    now = time.time_ns() // 1000
    for number in range(200):
        day, (suid, name), price = number % 14, people[number % 3], 900 + number
        at = now - HOUR * 24 * day * day // 13 - HOUR * (1 + number % 9)
        told = {"suid": suid, "user": name, "object_id": str(number % 3 + 1), "object_label": f"Tea set {number % 3}"}
        diff = {"context_data": {"diff": {"price": [f"{price}.00", f"{price + 50}.00"]}}}
        sentence = {"verbose": f"{name} changed Product {number % 3 + 1}: price"}
        get_backend().index([event(ts=at, **usual, **told, **diff, **sentence)])


if __name__ == "__main__":
    main(*sys.argv[1:])
