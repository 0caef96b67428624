"""Random programs: what the log says of each moment is what the tables held then."""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone
from hypothesis import HealthCheck, given, settings

from audit_log import registry
from audit_log.models import AuditEntry
from audit_log.states import ObjectState
from audit_log.values import canonical
from tests.capture.programs import MODELS, program
from tests.capture.replay import stored
from tests.capture.test_programs import begin, empty, run

PROGRAMS = int(os.environ.get("AUDIT_LOG_PROGRAMS", "150")) // 15
AUDITED = [model for model in MODELS if not model._meta.auto_created]


@pytest.mark.django_db(transaction=True, databases=["default", "other"])
@settings(max_examples=PROGRAMS, deadline=None, suppress_health_check=list(HealthCheck))
@given(program)
def test_state_at_each_moment_is_what_the_tables_held(program: list[Any]) -> None:
    empty()
    try:
        begin()
        snapshots = [(timezone.now(), stored(*AUDITED))]
        for step in program:
            run([step])
            snapshots.append((timezone.now(), stored(*AUDITED)))
        targets = {
            (apps.get_model(kind), key)
            for kind, key in AuditEntry.objects.values_list("target_type", "target_id")
        }
        for moment, tables in snapshots:
            for model, key in targets:
                found = AuditEntry.objects.state_of_target(model._meta.label_lower, key, moment)
                assert plain(found) == row_of(tables, model, key), (moment, model, key)
    finally:
        empty()


def row_of(tables: Any, model: Any, key: str) -> dict[str, str] | None:
    """Return the row of a model and its parents, or ``None`` where there was none."""
    if key not in tables.get(model._meta.label, {}):
        return None
    row: dict[str, Any] = {}
    for part in [model, *model._meta.all_parents]:
        row |= tables[part._meta.label][key]
    return {name: canonical(value) for name, value in row.items()}


def plain(state: ObjectState) -> dict[str, str] | None:
    """Return a state in the same form."""
    assert state.exists is not None
    if not state.exists:
        return None
    assert state.is_whole
    model = apps.get_model(state.target_type)
    row: dict[str, str] = {}
    for name, one in state.fields.items():
        if one.status == "masked":
            assert name in registry.policy_for(model).mask
            continue
        assert one.status == "known", (name, one)
        value = one.value
        if model._meta.get_field(name).many_to_many:
            value = sorted(item["id"] for item in value)
        if (
            value not in (None, [])
            or isinstance(value, bool)
            or (value == [] and not model._meta.get_field(name).many_to_many)
        ):
            row[name] = canonical(value)
    return row
