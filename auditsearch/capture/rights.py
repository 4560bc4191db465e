"""Who may do what: changed passwords, groups and permissions, whether their models are tracked or not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import wraps
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import Group, Permission
from django.db.models.signals import m2m_changed, pre_delete

from auditsearch.capture.actions import about
from auditsearch.capture.label import label, no_queries
from auditsearch.capture.named import fields_of
from auditsearch.capture.record import Record
from auditsearch.capture.system import tell, telling
from auditsearch.enums import EventCode

GONE = "auditsearch_gone"
"""Attribute of `_state` of an object whose rights are being cleared: their names."""

CHANGED = "auditsearch_password"
"""Attribute of `_state` of a user whose new password is not saved yet: what was done with it."""


def connect() -> None:
    """Listen to the relations that grant rights, and to the saving of new passwords."""
    listen()
    if not hasattr(AbstractBaseUser.save, "auditsearch"):
        AbstractBaseUser.save = _telling_passwords(AbstractBaseUser.save)  # type: ignore[method-assign]
        for name in ("set_password", "set_unusable_password"):
            setattr(AbstractBaseUser, name, _noticing(getattr(AbstractBaseUser, name)))


def listen() -> None:
    """Listen to the relations that grant rights, but not in vain: who listens makes Django ask."""
    for _, through, granted in _grants():
        for signal, receiver, sender in ((m2m_changed, rights_changed, through), (pre_delete, rights_go, granted)):
            if telling():
                signal.connect(receiver, sender=sender, dispatch_uid="auditsearch.rights")
            else:
                signal.disconnect(sender=sender, dispatch_uid="auditsearch.rights")


def rights_changed(
    sender: Any, instance: Any, action: str, model: Any, pk_set: Collection[Any] | None, using: str, **_: Any
) -> None:
    """Write `group_change` or `permission_change`, with the names of what was added and removed."""
    if not telling():
        return
    if action == "pre_clear":
        instance._state.__dict__[GONE] = _named(model, _held(sender, instance, model, using), using)
    elif action in ("post_add", "post_remove") and pk_set:
        names = _named(model, pk_set, using)
        _tell(instance, model, using, **{"added" if action == "post_add" else "removed": names})
    elif action == "post_clear" and (names := instance._state.__dict__.pop(GONE, None)):
        _tell(instance, model, using, removed=names)


def rights_go(sender: Any, instance: Any, using: str, **_: Any) -> None:
    """Write who loses a group or a permission that is deleted, which no signal of their relation tells."""
    for holder, through, granted in _grants():
        if granted is sender and (names := _named(holder, _held(through, instance, holder, using), using)):
            _tell(instance, holder, using, removed=names)


def _grants() -> Iterator[tuple[Any, Any, Any]]:
    """Yield (model of who holds rights, table between, model of what is granted)."""
    user = get_user_model()
    for holder, name in ((user, "groups"), (user, "user_permissions"), (Group, "permissions")):
        relation: Any = getattr(holder, name, None)
        if (through := getattr(relation, "through", None)) is not None:
            yield holder, through, relation.field.related_model


def _tell(instance: Any, model: Any, using: str, **names: list[str]) -> None:
    permissions = Permission in (model, type(instance))
    code = EventCode.PERMISSION_CHANGE if permissions else EventCode.GROUP_CHANGE

    def fill(draft: Record) -> None:
        about(draft, instance)
        draft.context_data |= {"of": model._meta.label, **names}
        ((how, which),) = names.items()
        if fields_of(model._meta.label):
            draft.heard = [*draft.heard, *which]
        what = f"{model._meta.verbose_name_plural} {how}: {', '.join(which)}"
        draft.verbose = f"{draft.user or 'Somebody'} changed {draft.object_label}: {what}"

    tell(code, fill, using=using)


def _held(through: Any, instance: Any, model: Any, using: str) -> list[Any]:
    """Return the keys of what an object holds by a relation."""
    fields = {field.related_model: field for field in through._meta.fields if field.is_relation}
    mine, others = fields[type(instance)._meta.concrete_model], fields[model]
    rows = through._default_manager.using(using).filter(**{mine.attname: instance.pk})
    return list(rows.values_list(others.attname, flat=True))


def _named(model: Any, pks: Collection[Any], using: str) -> list[str]:
    """Return the names of objects: `app.codename` of permissions, else what they are called."""
    found = model._base_manager.using(using).filter(pk__in=pks)
    if model is Permission:
        pairs = found.values_list("content_type__app_label", "codename")
        return sorted(f"{app}.{codename}" for app, codename in pairs)
    objects = list(found)
    with no_queries:
        return sorted(map(label, objects))


def _noticing(change: Callable[..., None]) -> Any:
    """Return a `set_password` or `set_unusable_password` that remembers that none is left."""

    @wraps(change)
    def noticed(self: AbstractBaseUser, *args: Any, **options: Any) -> None:
        change(self, *args, **options)
        if not self.has_usable_password():
            self._state.__dict__[CHANGED] = "took away"

    return noticed


def _telling_passwords(save: Callable[..., None]) -> Any:
    @wraps(save)
    def saved(self: AbstractBaseUser, *args: Any, **options: Any) -> None:
        known, adding = self._state.__dict__, self._state.adding
        if getattr(self, "_password", None) is not None:
            known[CHANGED] = "changed"
        save(self, *args, **options)
        written = options.get("update_fields", args[3] if len(args) > 3 else None)
        if (written is None or "password" in written) and (how := known.pop(CHANGED, None)) and not adding:
            tell(EventCode.PASSWORD_CHANGE, lambda draft: _password(draft, self, how), using=str(self._state.db))

    saved.auditsearch = True  # type: ignore[attr-defined]
    return saved


def _password(draft: Record, user: Any, how: str) -> None:
    about(draft, user)
    draft.verbose = f"{draft.user or 'Somebody'} {how} the password of {user.get_username()}"
