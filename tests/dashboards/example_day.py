"""`python -m tests.dashboards.example_day FOLDER URL PREFIX`: the example's day and logs, on a search server."""

from __future__ import annotations

import os
import sys


def main(folder: str, url: str, prefix: str) -> None:
    """Live the day, import the logs, change many rows at once, and ship it all."""
    os.environ |= {"SHOP_VAR": folder, "SHOP_OPENSEARCH_URL": url, "DJANGO_SETTINGS_MODULE": "example.settings"}
    from example import settings

    settings.AUDITSEARCH |= {"INDEX_PREFIX": prefix, "BULK_EVENTS": 2}
    from example import demo

    demo.prepare("opensearch")
    with demo.serving(0) as site:
        demo.spend_the_day(site)
    demo.import_logs()
    many_at_once()
    demo.command("auditsearch_ship")


def many_at_once() -> None:
    """An operation that is told by one event."""
    from auditsearch.context import acting
    from example.shop.models import Product

    with acting("anna", reason="taking stock"):
        Product.objects.update(stock=0)


if __name__ == "__main__":
    main(*sys.argv[1:])
