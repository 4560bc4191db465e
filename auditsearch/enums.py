"""The codes that an event may bear."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class EventCode(TextChoices):
    """What happened: the codes that auditsearch itself gives."""

    INSERT = "insert", _("created")
    UPDATE = "update", _("changed")
    DELETE = "delete", _("deleted")
    LOGIN = "login", _("logged in")
    LOGOUT = "logout", _("logged out")
    LOGIN_FAILED = "login_failed", _("failed to log in")
    WIN_OPEN = "win_open", _("opened a window")


class EventType(TextChoices):
    """What kind of event it is."""

    UNDEFINED = "undefined", _("undefined")


class SystemEnum(TextChoices):
    """Which system it happened in."""

    UNDEFINED = "undefined", _("undefined")
    SHELL = "shell", _("shell")
