"""The closed lists of words in an entry."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class EventType(models.TextChoices):
    """What kind of thing happened."""

    CREATE = "create", _("create")
    UPDATE = "update", _("update")
    DELETE = "delete", _("delete")
    ACCESS = "access", _("access")
    OTHER = "other", _("other")


class Outcome(models.TextChoices):
    """Whether it was done."""

    SUCCESS = "success", _("success")
    FAILURE = "failure", _("failure")


class ActorType(models.TextChoices):
    """Who did it, where it is no user."""

    USER = "user", _("user")
    ANONYMOUS = "anonymous", _("anonymous")
    SYSTEM = "system", _("system")
    COMMAND = "command", _("command")
    TASK = "task", _("task")
    TOKEN = "token", _("token")  # a word, no secret
