"""An address of each page, for what is true of all of them."""

from __future__ import annotations

PAGES = {
    "search": "/audit/",
    "found": "/audit/?q=price&since=20+days&f.user=kate",
    "wrong": "/audit/?q=usr:kate",
    "nothing": "/audit/?q=nosuchwordatall",
    "hostile": "/audit/?log=hostile",
    "saved": "/audit/saved/",
    "object": "/audit/object/shop.Order/1/",
    "state": "/audit/object/shop.Order/1/?at=now",
    "compared": "/audit/object/shop.Order/1/?left=1+hour&right=now",
    "actor": "/audit/actor/2/",
    "export": "/audit/export/?q=order",
    "regex": "/audit/regex/",
    "matches": "/audit/regex/students/?since=2010-01-01&pattern=clear%5Ba-z%5D%2B",
    "misread": "/audit/regex/students/?pattern=%28",
    "tail": "/audit/tail/?q=order",
}
"""Name -> path."""

FOLLOWED = {"event": "a.text", "request": ".where a[href*='/request/']"}
"""Name -> what leads to a page from a line of the search for an order's cancellation."""

CANCELLED = "/audit/?q=action:order_cancelled"
