"""Who may change what: the permission template decides, and a superuser may do everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from example_project.licensing.models import PlatformUser

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


def may(user: AbstractBaseUser | AnonymousUser, permission: str) -> bool:
    """Whether the account has the permission on the platform."""
    if not user.is_authenticated:
        return False
    if getattr(user, "is_superuser", False):
        return True
    member = PlatformUser.objects.select_related("permission_template").filter(user=user).first()
    return member is not None and member.may(permission)
