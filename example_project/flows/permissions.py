"""Who may do what in a tenant: its ACL rules decide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from example_project.flows.models import AclRule, ComponentAccess, Person, TemplateTest, Tenant
from example_project.flows.models.tenants import Resource
from example_project.pages.places import Place


def rules_about(resource: str, user: Any) -> QuerySet[AclRule]:
    """Return the rules that let the user do something with a resource, in their tenants."""
    wanted = (resource, Resource.EVERYTHING)
    return AclRule.objects.filter(user=user.pk, tenant__users=user.pk, resource__in=wanted)


def may(user: Any, resource: str, tenant: Tenant) -> bool:
    """Whether the user may change the resource, or read it where it is the audit log."""
    return user.is_superuser or rules_about(resource, user).filter(tenant=tenant).exists()


def is_in(user: Any, tenant: Tenant) -> bool:
    """Whether it is a tenant of the user's."""
    return user.is_superuser or tenant.users.filter(pk=user.pk).exists()


def logs_of(user: Any) -> Iterator[str]:
    """Yield the tenants whose audit log the user may read."""
    for rule in rules_about(Resource.LOG, user).select_related("tenant"):
        yield rule.tenant.audit_tenant


class Flows(Place):
    """Before somebody chooses a tenant."""

    namespace = "flows"
    title = _("Flow automation")
    base_template = "demo/base.html"

    def may(self, permission: str, obj: Model | None = None) -> bool:
        return False

    def mine(self, objects: QuerySet[Any]) -> QuerySet[Any]:
        return objects if self.user.is_superuser else objects.filter(users=self.user.pk)

    @property
    def home(self) -> str:
        return self.reverse("tenant-list")


class InTenant(Place):
    """In one of them; to whoever has no account there, there is none."""

    namespace = "flows"
    base_template = "flows/base.html"

    def __init__(self, request: HttpRequest, tenant: str, **kwargs: Any) -> None:
        super().__init__(request)
        found = Tenant.objects.filter(slug=tenant).first()
        if found is None or not is_in(self.user, found):
            raise Http404
        self.flow_tenant = found
        self.title = found.name
        self.tenant = found.audit_tenant
        self.args = (found.slug,)

    @property
    def menu(self) -> list[tuple[Any, str]]:
        """Return the pages of the system's administration that are open to the person."""
        pages = (
            (Resource.USERS, "user-list"),
            (Resource.ACL, "aclrule-list"),
            (Resource.CONFIGURATION, "configuration-list"),
        )
        return [(one.label, self.reverse(name)) for one, name in pages if self.may(one)]

    @classmethod
    def login_url(cls, **kwargs: Any) -> str:
        return reverse("flows:login", args=[kwargs["tenant"]])

    def may(self, permission: str, obj: Model | None = None) -> bool:
        return may(self.user, permission, self.flow_tenant)

    def mine(self, objects: QuerySet[Any]) -> QuerySet[Any]:
        tenant = self.flow_tenant
        if objects.model is Person:
            # Who manages a tenant's users must not become the site's by setting a password.
            return objects.filter(flow_tenants=tenant, is_staff=False, is_superuser=False)
        if objects.model is TemplateTest:
            return objects.filter(template__tenant=tenant).select_related("template__tenant")
        if objects.model is ComponentAccess:
            return objects.filter(connector__tenant=tenant).select_related("connector__tenant")
        return objects.filter(tenant=tenant).select_related("tenant")

    def settle(self, obj: Model) -> None:
        if hasattr(type(obj), "tenant"):
            obj.tenant = self.flow_tenant

    @property
    def home(self) -> str:
        return self.flow_tenant.get_absolute_url()
