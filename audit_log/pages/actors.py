"""From what people type to the user whom they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Q

from audit_log.conf import settings
from audit_log.identity import clean

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

    from audit_log.querysets import AuditEntryQuerySet

MOST = 10
"""Users of one name or address who are looked at."""


def keys_are_free_text() -> bool:
    """Whether a user's name could be read as a user's key too."""
    return isinstance(get_user_model()._meta.pk, models.CharField | models.TextField)


def find_users(text: str, entries: AuditEntryQuerySet) -> list[AbstractBaseUser]:
    """Return the users whose user name or e-mail address is ``text``, case aside.

    Nobody, where ``text`` is itself a user's key. Where ``VISIBILITY`` is set, only users who
    acted in ``entries`` are found: otherwise the filter would tell every reader which
    addresses have an account.
    """
    text = text.strip()
    if not text or clean(text) != text:
        return []
    model = get_user_model()
    match = Q(**{f"{model.USERNAME_FIELD}__iexact": text})
    if address := getattr(model, "EMAIL_FIELD", ""):
        match |= Q(**{f"{address}__iexact": text})
    if keys_are_free_text():
        match |= Q(pk=text)
    users: list[Any] = list(model._default_manager.filter(match).order_by("pk")[:MOST])
    if any(str(user.pk) == text for user in users):
        return []
    if users and settings.VISIBILITY is not None:
        # Not one query: entries and users may be in different databases.
        acted = entries.filter(actor_id__in=[user.pk for user in users]).order_by()
        seen = set(acted.values_list("actor_id", flat=True).distinct())
        users = [user for user in users if user.pk in seen]
    return users
