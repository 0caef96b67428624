"""The forms of a workspace."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from example_project.pages.forms import ObjectForm, ReasonForm, ReasonModelForm, date_input
from example_project.workspaces.models import (
    ApiKey,
    Integration,
    Member,
    Project,
    Workspace,
    WorkspaceSettings,
)
from example_project.workspaces.models.team import Plan

RESERVED = ("add", "join")


class NewWorkspaceForm(ReasonModelForm):
    class Meta:
        model = Workspace
        fields = ["name", "slug"]

    def clean_slug(self) -> str:
        """Some words are pages already."""
        slug: str = self.cleaned_data["slug"]
        if slug in RESERVED:
            raise forms.ValidationError(_("Choose another address."))
        return slug


class PlanForm(ObjectForm):
    plan = forms.ChoiceField(label=_("Plan"), choices=Plan)

    def __init__(self, *args: Any, instance: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, instance=instance, **kwargs)
        self.fields["plan"].initial = instance.plan


class SettingsForm(ReasonModelForm):
    class Meta:
        model = WorkspaceSettings
        fields = [
            "language",
            "session_hours",
            "requires_two_factors",
            "allows_guests",
            "allowed_domains",
        ]
        widgets = {"allowed_domains": forms.TextInput}

    def clean_allowed_domains(self) -> list[str]:
        """A list of names."""
        domains = self.cleaned_data["allowed_domains"] or []
        if not isinstance(domains, list) or not all(isinstance(one, str) for one in domains):
            raise forms.ValidationError(_('Write a list of names, as ["example.com"].'))
        return domains


class InviteForm(ReasonModelForm):
    class Meta:
        model = Member
        fields = ["email", "role"]

    def clean(self) -> dict[str, Any]:
        """What the workspace's settings allow."""
        cleaned = super().clean()
        rules = self.instance.workspace.settings
        domain = cleaned.get("email", "").rpartition("@")[2]
        if rules.allowed_domains and domain and domain not in rules.allowed_domains:
            self.add_error("email", _("The settings allow other domains only."))
        if cleaned.get("role") == Member.Role.GUEST and not rules.allows_guests:
            self.add_error("role", _("The settings allow no guests."))
        return cleaned


class RoleForm(ObjectForm):
    role = forms.ChoiceField(label=_("Role"), choices=Member.Role)

    def __init__(self, *args: Any, instance: Member, **kwargs: Any) -> None:
        super().__init__(*args, instance=instance, **kwargs)
        self.fields["role"].initial = instance.role


class ProjectForm(ReasonModelForm):
    class Meta:
        model = Project
        fields = ["name", "client", "description", "status", "due_on"]
        widgets = {"due_on": date_input()}


class ApiKeyForm(ReasonModelForm):
    class Meta:
        model = ApiKey
        fields = ["name", "scope"]


class IntegrationForm(ReasonModelForm):
    class Meta:
        model = Integration
        fields = ["provider", "account", "access_token"]
        widgets = {"access_token": forms.PasswordInput}


class JoinForm(ReasonForm):
    """Accepts an invitation: the token is in the form, never in an address that logs keep."""

    token = forms.CharField(widget=forms.HiddenInput)
