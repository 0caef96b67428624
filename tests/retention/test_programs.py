"""Random tables and random logs: what remains is what the rules say, to the entry."""

from __future__ import annotations

import datetime
import os
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit_log import removal
from audit_log.models import AuditEntry, AuditHold, AuditReference
from audit_log.retention import Retention, expiring, hold
from audit_log.retention.pruning import Run
from tests.reading.helpers import unaudited

EXAMPLES = int(os.environ.get("AUDIT_LOG_EXAMPLES", "60"))
DAY = datetime.timedelta(days=1)
ACTIONS = ("user.log_in", "user.update", "group.create", "user.group", "gone.action")
TYPES = ("auth.user", "auth.group", "user.group", "gone.model", "")
EVENTS = ("create", "update", "access", "other")
TENANTS = ("", "acme", "Acme", "ümlaut", "z")

days = st.integers(1, 8)
answers = st.dictionaries(st.sampled_from(TENANTS), days | st.none() | st.just("broken"))


class ByTenant:
    """A function by tenant, which has something to say of some of them."""

    def __init__(self, known: dict[str, Any]) -> None:
        self.known = known

    def __call__(self, tenant: str) -> Any:
        return self.known[tenant]

    def __repr__(self) -> str:
        return f"ByTenant({self.known})"


periods = days | st.none() | st.builds(ByTenant, answers)
keys = st.sampled_from(
    [*ACTIONS, "auth.User", "auth.Group", "gone.model", *EVENTS, "*", "audit_log.prune"]
)
tables = st.dictionaries(keys, periods, min_size=3) | st.dictionaries(keys, periods) | periods
moments = st.floats(0, 10) | st.integers(0, 9).map(float)
logs = st.lists(
    st.fixed_dictionaries(
        {
            "age": moments,
            "action": st.sampled_from(ACTIONS),
            "target_type": st.sampled_from(TYPES),
            "target_id": st.sampled_from(["1", "2", "10"]),
            "event_type": st.sampled_from(EVENTS),
            "tenant": st.sampled_from(TENANTS),
            "actor_id": st.sampled_from([None, 7, 8]),
            "references": st.lists(
                st.tuples(st.sampled_from(TYPES[:3]), st.sampled_from("12")), max_size=2
            ),
        }
    ),
    min_size=5,
    max_size=25,
)
holds = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "obj": st.tuples(st.sampled_from(TYPES[:2]), st.sampled_from("12")),
            "tenant": st.sampled_from(TENANTS[1:]),
            "actor": st.sampled_from([7, 8]),
            "since": moments,
            "until": moments,
        },
    ).filter(bool),
    max_size=3,
)


def write(log: list[dict[str, Any]], now: datetime.datetime) -> None:
    for values in log:
        values = dict(values)
        age, references = values.pop("age"), values.pop("references")
        entry = AuditEntry.objects.create(occurred_at=now - age * DAY, **values)
        AuditReference.objects.bulk_create(
            AuditReference(entry=entry, target_type=kind, target_id=key) for kind, key in references
        )


def place(wanted: list[dict[str, Any]], now: datetime.datetime) -> None:
    for values in wanted:
        times = {name: now - values[name] * DAY for name in ("since", "until") if name in values}
        try:
            hold(**{**values, **times}, reason="x")
        except ValueError:
            assert times["since"] > times["until"]


@pytest.mark.django_db(transaction=True)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(table=tables, log=logs, wanted=holds, size=st.integers(1, 9))
def test_what_remains_is_what_the_rules_say(
    table: Any, log: list[dict[str, Any]], wanted: list[dict[str, Any]], size: int
) -> None:
    now = timezone.now()
    with unaudited():
        AuditHold.objects.all().delete()
        removal.remove([*AuditEntry.objects.values_list("pk", flat=True)], "default")
        write(log, now)
        place(wanted, now)
    with override_settings(AUDIT_LOG={"RETENTION": table, "EXCLUDE_MODELS": ["*"]}):
        retention = Retention()
        everything = list(AuditEntry.objects.prefetch_related("references"))
        run = Run("default", batch_size=size)
        due = {one.pk for one in everything if (retention.rules.end_of(one) or run.now) < run.now}
        held = {one.pk for one in everything if retention.is_held(one)}
        # What would be exported before it goes is what goes; and what is held, which may.
        assert {one.pk for one in expiring(AuditEntry.objects.all())} == due
        soon = expiring(AuditEntry.objects.all(), within=2 * DAY)
        ends = ((one.pk, retention.rules.end_of(one)) for one in everything)
        assert {one.pk for one in soon} == {
            key for key, end in ends if end is not None and end <= run.now + 2 * DAY
        }
        planned = Run("default", batch_size=size).plan()
        report = run.prune()
    remaining = {one.pk for one in AuditEntry.objects.exclude(action="audit_log.prune")}
    gone = due - held
    assert remaining == {one.pk for one in everything} - gone
    assert report.entries == planned.entries == len(gone)
    assert report.held == planned.held == len(due & held)
    # References go with their entries, and with none else.
    assert set(AuditReference.objects.values_list("entry_id", flat=True)) == {
        one.pk for one in everything if one.pk not in gone and one.references.all()
    }
