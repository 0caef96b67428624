"""An object as it was at a moment, for those who may see everything that it rests on."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from audit_log import uuid7
from audit_log.conf import settings
from audit_log.models import AuditEntry
from audit_log.reading.display import Related, field_of, label_of_field, model_of, related_of
from audit_log.reading.moments import parse_moment
from audit_log.reading.related import names_of, question_of
from audit_log.reading.values import Value, value_of
from audit_log.reading.visibility import visible_entries
from audit_log.states import FieldState, ObjectState

if TYPE_CHECKING:
    from django.db import models
    from django.http import HttpRequest

BATCH = 500
"""Entries whose visibility is asked for at once."""


class PartlyHidden(Exception):
    """The state rests on entries that the reader may not see."""

    def __str__(self) -> str:
        return _(
            "Some entries about this object are not yours to see, so its fields at that moment "
            "cannot be told."
        )


def parse_at(text: str) -> datetime.datetime:
    """Return the moment that people ask for: of a date its end, see ``parse_moment``.

    An empty text is now. Raises ``ValidationError``.
    """
    return parse_moment(text, end=True) if text else timezone.now()


def visible_state(
    request: HttpRequest, target_type: str, target_id: str, at: datetime.datetime
) -> ObjectState | None:
    """Return the state of an object at ``at``; ``None`` where no entry about it is visible.

    It is told from all entries or not at all: from those alone that ``VISIBILITY`` lets
    through it could be wrong. Raises :exc:`PartlyHidden` where one that it rests on is not
    among them.
    """
    visible = visible_entries(request)
    if not visible.for_target(target_type, target_id).exists():
        return None
    entries = AuditEntry.objects.using(visible.db)
    state = entries.state_of_target(target_type, target_id, at)
    if settings.VISIBILITY is not None:
        rests_on = list(state.rests_on)
        for start in range(0, len(rests_on), BATCH):
            keys = rests_on[start : start + BATCH]
            if visible.filter(pk__in=keys).order_by().count() < len(keys):
                raise PartlyHidden
    return state


@dataclass(frozen=True)
class ShownField:
    """A field of a state, as people read it."""

    name: str
    label: str
    state: FieldState
    field: models.Field | None  # type: ignore[type-arg]
    related_name: str = ""
    """What the related object was called, where the state does not tell."""

    @property
    def is_many(self) -> bool:
        """Whether it is a many-to-many field; look at ``related`` then."""
        return bool(getattr(self.field, "many_to_many", False)) and self.state.status == "known"

    @property
    def related(self) -> list[Related]:
        """The objects that were in a many-to-many field."""
        return list(related_of(self.state.value))

    @property
    def value(self) -> Value:
        """The value of any other field."""
        value = value_of(self.state.value, self.field, self.state.repr or self.related_name)
        if not self.state.sha256:
            return value
        return Value(value.kind, f"{value.text}…", value.raw, self.state.sha256)


@dataclass(frozen=True)
class AsOf:
    """A state to show, its fields in the model's order."""

    state: ObjectState
    fields: list[ShownField]


def as_of(request: HttpRequest, state: ObjectState) -> AsOf:
    """Return a state with the names that the log knows; one query at most."""
    model = model_of(state.target_type)
    until = uuid7.highest(uuid7.milliseconds_at(state.at))
    fields = [(name, one, field_of(model, name)) for name, one in state.fields.items()]
    asked = {
        name: question_of(field, one.value, until) for name, one, field in fields if not one.repr
    }
    names = names_of(asked.values(), visible_entries(request))
    told = {name: names.get(question, "") for name, question in asked.items() if question}
    return AsOf(
        state,
        [
            ShownField(name, label_of_field(field, name), one, field, told.get(name, ""))
            for name, one, field in fields
        ],
    )
