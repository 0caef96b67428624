"""The pages that do more than show and save their object."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import generic

import audit_log
from example_project.pages.exceptions import Refused
from example_project.pages.views import (
    ChangeMixin,
    ObjectCreate,
    ObjectDelete,
    ObjectUpdate,
    PageMixin,
    perform,
)
from example_project.workspaces.forms import JoinForm
from example_project.workspaces.models import Member, Workspace, WorkspaceSettings


class WorkspaceList(PageMixin, generic.ListView):
    """The workspaces that the person is in."""

    template_name = "workspaces/workspace_list.html"
    model = Workspace


class WorkspaceCreate(ObjectCreate):
    """Opens a workspace for the person, who is its owner."""

    def form_valid(self, form: Any) -> HttpResponse:
        values = form.cleaned_data
        with audit_log.context(reason=values["reason"]):
            made = Workspace.open(values["name"], values["slug"], self.request.user)
        messages.success(self.request, _("%(object)s was saved.") % {"object": made})
        return HttpResponseRedirect(made.get_absolute_url())


class Join(PageMixin, generic.FormView):
    """Where an invitation leads to."""

    template_name = "workspaces/join.html"
    form_class = JoinForm

    def get_initial(self) -> dict[str, Any]:
        return {"token": self.request.GET.get("token", "")}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        token = self.request.GET.get("token", "") or self.request.POST.get("token", "")
        return super().get_context_data(invitation=self.invitation(token), **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        member = self.invitation(form.cleaned_data["token"])
        with audit_log.context(tenant=member.workspace.audit_tenant):
            perform(
                self.request,
                lambda: member.join(self.request.user),
                form.cleaned_data["reason"],
            )
        return HttpResponseRedirect(member.workspace.get_absolute_url())

    def invitation(self, token: str) -> Member:
        """Return the member whom the token invites; 404 where there is none."""
        found = Member.objects.select_related("workspace").filter(
            invitation_token=token, joined_at__isnull=True
        )
        member = found.first() if token else None
        if member is None:
            raise Http404
        return member


class Settings(ObjectUpdate):
    """The workspace's settings, with their history below."""

    template_name = "workspaces/settings.html"
    title = gettext_lazy("Settings")

    @property
    def subject(self) -> WorkspaceSettings:
        return self.place.workspace.settings

    def get_success_url(self) -> str:
        return self.place.reverse("settings")


class MemberRemove(ObjectDelete):
    """The last owner stays."""

    def form_valid(self, form: Any) -> HttpResponse:
        name = str(self.object)
        with audit_log.context(reason=form.cleaned_data["reason"]):
            try:
                self.object.remove()
            except Refused as refusal:
                return self.refuse(str(refusal))
        messages.success(self.request, _("%(object)s was removed.") % {"object": name})
        return HttpResponseRedirect(self.get_success_url())


class ApiKeyCreate(ObjectCreate):
    """Shows the new key, this once: it is in no message and on no other page."""

    def form_valid(self, form: Any) -> HttpResponse:
        with audit_log.context(reason=form.cleaned_data["reason"]):
            key = form.instance.issue()
        context = self.get_context_data(object=form.instance, key=key)
        answer = render(self.request, "workspaces/apikey_created.html", context)
        answer["Cache-Control"] = "no-store"
        return answer


class ChangePlan(ChangeMixin, generic.FormView):
    """What the workspace pays for."""

    template_name = "demo/form.html"
    title = gettext_lazy("Plan")

    def get_form_kwargs(self) -> dict[str, Any]:
        self.object = self.place.workspace
        return {**super().get_form_kwargs(), "instance": self.object}

    def form_valid(self, form: Any) -> HttpResponse:
        plan, reason = form.cleaned_data["plan"], form.cleaned_data["reason"]
        perform(self.request, lambda: self.object.change_plan(plan), reason)
        return HttpResponseRedirect(self.place.reverse("settings"))
