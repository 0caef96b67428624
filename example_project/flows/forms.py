"""The forms of flow automation."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, UserCreationForm
from django.utils.translation import gettext_lazy as _

import audit_log
from example_project.flows.models import (
    AclRule,
    ComponentAccess,
    Configuration,
    Connector,
    Flow,
    IntegrationTemplate,
    Person,
    Tenant,
)
from example_project.pages.forms import ReasonForm, ReasonModelForm


class StepsField(forms.CharField):
    """A list of texts, one a line."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = str(super().to_python(value)).splitlines()
        return [line.strip() for line in lines if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(data) != (initial or []))


def steps_field() -> StepsField:
    """The steps of a flow or a template."""
    return StepsField(
        label=_("Steps"),
        required=False,
        help_text=_("One a line, as: shop.on_order, sheets.append, mail.send"),
    )


class FlowForm(ReasonModelForm):
    steps = steps_field()

    class Meta:
        model = Flow
        fields = ["name", "description", "steps"]


class TemplateForm(ReasonModelForm):
    steps = steps_field()

    class Meta:
        model = IntegrationTemplate
        fields = ["name", "summary", "flow", "steps"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["flow"].queryset = self.instance.tenant.flows.all()

    def save(self, commit: bool = True) -> IntegrationTemplate:
        """Each edit is a new version."""
        if self.instance.pk is not None and set(self.changed_data) - {"reason"}:
            self.instance.version += 1
        saved: IntegrationTemplate = super().save(commit)
        return saved


class InstallForm(ReasonModelForm):
    class Meta:
        model = Connector
        fields = ["service", "version"]


class ConnectorForm(ReasonModelForm):
    class Meta:
        model = Connector
        fields = ["version"]


class ComponentAccessForm(ReasonModelForm):
    component = forms.ChoiceField(label=_("Component"))

    class Meta:
        model = ComponentAccess
        fields = ["component", "user"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        connector = self.instance.connector
        self.fields["component"].choices = [(name, name) for name in connector.components]
        self.fields["user"].queryset = connector.tenant.users.all()


class AclRuleForm(ReasonModelForm):
    class Meta:
        model = AclRule
        fields = ["user", "resource", "note"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = self.instance.tenant.users.all()


class ConfigurationForm(ReasonModelForm):
    class Meta:
        model = Configuration
        fields = ["key", "value", "secret"]
        widgets = {"secret": forms.PasswordInput}
        help_texts = {"secret": _("Shown to nobody. Empty: as it is.")}

    def clean_secret(self) -> str:
        """What is not shown cannot be sent back."""
        return self.cleaned_data["secret"] or self.instance.secret


class NewPersonForm(ReasonForm, UserCreationForm):
    class Meta:
        model = Person
        fields = ["username", "first_name", "last_name", "email"]


class PersonForm(ReasonModelForm):
    class Meta:
        model = Person
        fields = ["username", "first_name", "last_name", "email"]


class LoginForm(AuthenticationForm):
    """Lets in the accounts of one tenant."""

    def __init__(self, *args: Any, tenant: Tenant, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tenant = tenant

    def confirm_login_allowed(self, user: Any) -> None:
        """The password was right; that is not enough."""
        super().confirm_login_allowed(user)
        if user.is_superuser or self.tenant.users.filter(pk=user.pk).exists():
            return
        refusal = _("This account is not one of %(tenant)s.") % {"tenant": self.tenant}
        audit_log.record(
            "user.log_in", target=user, metadata={"refused": str(refusal)}, outcome="failure"
        )
        raise forms.ValidationError(refusal)
