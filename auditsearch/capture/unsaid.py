"""What an object's own text must not say: the values of its fields that MASK hides, and of those that it points to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import models
from django.utils.functional import LazyObject

from auditsearch import canonical
from auditsearch.capture import mask
from auditsearch.capture.finder import finder, parsed, texts_in
from auditsearch.capture.rules import Rules, of_field, rules

DEEP = 2
"""Steps from an object to those that it points to."""

_known: tuple[Rules | None, dict[type[models.Model], tuple[str, ...]]] = (None, {})
_reaching: tuple[Rules | None, dict[type[models.Model], bool]] = (None, {})


def without_secrets(text: str, instance: Any) -> str:
    """Return a text, such as the object's label, with the values of its hidden fields masked, in any case."""
    if not _reaches(type(instance)):
        return text
    there = [each for each in _texts(instance, DEEP) if each.lower() in text.lower()]
    find = finder(there) if there else None
    return find(text, mask.hide) if find is not None else text


def without_texts(text: str, values: Iterable[Any]) -> str:
    """Return a text with these values masked, in any case."""
    find = finder(each for value in values for each in texts_in(parsed(value)))
    return text if find is None else find(text, mask.hide)


def tree_without_secrets(tree: Any, instance: Any) -> Any:
    """Return a tree with the same done to each of its texts, as plain JSON where the object may have hidden fields."""
    return _without(canonical.normalise(tree), instance) if _reaches(type(instance)) else tree


def _without(tree: Any, instance: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _without(value, instance) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_without(item, instance) for item in tree]
    return without_secrets(tree, instance) if isinstance(tree, str) else tree


def hides_key(instance: Any) -> bool:
    """Return whether an object's primary key is a secret, so that no event may name the object by it."""
    return instance._meta.pk.attname in hidden_of(type(instance))


def unwrapped(instance: Any) -> Any:
    """Return the object that a lazy one, such as `request.user`, stands for."""
    while isinstance(instance, LazyObject):
        instance._meta  # noqa: B018 - the first look at it makes it
        instance = vars(instance)["_wrapped"]
    return instance


def at_hand(instance: models.Model) -> Iterator[models.Model]:
    """Yield the objects that an object points to, as far as it has them, none of them lazy."""
    for other in instance._state.__dict__.get("fields_cache", {}).values():
        if isinstance(found := unwrapped(other), models.Model):
            yield found


def hidden_of(model: type[models.Model]) -> tuple[str, ...]:
    """Return the attnames of a model's fields whose values MASK hides wholly."""
    global _known
    if _known[0] is not (now := rules()):
        _known = (now, {})
    found = _known[1].get(model)
    if found is None:
        found = _known[1][model] = tuple(_hidden_fields(model))
    return found


def _reaches(model: type[models.Model]) -> bool:
    """Return whether objects of a model, or those that they point to, may have hidden fields; most have none."""
    global _reaching
    if _reaching[0] is not (now := rules()):
        _reaching = (now, {})
    found = _reaching[1].get(model)
    if found is None:
        found = _reaching[1][model] = any(each is None or hidden_of(each) for each in _near(model, DEEP))
    return found


def _near(model: type[models.Model], deep: int) -> Iterator[type[models.Model] | None]:
    """Yield a model and those whose objects its own may have at hand, None for a key to objects of any kind."""
    yield model
    for field in model._meta.get_fields() if deep else ():
        if field.many_to_one or field.one_to_one:
            if isinstance(field.related_model, type):
                yield from _near(field.related_model, deep - 1)
            else:
                yield None


def _hidden_fields(model: type[models.Model]) -> Iterator[str]:
    own = model._meta.concrete_model or model
    return (field.attname for field in own._meta.concrete_fields if _hidden(own, field))


def _hidden(model: type[models.Model], field: Any) -> bool:
    labels = {model._meta.label, field.model._meta.label}
    if mask.secret(field.attname) or any(() in of_field(label, field.name, field.attname) for label in labels):
        return True
    if not isinstance(field, models.ForeignKey):
        return False
    return _hidden(field.target_field.model, field.target_field)


def _texts(instance: Any, deep: int) -> Iterator[str]:
    for attname in hidden_of(type(instance)):
        value = vars(instance).get(attname)
        if value not in (None, ""):
            yield from texts_in(parsed(value))
    for other in at_hand(instance) if deep else ():
        yield from _texts(other, deep - 1)
