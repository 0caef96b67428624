"""Every row of every table of the four reference systems, done as a person does it.

What there is to do is data, ``reference_systems.toml``; where the tables themselves are at hand, a
row without a record there is a failure, too.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from audit_log import catalogue
from audit_log.models import AuditEntry
from example_project import settings as example
from tests.conftest import REFERENCE_SYSTEMS
from tests.example.systems import flows, licensing, tracker, workspaces
from tests.example.systems.common import ADDRESS, Expected, Performers, World, gone
from tests.example.systems.records import RECORDS, Record

SYSTEMS: dict[str, tuple[type[World], Performers]] = {
    "A": (tracker.Tracker, tracker.performs),
    "B": (workspaces.Team, workspaces.performs),
    "C": (licensing.Platform, licensing.performs),
    "D": (flows.Company, flows.performs),
}


EVERY_WAY = [
    pytest.param(record, how, id=f"{record.system}-{record.key}-{how}")
    for record in RECORDS
    for how in record.how
]


@pytest.fixture
def as_in_the_example(settings: Any) -> None:
    settings.AUDIT_LOG = example.AUDIT_LOG


@pytest.mark.django_db
@pytest.mark.urls("example_project.urls")
@pytest.mark.usefixtures("as_in_the_example")
@pytest.mark.parametrize(("record", "how"), EVERY_WAY)
def test_action_leaves_its_entry(record: Record, how: str) -> None:
    world_class, performs = SYSTEMS[record.system]
    world = world_class()
    steps = performs[record.key, how](world)
    next(steps)
    before = set(AuditEntry.objects.values_list("pk", flat=True))
    expected = next(steps)
    assert expected is not None
    entries = list(AuditEntry.objects.exclude(pk__in=before).order_by("id"))

    assert sorted(entry.action for entry in entries) == sorted((record.action, *record.also))
    assert len({entry.correlation_id for entry in entries}) == 1
    (entry,) = (entry for entry in entries if entry.action == record.action)
    told_of_its_object(entry, expected)
    assert catalogue.label_of(entry.action) == record.label
    assert (entry.event_type, entry.outcome) == (record.type, expected.outcome)
    told_of_its_actor(entry, expected, world)
    assert (entry.reason, entry.remote_addr) == (expected.reason, ADDRESS)
    assert entry.metadata["method"] in {"POST", "PATCH", "PUT", "DELETE"}
    tenant = world.tenant if expected.tenant is None else expected.tenant
    assert {entry.tenant for entry in entries} == {tenant}


def told_of_its_object(entry: AuditEntry, expected: Expected) -> None:
    target = expected.target if isinstance(expected.target, tuple) else gone(expected.target)
    assert (entry.target_type, entry.target_id, entry.target_repr) == target
    assert entry.changes == expected.changes
    assert set(entry.references.values_list("target_type", "target_id")) == {
        reference if isinstance(reference, tuple) else gone(reference)[:2]
        for reference in expected.references
    }


def told_of_its_actor(entry: AuditEntry, expected: Expected, world: World) -> None:
    if isinstance(expected.actor, tuple):
        assert (entry.actor_id, entry.actor_type, entry.actor_repr) == (None, *expected.actor)
        return
    user = world.account if expected.actor == "person" else expected.actor
    assert (entry.actor_id, entry.actor_type) == (user.pk, "user")
    assert entry.actor_repr == f"{user.get_full_name()} <{user.email}>"


def test_nothing_is_performed_that_the_data_does_not_name() -> None:
    for system, (_world, performs) in SYSTEMS.items():
        asked = {(r.key, how) for r in RECORDS if r.system == system for how in r.how}
        assert set(performs) == asked


def test_everything_is_done_by_a_form_at_least() -> None:
    assert [record for record in RECORDS if "form" not in record.how] == []


def split(cell: str) -> list[str]:
    """The actions of a row's cell: separated by semicolons, or names between backticks."""
    names = re.findall(r"`([^`]+)`", cell)
    if not names:
        return [phrase.strip() for phrase in re.split(r";(?![^(]*\))", cell)]
    # "_updated" is short for what the first one is about.
    noun = names[0].rpartition("_")[0]
    return [noun + name if name.startswith("_") else name for name in names]


def tables(text: str) -> dict[tuple[str, str], list[str]]:
    """The tables of the systems: the actions of each row, by system and group."""
    found = {}
    for letter, section in re.findall(
        r"^## ([A-D])\. (.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL
    ):
        rows = re.findall(r"^\| ([^|]+?) \| ([^|]+?) \|$", section, re.MULTILINE)
        assert rows[0] == ("Group", "Actions"), letter
        found |= {(letter, group): split(cell) for group, cell in rows[1:]}
    return found


def alternatives(phrase: str) -> int:
    """How many actions a phrase stands for: "started / stopped" for two."""
    times = 3 if "system, workspace or app" in phrase else 1
    return times * (1 + phrase.count(" / "))


@pytest.mark.reference_systems
def test_every_row_of_the_tables_has_its_records() -> None:
    rows = tables(REFERENCE_SYSTEMS.read_text("utf-8"))
    assert {letter for letter, _group in rows} == {"A", "B", "C", "D"}
    told: dict[tuple[str, str], dict[str, int]] = {}
    for record in RECORDS:
        phrases = told.setdefault((record.system, record.group), {})
        phrases[record.says] = phrases.get(record.says, 0) + 1
    assert {row: list(phrases) for row, phrases in told.items()} == rows
    few = [
        (row, phrase)
        for row, phrases in told.items()
        for phrase, count in phrases.items()
        if count < alternatives(phrase)
    ]
    assert few == []
