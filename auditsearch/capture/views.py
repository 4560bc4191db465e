"""The names of a view: its addresses' names, its function, class and method, and the packages that hold it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.http import HttpRequest


def names_of(request: HttpRequest) -> frozenset[str]:
    """Return all names by which the view of a request can be meant; none before its address was resolved."""
    match = getattr(request, "resolver_match", None)
    if match is None:
        return frozenset()
    names = {match.view_name, match.url_name, *view_names(match.func, request.method or "")}
    if (action := admin_action(match.func, request)) is not None:
        names.update([action, *_action_names(match.func.model_admin, action, request)])
    return frozenset(filter(None, names))


def view_names(view: Any, method: str = "") -> set[str]:
    """Return the names of a view as they can be told without a request but its method."""
    names: set[str] = set()
    for each in _layers(view):
        names |= _names(each)
    for cls in _classes(view):
        actions = getattr(view, "actions", None) or {}
        for name in {"", method.lower(), actions.get(method.lower(), "")}:
            names |= _class_names(cls, name)
    return names


def view_of(request: HttpRequest) -> Any:
    """Return the class of a request's view, else its function."""
    match = getattr(request, "resolver_match", None)
    view = match and match.func
    return next(_classes(view), None) or [None, *_layers(view)][-1]


def admin_action(view: Any, request: HttpRequest) -> str | None:
    """Return the name of the action that is run from the admin's list of objects."""
    if getattr(view, "model_admin", None) is None or request.method != "POST" or "action" not in request.POST:
        return None
    given, at = request.POST.getlist("action"), request.POST.get("index", "0")
    chosen = given[int(at)] if at.isdecimal() and int(at) < len(given) else given[0]
    return str(chosen) or None


def action_names(view: Any) -> Iterator[str]:
    """Yield the names of the actions of a view of the admin."""
    admin = getattr(view, "model_admin", None)
    for func, name, _ in admin._get_base_actions() if admin is not None else ():
        yield from {name, *_class_names(type(admin), name), *_names(func)}


def _action_names(admin: Any, action: str, request: HttpRequest) -> set[str]:
    found = admin.get_actions(request).get(action)
    return _class_names(type(admin), action) | (_names(found[0]) if found else set())


def _layers(view: Any) -> Iterator[Any]:
    """Yield a view and what its decorators wrap."""
    seen: list[Any] = []
    while view is not None and not any(view is each for each in seen):
        seen.append(view)
        yield view
        view = getattr(view, "__wrapped__", None) or getattr(view, "func", None)


def _classes(view: Any) -> Iterator[type]:
    for each in _layers(view):
        for name in ("view_class", "cls"):
            if isinstance(found := getattr(each, name, None), type):
                yield found
        if (owner := getattr(each, "__self__", None)) is not None:
            yield type(owner)


def _class_names(cls: type, method: str = "") -> set[str]:
    name = f"{cls.__qualname__}.{method}" if method else cls.__qualname__
    return {name, *_dotted(f"{cls.__module__}.{name}")}


def _names(view: Callable[..., Any]) -> set[str]:
    if (owner := getattr(view, "__self__", None)) is not None:
        return _class_names(type(owner), view.__name__) | {view.__name__}
    name = getattr(view, "__qualname__", type(view).__qualname__)
    module = getattr(view, "__module__", type(view).__module__)
    return set(_dotted(f"{module}.{name}")) | (set() if "<locals>" in name else {name})


def _dotted(path: str) -> Iterator[str]:
    """Yield a path and the packages that hold it, but not the topmost alone."""
    parts = path.partition(".<locals>")[0].split(".")
    yield from (".".join(parts[:end]) for end in range(2, len(parts) + 1))
