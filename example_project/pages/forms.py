"""Forms that ask why: the reason goes into the audit log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.db.models import Model, QuerySet, UniqueConstraint
from django.utils.translation import gettext_lazy as _


class ReasonForm(forms.Form):
    """Nothing but why."""

    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=200, help_text=_("Kept in the audit log.")
    )
    field_order: list[str] | None = None

    def order_fields(self, field_order: list[str] | None) -> None:
        """The reason comes last."""
        super().order_fields(field_order)
        self.fields["reason"] = self.fields.pop("reason")


class ReasonModelForm(ReasonForm, forms.ModelForm):
    """A model's fields, and why."""

    def clean(self) -> dict[str, Any]:
        """Names that are taken: the form does not have what they are unique within."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for constraint in self.instance._meta.constraints:
            if isinstance(constraint, UniqueConstraint) and cleaned.keys() & {*constraint.fields}:
                self._refuse_taken(constraint.fields, cleaned)
        return cleaned

    def _refuse_taken(self, fields: tuple[str, ...], cleaned: dict[str, Any]) -> None:
        wanted = {name: cleaned.get(name, getattr(self.instance, name)) for name in fields}
        others = type(self.instance)._default_manager.filter(**wanted)
        if others.exclude(pk=self.instance.pk).exists():
            given = next(name for name in reversed(fields) if name in self.fields)
            self.add_error(given, _("There is one of this name already."))


class ObjectForm(ReasonForm):
    """A form about one object, which its choices may depend on."""

    def __init__(self, *args: Any, instance: Model, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance: Any = instance


def pick(name: str, label: Any, choices: Callable[[Any], QuerySet[Any]]) -> type[ObjectForm]:
    """Return a form that asks for one of the objects that ``choices(instance)`` returns."""

    class PickForm(ObjectForm):
        def __init__(self, *args: Any, instance: Model, **kwargs: Any) -> None:
            super().__init__(*args, instance=instance, **kwargs)
            self.fields[name] = forms.ModelChoiceField(choices(instance), label=label)
            self.order_fields(None)

    return PickForm


def date_input() -> forms.DateInput:
    """The browser's own date picker."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
