"""``?fields=id,action``: which fields of an entry are answered, and what that takes to load."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from audit_log.api.serializers import AuditEntrySerializer
from audit_log.models import AuditReference
from audit_log.reading.fields import shown

if TYPE_CHECKING:
    from audit_log.querysets import AuditEntryQuerySet

FIELDS = "fields"

# What a field is made of, where it is not just the column of its name.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "action_label": ("action",),
    "sentence": (
        "action",
        "outcome",
        "actor_type",
        "actor_repr",
        "target_type",
        "target_id",
        "target_repr",
        "changes",
    ),
    "actor": ("actor", "actor_type", "actor_repr"),
    "target": ("target_type", "target_id", "target_repr"),
    "references": (),
    "kept_until": (
        "occurred_at",
        "event_type",
        "action",
        "actor",
        "target_type",
        "target_id",
        "tenant",
        "correlation_id",
    ),
}
# A hold may name an object that an entry only refers to.
_WITH_REFERENCES = {"references", "kept_until"}
# By its action a look at the log is known, of which LOG_READS leaves no further entry.
_ALWAYS = ("action",)


def selected_fields(request: Request) -> list[str]:
    """Return the names of the fields that ``fields`` asks for, or all, as entries have them.

    Raises ``ValidationError`` for a name that there is not.
    """
    known = AuditEntrySerializer.Meta.fields
    asked = [name.strip() for name in request.query_params.get(FIELDS, "").split(",")]
    names = {name for name in asked if name}
    if unknown := [name for name in asked if name and name not in known]:
        message = _("An entry has no field “%(name)s”. There are: %(known)s.")
        params = {"name": shown(unknown[0]), "known": ", ".join(known)}
        raise ValidationError({FIELDS: [message % params]})
    return [name for name in known if name in names or not names]


def loading(entries: AuditEntryQuerySet, fields: Collection[str]) -> AuditEntryQuerySet:
    """Return the same entries, of which nothing is loaded but what these fields take.

    One further query fetches the references of all entries of an answer.
    """
    columns = {column for name in fields for column in _COLUMNS.get(name, (name,))}
    # What VISIBILITY may have joined is of no use here.
    entries = entries.select_related(None).only(*columns.union(_ALWAYS))
    if _WITH_REFERENCES.isdisjoint(fields):
        return entries
    references = Prefetch("references", queryset=AuditReference.objects.order_by("pk"))
    return entries.prefetch_related(references)
