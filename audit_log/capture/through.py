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
    write_relations,
)
from audit_log.capture.upserting import Change

BATCH = 1000


def update_relations(
    update: Update, queryset: models.QuerySet[Any, Any], values: Mapping[str, Any]
) -> Any:
    """Run an update of a model that is not audited, which may be a many-to-many table."""
    field = recorded_field_of(queryset.model, queryset.db)
    if field is None:
        return update(queryset, **values)
    return _RelationUpdate(update, queryset, values, field).run()


class InsertedRelations:
    """Tells of rows that ``bulk_create()`` wrote."""

    reads = True

    def __init__(self, field: ManyToMany, using: str) -> None:
        self.field = field
        self.using = using

    def came(self, objs: Sequence[models.Model], what: str = "create") -> None:
        """Tell of rows that are new."""
        for start in range(0, len(objs), BATCH):
            pairs = pairs_of(self.field, [obj.__dict__ for obj in objs[start : start + BATCH]])
            write_relations(self.field, pairs, (), self.using)

    def came_or_met(self, changes: Sequence[Change]) -> None:
        """Tell of rows that are new, and of others that were pointed elsewhere."""
        lost = set(pairs_of(self.field, (old for old, _ in changes if old is not None)))
        gained = set(pairs_of(self.field, (new for _, new in changes)))
        write_relations(self.field, gained - lost, lost - gained, self.using)


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
        write_relations(self.field, gained - lost, lost - gained, self.using)
