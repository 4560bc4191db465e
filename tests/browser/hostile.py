"""Texts that would run, hide or break something on a page that shows them as they are."""

SCRIPTS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "\"'><svg/onload=alert(3)>",
    "</textarea></title></style><script>alert(4)</script>",
    "javascript:alert(5)",
    "' onmouseover='alert(6)",
    "{{ 7|add:7 }}{% debug %}",
    "${alert(7)}",
    "&lt;b&gt;",
    "<a href='https://evil.example/'>click</a>",
    "<iframe src='https://evil.example/'></iframe>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<mark>not marked</mark>",
]
"""What must stand on the page as it was written."""

HIDDEN = {
    "a\0b": "a\\u0000b",
    "red\x1b[31m": "red\\u001b[31m",
    "line\nbreak": "line\\nbreak",
    "return\rcar": "return\\rcar",
    "evil\u202etxt.exe": "evil\\u202etxt.exe",
    "zero\u200bwidth": "zero\\u200bwidth",
    "para\u2028graph": "para\\u2028graph",
    "\ufeffmark": "\\ufeffmark",
    "iso\u2066late": "iso\\u2066late",
}
"""Text -> how it is shown, with what hides or moves others made visible."""

HARMLESS = ["e\u0301cole", "🦉 owl", "ﷺ", "a" * 5000, "..", "a/b?c#d%25", "=1+1", "ЁЖ"]
"""What is merely unusual."""


def write() -> None:
    """One event for each text, which stands in it wherever a text can stand."""
    from auditsearch.api import acting, record
    from example.shop.models import Customer

    for text in [*SCRIPTS, *HIDDEN, *HARMLESS]:
        payload = {"tags": [text, {text: [text]}], "diff": {"note": ["old", text], text: [text, None]}}
        with acting(text, reason=text):
            record("hostile", object=Customer(pk=text, name=text), verbose=text, log="hostile", logger=text, **payload)
