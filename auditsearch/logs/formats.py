"""The formats that `auditsearch_import` reads, by name; any other is a function's dotted path."""

from __future__ import annotations

import difflib
from typing import Any

from django.utils.module_loading import import_string

from auditsearch.logs import jsonlines, kofa
from auditsearch.logs.format import Format, LogFileError
from auditsearch.logs.tables import TABLES

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
        known = [*FORMATS, *TABLES]
        if "." not in name:
            near = difflib.get_close_matches(name, known, n=1)
            remedy = f"Did you mean {near[0]}?" if near else "A function of yours is named by its dotted path."
            raise LogFileError(f"--format {name} is none of {', '.join(known)}. {remedy}") from None
        raise LogFileError(f"--format {name} can't be imported: {error}. Known are {', '.join(known)}.") from error
    return found if isinstance(found, Format) else Format(found, example="(what your function reads)")
