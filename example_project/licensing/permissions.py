"""Who may change what: the permission template decides, and a superuser may do everything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from example_project import tenants
from example_project.licensing.models import PlatformUser
from example_project.pages.places import Place


def is_platform_user(user: Any) -> bool:
    """Whether the account works on the platform."""
    if not user.is_authenticated:
        return False
    return user.is_superuser or PlatformUser.objects.filter(user=user).exists()


def may(user: Any, permission: str) -> bool:
    """Whether the account has the permission on the platform."""
    if not user.is_authenticated:
        return False
    if user.is_superuser:
        return True
    member = PlatformUser.objects.select_related("permission_template").filter(user=user).first()
    return member is not None and member.may(permission)


def logs_of(user: Any) -> Iterator[str]:
    """Yield the platform's tenant to everybody who works on it."""
    if is_platform_user(user):
        yield tenants.LICENSING


class Platform(Place):
    namespace = "licensing"
    title = _("Licensing platform")
    base_template = "licensing/base.html"
    tenant = tenants.LICENSING

    def may_enter(self) -> bool:
        return is_platform_user(self.user)

    def may(self, permission: str, obj: Any = None) -> bool:
        return may(self.user, permission)

    @property
    def home(self) -> str:
        return self.reverse("license-list")
