"""Where a page is: in one of the systems, and there perhaps in one workspace or tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse

from example_project.visibility import tenants_of

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.http import HttpRequest

READ_LOG = "audit_log.view_auditentry"


class Place:
    """A system, as one person finds it; each system has a subclass.

    ``kwargs`` are those of the address. Raises ``Http404`` where it leads to a workspace or
    tenant that the person has nothing to do with.
    """

    namespace = ""
    """Of the system's URL names."""
    title: Any = ""
    base_template = ""
    tenant = ""
    """Whose log it is; see :mod:`example_project.tenants`."""
    args: tuple[Any, ...] = ()
    """What the place's addresses begin with."""

    def __init__(self, request: HttpRequest, **kwargs: Any) -> None:
        self.user: Any = request.user

    @classmethod
    def login_url(cls, **kwargs: Any) -> str:
        """Where people without an account in their session are sent."""
        return reverse("login")

    def may_enter(self) -> bool:
        """Whether the person has any business here."""
        return True

    def may(self, permission: str, obj: Model | None = None) -> bool:
        """Whether the person has a permission, here or for one object."""
        raise NotImplementedError

    def mine(self, objects: QuerySet[Any]) -> QuerySet[Any]:
        """Return those objects that belong to the place."""
        return objects

    def settle(self, obj: Model) -> None:
        """Let a new object belong to the place."""

    def reverse(self, name: str, *args: Any) -> str:
        """Return the address of one of the place's pages."""
        return reverse(f"{self.namespace}:{name}", args=[*self.args, *args])

    @property
    def home(self) -> str:
        """Return the address that the system's name leads to."""
        return self.reverse("home")

    @property
    def reads_log(self) -> bool:
        """Whether the person may see the place's audit log."""
        return self.user.has_perm(READ_LOG) or self.tenant in tenants_of(self.user)
