"""One set of filters for every surface: admin, pages, REST, exports, command."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EMPTY_VALUES
from django.db.models.lookups import Exact
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit_log import catalogue, registry
from audit_log.identity import MAX_ID_LENGTH, type_of
from audit_log.models import AuditEntry
from audit_log.periods import occurred
from audit_log.reading.fields import (
    AddressField,
    MomentField,
    ObjectField,
    SearchField,
    TextField,
    UserKeyField,
    WordField,
    shown,
)
from audit_log.reading.leading import Unindexed, leading
from audit_log.uuid7 import key_range
from audit_log.vocabulary import EventType, Outcome

if TYPE_CHECKING:
    from audit_log.querysets import AuditEntryQuerySet


def action_choices() -> Iterator[tuple[str, str]]:
    """Yield ``(action, label)`` of all that can happen, after the choice of all."""
    yield "", gettext("All actions")
    yield from catalogue.labels().items()


def target_type_choices() -> Iterator[tuple[str, str]]:
    """Yield ``(target_type, name)`` of the audited models, after the choice of all."""
    yield "", gettext("All types")
    yield from target_types().items()


def target_types() -> dict[str, str]:
    """Return the audited models' names by target type, sorted by type.

    Where two models have the same name, the target type is added to it.
    """
    names = {
        type_of(model): str(capfirst(model._meta.verbose_name))
        for model in registry.audited_models()
    }
    counts = Counter(names.values())
    return {
        key: name if counts[name] == 1 else f"{name} ({key})" for key, name in sorted(names.items())
    }


def event_type_choices() -> Iterator[tuple[str, str]]:
    """Yield ``(event type, label)``, after the choice of all."""
    yield "", gettext("All event types")
    yield from ((str(value), str(label)) for value, label in EventType.choices)


def outcome_choices() -> Iterator[tuple[str, str]]:
    """Yield ``(outcome, label)``, after the choice of all."""
    yield "", gettext("All outcomes")
    yield from ((str(value), str(label)) for value, label in Outcome.choices)


class FilterForm(forms.Form):
    """Refuses what would find nothing, or not what was meant.

    A parameter that is given twice with different values, and a range of time that ends
    before it begins.
    """

    def clean(self) -> None:
        self._refuse_reversed_range()
        getlist = getattr(self.data, "getlist", None)
        if getlist is None:
            return
        for name in self.fields:
            if len(set(getlist(self.add_prefix(name)))) > 1:
                self.add_error(
                    name,
                    ValidationError(
                        _("%(name)s is given more than once: give one value."),
                        code="invalid",
                        params={"name": name},
                    ),
                )

    def _refuse_reversed_range(self) -> None:
        after = self.cleaned_data.get("occurred_after")
        before = self.cleaned_data.get("occurred_before")
        if after and before and after > before:
            self.add_error(
                "occurred_after",
                ValidationError(
                    _(
                        "The range ends before it begins: occurred_after (%(after)s) is later "
                        "than occurred_before (%(before)s)."
                    ),
                    code="invalid",
                    params={
                        "after": shown(self.data["occurred_after"]),
                        "before": shown(self.data["occurred_before"]),
                    },
                ),
            )


# django-filter has no types.
class Filter(django_filters.Filter):  # type: ignore[misc]
    """One parameter, validated by a form field of the class that is given."""

    def __init__(self, field_class: type[forms.Field], **options: Any) -> None:
        self.field_class = field_class
        super().__init__(**options)

    def filter(self, entries: AuditEntryQuerySet, value: Any) -> AuditEntryQuerySet:
        """Return the entries with that value; without a value, all of them."""
        if value in EMPTY_VALUES:
            return entries
        if self.field_name in self.parent.leading:
            return entries.filter(**{self.field_name: value})
        return entries.filter(Exact(Unindexed(self.field_name), value))


class AuditEntryFilter(django_filters.FilterSet):  # type: ignore[misc]
    """``AuditEntryFilter(data=request.GET, queryset=entries, request=request)``.

    ``data`` is a ``QueryDict`` or a dict of texts, ``queryset`` an
    :class:`~audit_log.querysets.AuditEntryQuerySet`. ``is_valid()`` says whether every value
    can be asked for, ``errors`` what is wrong with which parameter, ``qs`` has the entries:
    none of them while anything is wrong, never unfiltered ones. Parameters that are no
    filters are left alone; empty ones do not filter.
    """

    search = Filter(SearchField, method="find_words", label=_("Search"), max_length=MAX_ID_LENGTH)
    occurred_after = Filter(MomentField, method="in_any_period", label=_("From"))
    occurred_before = Filter(MomentField, method="in_any_period", label=_("Until"), end=True)
    event_type = Filter(
        WordField, label=_("Event type"), what=_("event type"), choices=event_type_choices
    )
    action = Filter(
        WordField,
        label=_("Action"),
        what=_("action"),
        choices=action_choices,
        max_length=catalogue.MAX_NAME_LENGTH,
    )
    outcome = Filter(WordField, label=_("Outcome"), what=_("outcome"), choices=outcome_choices)
    target_type = Filter(
        WordField,
        label=_("Target type"),
        what=_("target type"),
        choices=target_type_choices,
        max_length=201,
    )
    target_id = Filter(TextField, label=_("Target ID"), max_length=MAX_ID_LENGTH, strip=False)
    object = Filter(
        ObjectField,
        method="find_object",
        label=_("Object (target or reference)"),
        types=lambda: list(target_types()),
    )
    actor = Filter(UserKeyField, field_name="actor_id", label=_("Actor"))
    tenant = Filter(TextField, label=_("Tenant"), max_length=100, strip=False)
    correlation_id = Filter(TextField, label=_("Correlation ID"), max_length=64)
    remote_addr = Filter(AddressField, label=_("Address"))

    class Meta:
        model = AuditEntry
        fields: list[str] = []
        form = FilterForm

    @property
    def form(self) -> forms.Form:
        """The form, whose fields know which words of the past are stored still."""
        if not hasattr(self, "_form"):
            form = super().form
            entries = self.queryset.order_by()
            form.fields["action"].is_stored = lambda word: entries.filter(action=word).exists()
            form.fields["target_type"].is_stored = lambda word: entries.filter(
                target_type=word
            ).exists()
            form.fields["object"].is_stored = lambda word, key: (
                entries.filter(target_type=word).exists() or entries.for_target(word, key).exists()
            )
        return cast("forms.Form", super().form)

    @property
    def qs(self) -> AuditEntryQuerySet:
        """The entries asked for; none where a value is wrong."""
        if self.is_bound and not self.is_valid():
            return cast("AuditEntryQuerySet", self.queryset.none())
        return cast("AuditEntryQuerySet", super().qs)

    def filter_queryset(self, entries: AuditEntryQuerySet) -> AuditEntryQuerySet:
        """Return what all filters leave, and where among the keys to look for it."""
        since, until = (
            self.form.cleaned_data.get(f"occurred_{end}") for end in ("after", "before")
        )
        within = self._of_any_time(entries).filter(occurred(entries.db, since, until))
        return within.within_keys(*key_range(since, until))

    @property
    def of_any_time(self) -> AuditEntryQuerySet:
        """What all other filters than those of the time leave; they must be valid."""
        return self._of_any_time(self.queryset.all())

    def _of_any_time(self, entries: AuditEntryQuerySet) -> AuditEntryQuerySet:
        values = self.form.cleaned_data
        given = [name for name in values if values[name] not in EMPTY_VALUES]
        self.leading = leading(self.filters[name].field_name for name in given)
        return cast("AuditEntryQuerySet", super().filter_queryset(entries))

    def in_any_period(self, entries: AuditEntryQuerySet, name: str, moment: Any) -> Any:
        """Both ends of the period are one condition, see :meth:`filter_queryset`."""
        return entries

    def find_words(self, entries: AuditEntryQuerySet, name: str, text: str) -> AuditEntryQuerySet:
        return entries.search(text)

    def find_object(
        self, entries: AuditEntryQuerySet, name: str, target: tuple[str, str]
    ) -> AuditEntryQuerySet:
        return entries.for_target(*target)
