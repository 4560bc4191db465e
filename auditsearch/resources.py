"""Files that come with the project: in the installed package first, in the checkout second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

_PACKAGE = Path(__file__).resolve().parent
_FOLDERS = (_PACKAGE, _PACKAGE.parent)  # editable installs lack the files that the wheel puts into the package


def read(name: str) -> bytes:
    """Return the bytes of a file such as `index_templates/index-template.json`. Raises FileNotFoundError."""
    for folder in _FOLDERS:
        if (folder / name).is_file():
            return (folder / name).read_bytes()
    raise FileNotFoundError(f"auditsearch was installed without {name}; install it again.")


def read_json(name: str) -> Any:
    """Return what the JSON file holds, new objects at each call. Raises FileNotFoundError."""
    return orjson.loads(read(name))
