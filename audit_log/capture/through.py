"""Rows of a many-to-many table, where code writes them itself: told as changes of the field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import models

from audit_log.capture.before_after import BeforeAfter, Pair, Update
from audit_log.capture.relations import (
    ManyToMany,
    ends_of,
    pairs_of,
    recorded_field_of,
    relation_events,
)
from audit_log.journal.recorder import write


def update_relations(
    update: Update, queryset: models.QuerySet[Any, Any], values: Mapping[str, Any]
) -> Any:
    """Run an update of a model that is not audited, which may be a many-to-many table."""
    field = recorded_field_of(queryset.model, queryset.db)
    if field is None:
        return update(queryset, **values)
    return _RelationUpdate(update, queryset, values, field).run()


class _RelationUpdate(BeforeAfter):
    def __init__(
        self,
        update: Update,
        queryset: models.QuerySet[Any, Any],
        values: Mapping[str, Any],
        field: ManyToMany,
    ) -> None:
        keys = [key.attname for key in queryset.model._meta.pk_fields]
        super().__init__(update, queryset, values, list(dict.fromkeys([*keys, *ends_of(field)])))
        self.field = field

    def tell(self, pairs: Sequence[Pair]) -> None:
        lost = set(pairs_of(self.field, (old for old, _ in pairs)))
        gained = set(pairs_of(self.field, (new for _, new in pairs)))
        write(relation_events(self.field, gained - lost, lost - gained, self.using), self.using)
