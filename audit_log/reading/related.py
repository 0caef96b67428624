"""What the objects that foreign keys lead to were called, from the log alone.

An entry has their names only where they were loaded when it was written. What else is known is
what other entries call them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from django.core.exceptions import ValidationError
from django.db import models

from audit_log.identity import type_of
from audit_log.registry import key_text_of

if TYPE_CHECKING:
    from audit_log.querysets import AuditEntryQuerySet

MOST = 100
"""Names that are looked for at once, each by a step in an index."""


class Question(NamedTuple):
    """What was this object called by the time of that entry?"""

    target_type: str
    target_id: str
    until: uuid.UUID


Names: TypeAlias = Mapping[Question, str]


def question_of(
    field: models.Field[Any, Any] | None, stored: Any, until: uuid.UUID
) -> Question | None:
    """Return the question for what a stored foreign key leads to; ``None`` for other values."""
    if stored is None or not isinstance(field, models.ForeignKey):
        return None
    model = field.related_model
    if not isinstance(model, type) or field.target_field is not model._meta.pk:
        return None
    try:
        return Question(type_of(model), key_text_of(model, stored), until)
    except (TypeError, ValueError, ValidationError):
        # Not a key any more, since the model has changed.
        return None


def names_of(questions: Iterable[Question | None], visible: AuditEntryQuerySet) -> Names:
    """Return the answers that ``visible`` entries give; one query, none without a question."""
    asked = sorted({question for question in questions if question is not None})[:MOST]
    if not asked:
        return {}
    newest: list[Any] = [
        models.Subquery(
            visible.filter(target_type=kind, target_id=key, pk__lte=until)
            .order_by("-pk")
            .values("pk")[:1],
            # As a derived table: MariaDB takes no LIMIT in IN.
            template="(SELECT * FROM (%(subquery)s) AS audit_log_keys)",
        )
        for kind, key, until in asked
    ]
    fields = ("target_type", "target_id", "pk", "target_repr")
    rows = list(visible.filter(pk__in=newest).order_by("-pk").values_list(*fields))
    found = {}
    for question in asked:
        for kind, key, pk, name in rows:
            if (kind, key) == question[:2] and pk <= question.until:
                found[question] = name
                break
    return {question: name for question, name in found.items() if name}
