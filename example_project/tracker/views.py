"""The pages that do more than show and save their object."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import generic

from example_project.pages.views import ObjectDelete, ObjectDetail, PageMixin
from example_project.tracker.models import Application, Workspace
from example_project.tracker.models.roles import Permission


class Home(PageMixin, generic.TemplateView):
    """The workspaces with their applications."""

    template_name = "tracker/home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        workspaces = Workspace.objects.prefetch_related("applications")
        return super().get_context_data(
            workspaces=workspaces,
            may_add=self.place.may(Permission.WORKSPACES),
            **kwargs,
        )


class Administration(PageMixin, generic.TemplateView):
    """Accounts, groups, permission groups, and the audit log as a file."""

    template_name = "tracker/administration.html"
    extra_context = {"title": gettext_lazy("Account administration")}


class UserDelete(ObjectDelete):
    def form_valid(self, form: Any) -> HttpResponse:
        if self.object.pk == self.request.user.pk:
            return self.refuse(_("Nobody deletes their own account."))
        return super().form_valid(form)


class WorkspaceDetail(ObjectDetail):
    queryset = Workspace.objects.prefetch_related("applications", "roles")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        may = self.place.may
        return super().get_context_data(
            may_add_applications=may(Permission.APPLICATIONS, self.object),
            may_add_roles=may(Permission.ROLES, self.object),
            **kwargs,
        )


class ApplicationDetail(ObjectDetail):
    queryset = Application.objects.select_related("workspace").prefetch_related("roles")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        may_add_roles = self.place.may(Permission.ROLES, self.object)
        return super().get_context_data(may_add_roles=may_add_roles, **kwargs)


class RoleDetail(ObjectDetail):
    """Who is in a permission group, and what it allows."""

    template_name = "tracker/role_detail.html"

    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().prefetch_related("users", "groups")
