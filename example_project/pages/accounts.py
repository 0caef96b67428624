"""What two of the systems do with accounts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from example_project.pages.forms import ObjectForm


class PasswordForm(ObjectForm):
    """A new password, twice."""

    password1 = forms.CharField(label=_("New password"), widget=forms.PasswordInput, strip=False)
    password2 = forms.CharField(label=_("Once more"), widget=forms.PasswordInput, strip=False)

    def clean_password1(self) -> str:
        password: str = self.cleaned_data["password1"]
        validate_password(password, self.instance)
        return password

    def clean(self) -> dict[str, Any]:
        """Both are the same; then one of them is enough."""
        cleaned = dict(super().clean() or self.cleaned_data)
        once_more = cleaned.pop("password2", None)
        if "password1" in cleaned and cleaned["password1"] != once_more:
            self.add_error("password2", _("The two are not the same."))
        return cleaned


def set_password(account: Any, password1: str) -> None:
    """Let the person log in with another password."""
    account.set_password(password1)
    account.save(update_fields=["password"])
