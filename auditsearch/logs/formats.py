"""The formats that `auditsearch_import` reads, by name; any other is a function's dotted path."""

from __future__ import annotations

from typing import Any

from django.utils.module_loading import import_string

from auditsearch.logs import jsonlines, kofa
from auditsearch.logs.format import Format, LogFileError

FORMATS = {
    "kofa": Format(kofa.parse, kofa.HEAD, ready=True, when=kofa.when, example=kofa.EXAMPLE),
    "json": Format(jsonlines.parse, mask=False, ordered=False, example='{"ts": 1430291546091000, "verbose": "..."}'),
}


def format_of(name: Any) -> Format:
    """Return the format of this name, or made of the function or Format at this dotted path. Raises LogFileError."""
    if isinstance(name, Format):
        return name
    if name in FORMATS:
        return FORMATS[name]
    try:
        found = import_string(name)
    except (ImportError, ValueError) as error:
        raise LogFileError(
            f"--format {name} is none of {', '.join(FORMATS)}, and no function can be imported from there: {error}"
        ) from error
    return found if isinstance(found, Format) else Format(found, example="(what your function reads)")
