"""MASK: values of keys that sound like secrets, at paths, or of a pattern are replaced before anything is stored."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from typing import Any

from auditsearch import canonical
from auditsearch.capture import cover
from auditsearch.capture.rules import Path, beneath, rules

HIDDEN = "***"
"""What stands in place of a masked value."""

_FIELDS = ("diff", "bulk", "labels")
"""Keys of a context beneath which values of a model's fields stand."""

_count = itertools.count()

_URL = re.compile(r"(://[^\s/:@]{0,256}:)[^\s/@]{1,256}(?=@)")
_HEADERS = re.compile(r"((?:authorization|cookie)[\"']?\s{0,3}:\s{0,3})[^\r\n]+", re.IGNORECASE)


def secret(key: str) -> bool:
    """Return whether values under `key` are hidden: it contains one of MASK, in any case, `-` and blanks as `_`."""
    return cover.named(key, rules().names)


def hide(value: Any) -> Any:
    """Return the mask of a secret value; None stays None."""
    if value is None:
        return None
    next(_count)
    return HIDDEN


def hidden() -> int:
    """Return how many values this process has masked."""
    return int(repr(_count)[len("count(") : -1])  # to call it would count one more


def masked(tree: Any, paths: Iterable[Path] = ()) -> Any:
    """Return a copy of a normalised JSON tree with secrets hidden: values of secret keys and at `paths` below this
    tree, texts that match a pattern, secrets in URLs and inside strings of JSON.
    """
    if isinstance(tree, Mapping):
        return {key: _member(key, value, beneath(paths, key) if paths else ()) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [masked(item, paths) for item in tree]
    if isinstance(tree, str):
        return _masked_string(tree)
    return tree


def masked_context(tree: Any) -> Any:
    """Return a copy of a normalised context with secrets hidden as in any tree, and after their names in what its texts
    say, such as `password=x` in that of an exception. Values of a model's fields are no such texts.
    """
    paths = beneath(rules().paths, "context") if rules().paths else ()
    if not isinstance(tree, Mapping):
        return _said(masked(tree, paths))
    found = masked(tree, paths)
    if _is_silent(found.values()):
        return found
    return {key: value if key in _FIELDS else _said(value) for key, value in found.items()}


def _is_silent(values: Iterable[Any]) -> bool:
    """Whether no text of a flat context names a secret; one look at all of them, for each log record comes here."""
    known, texts = rules(), list[str]()
    for value in values:
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, dict | list):
            return False
    said = "\n".join(texts)
    return not known.patterns and "://" not in said and not cover.mentioned(said, known.names)


def _said(tree: Any) -> Any:
    if isinstance(tree, Mapping):
        return {key: _said(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_said(item) for item in tree]
    return mask_text(tree) if isinstance(tree, str) and tree[:1] not in ("{", "[") else tree


def _member(key: Any, value: Any, paths: tuple[Path, ...]) -> Any:
    if () in paths or (isinstance(key, str) and secret(key)):
        return hide(value)
    return masked(value, paths)


def _masked_string(text: str) -> str:
    if text[:1] in ("{", "["):
        return _masked_json(text)
    return mask_text(text) if "://" in text or ("?" in text and "=" in text) else mask_patterns(text)


def hides(lines: str) -> bool:
    """Return whether a secret may stand inside of one of some texts: in a URL, the end of one, or JSON."""
    return (
        "://" in lines or lines[:1] in ("{", "[") or "\n{" in lines or "\n[" in lines or ("?" in lines and "=" in lines)
    )


def mask_patterns(text: str) -> str:
    """Return `text` with what matches one of MASK's patterns hidden."""
    for pattern in rules().patterns:
        if pattern.search(text):
            next(_count)
            text = pattern.sub(HIDDEN, text)
    return cover.encoded(text, _matches, hide) if "%" in text and rules().patterns else text


def _matches(text: str) -> bool:
    return cover.matches(text, rules().patterns)


def _names(text: str) -> bool:
    return cover.assigns(text, rules().names, HIDDEN)


def mask_text(text: str) -> str:
    """Return `text` with what follows a secret's name hidden: `password=x`, `"token": "x"`, `pwd generated: x`, and
    the password of a URL.
    """
    known = rules()
    text = mask_patterns(text) if known.patterns else text
    if "://" not in text and not cover.mentioned(text, known.names):
        return text
    text = _URL.sub(_keep_name, text)
    text = _HEADERS.sub(_keep_name, text)
    return cover.encoded(cover.assigned(text, known.names, hide), _names, hide)


def _masked_json(text: str) -> str:
    if not cover.mentions(rules().names).search(text):
        return mask_patterns(text)
    try:
        return canonical.dumps(canonical.normalise(masked(canonical.loads(text))))
    except (ValueError, RecursionError):
        return mask_text(text)


def _keep_name(found: re.Match[str]) -> str:
    return f"{found[1]}{hide(found[0])}"
