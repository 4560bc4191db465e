"""Questions that read what PERSONAL names are refused, unless they are asked unmasked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditsearch.capture.named import asks
from auditsearch.conf import settings
from auditsearch.exceptions import Hidden
from auditsearch.forms import encode_key
from auditsearch.query.parse import ROOTS
from auditsearch.query.unmasked import paths

if TYPE_CHECKING:
    from auditsearch.search import Events


def refuse(events: Events) -> None:
    """Raise Hidden where the question asks a path that PERSONAL names for more than there being a value."""
    if settings.PERSONAL and not events.unmask:
        for path, existence in paths(events.tree):
            if asks(path, existence=existence):
                raise Hidden(f"{path} {_WHY}")


def refuse_name(path: str) -> None:
    """Raise Hidden where PERSONAL names a stored path whose values are to be read."""
    if asks(path):
        raise Hidden(f"{path} {_WHY}")


def refuse_column(path: str) -> None:
    """Raise Hidden where a promoted field is of a path that PERSONAL names: no column is made of it, for nobody."""
    if asks(path):
        raise Hidden(f'{path} is personal (AUDITSEARCH["PERSONAL"]): events can\'t be counted or ordered by it.')


def path_of(name: str) -> str:
    """Return the stored path of a key as a question writes it, `_snapshot__name`; "" of any other name."""
    root, *keys = name.split("__")
    return ".".join([ROOTS[root], *map(encode_key, keys)]) if root in ROOTS else ""


_WHY = (
    'is personal (AUDITSEARCH["PERSONAL"]): it is asked for only with the permission auditsearch.unmask, '
    "in Python by .unmasked() before .filter()."
)
