"""The tracker's forms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import Group, User
from django.utils.translation import gettext_lazy as _

from example_project.pages.forms import ObjectForm, ReasonForm, ReasonModelForm, pick
from example_project.tracker.models import (
    Account,
    Application,
    AppPermissionGroup,
    SystemPermissionGroup,
    UserGroup,
    Workspace,
    WorkspacePermissionGroup,
)


class NewUserForm(ReasonForm, UserCreationForm):
    class Meta:
        model = Account
        fields = ["username", "first_name", "last_name", "email"]


class UserForm(ReasonModelForm):
    class Meta:
        model = Account
        fields = ["username", "first_name", "last_name", "email"]


class UserGroupForm(ReasonModelForm):
    class Meta:
        model = UserGroup
        fields = ["name", "description"]


class WorkspaceForm(ReasonModelForm):
    class Meta:
        model = Workspace
        fields = ["name", "description"]


class ApplicationForm(ReasonModelForm):
    class Meta:
        model = Application
        fields = ["name", "prefix", "description"]


class SystemRoleForm(ReasonModelForm):
    class Meta:
        model = SystemPermissionGroup
        fields = ["name"]


class WorkspaceRoleForm(ReasonModelForm):
    class Meta:
        model = WorkspacePermissionGroup
        fields = ["name"]


class AppRoleForm(ReasonModelForm):
    class Meta:
        model = AppPermissionGroup
        fields = ["name"]


class PermissionsForm(ObjectForm):
    permissions = forms.MultipleChoiceField(
        label=_("Permissions"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, instance: Any, **kwargs: Any) -> None:
        super().__init__(*args, instance=instance, **kwargs)
        self.fields["permissions"].choices = [
            (choice.value, choice.label) for choice in instance.choices()
        ]
        self.fields["permissions"].initial = instance.permissions


AddUserToGroupForm = pick(
    "group", _("Group"), lambda user: UserGroup.objects.exclude(pk__in=user.groups.values("pk"))
)
RemoveUserFromGroupForm = pick("group", _("Group"), lambda user: user.groups.all())
AddGroupToGroupForm = pick(
    "group", _("Group"), lambda group: UserGroup.objects.exclude(pk__in=group.groups.values("pk"))
)
RemoveGroupFromGroupForm = pick("group", _("Group"), lambda group: group.groups.all())

AddUserForm = pick(
    "user", _("User"), lambda role: User.objects.exclude(pk__in=role.users.values("pk"))
)
RemoveUserForm = pick("user", _("User"), lambda role: role.users.all())
AddGroupForm = pick(
    "group", _("Group"), lambda role: Group.objects.exclude(pk__in=role.groups.values("pk"))
)
RemoveGroupForm = pick("group", _("Group"), lambda role: role.groups.all())
