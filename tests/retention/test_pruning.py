"""``prune_audit_log``: what goes, what stays, and what is told of it."""

from __future__ import annotations

import datetime
import io
import itertools
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import audit_log
from audit_log.exceptions import AppendOnly
from audit_log.models import AuditEntry, AuditReference
from audit_log.retention import hold, pruning
from tests.reading.helpers import make, make_many, make_user
from tests.retention.helpers import DAY, aged, archived, left, prune, run, told

pytestmark = pytest.mark.django_db(databases=["default", "other"])


def test_what_is_older_goes_with_its_references() -> None:
    aged(31, references=[("auth.group", "1"), ("auth.group", "2")])
    aged(30)
    kept = aged(29.9, references=[("auth.group", "3")])
    assert "default: 2 entries removed." in prune()
    assert left() == [kept]
    assert AuditReference.objects.get().entry == kept


def test_the_rules_decide() -> None:
    table = {"user.log_in": 7, "auth.Group": 60, "access": 14, "*": 30, "user.delete": None}
    gone = [
        aged(8, action="user.log_in", event_type="access"),
        aged(61, target_type="auth.group"),
        aged(15, event_type="access"),
        aged(31),
    ]
    kept = [
        aged(6, action="user.log_in", event_type="access"),
        aged(59, target_type="auth.group", event_type="access"),
        aged(13, event_type="access"),
        aged(29),
        aged(1000, action="user.delete"),
    ]
    text = prune(retention=table)
    assert {entry.pk for entry in left()} == {entry.pk for entry in kept}
    assert f"default: {len(gone)} entries removed." in text
    assert "rule 'user.log_in', 7 days: 1, from " in text
    assert "rule 'auth.group', 60 days: 1, from " in text
    assert "rule 'access', 14 days: 1, from " in text
    assert "rule '*', 30 days: 1, from " in text


def test_by_tenant() -> None:
    plans = {"a": 7, "b": 30, "c": 30, "d": None}
    for tenant in plans:
        aged(8, tenant=tenant)
        aged(31, tenant=tenant)
        aged(1, tenant=tenant)
    text = prune(retention={"*": lambda tenant: plans[tenant]})
    assert sorted(entry.tenant for entry in left()) == ["a", "b", "b", "c", "c", "d", "d", "d"]
    assert "rule '*', 7 days: 2 of 1 tenant, from" in text
    assert "rule '*', 30 days: 2 of 2 tenants, from" in text


def test_a_tenant_whose_period_cannot_be_had_keeps_everything(
    caplog: pytest.LogCaptureFixture,
) -> None:
    aged(31, tenant="a")
    kept = aged(31, tenant="b")
    with pytest.raises(CommandError, match=r"kept, since RETENTION fails .* 'b': KeyError: 'b'"):
        prune(retention=lambda tenant: {"a": 7}[tenant])
    assert left() == [kept]
    (run,) = told()
    assert run.metadata["failures"] == {"b": "KeyError: 'b'"}


def test_the_age_is_that_of_what_happened() -> None:
    # Whatever the id says: history that was imported, and clocks that were wrong.
    with audit_log.context(occurred_at=timezone.now() - 40 * DAY):
        audit_log.record("user.log_in")
    make(occurred_at=datetime.datetime(1955, 11, 5, tzinfo=datetime.UTC))
    prune()
    assert left() == []


def test_older_than_overrides() -> None:
    aged(8, action="user.log_in")
    aged(8, tenant="a")
    kept = aged(6)
    text = prune(older_than=7, retention={"user.log_in": None, "*": 365})
    assert left() == [kept]
    assert "--older-than, 7 days: 2, from" in text
    assert told()[-1].metadata["older_than"] == 7
    prune(older_than=0, retention=None)
    assert left() == []
    # What it told before stays.
    assert len(told()) == 2


def test_nothing_is_set() -> None:
    aged(10_000)
    assert prune(retention=None).startswith('Nothing to do: AUDIT_LOG["RETENTION"] is not set')
    assert len(left()) == 1
    assert told() == []


def test_nothing_is_due() -> None:
    aged(1)
    assert "default: 0 entries removed." in prune()
    (run,) = told()
    assert run.metadata["removed"] == 0
    assert run.target_repr == "0 entries"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
def test_in_batches(size: int) -> None:
    moment = timezone.now() - 31 * DAY
    # Of one moment, so that only the id tells where a batch ended.
    make_many(7, occurred_at=moment)
    for number in range(7):
        aged(40, target_type="auth.group", target_id=str(number // 3))
    kept = aged(1, target_type="auth.group")
    prune(batch_size=size, retention={"auth.Group": 30, "*": 30})
    assert left() == [kept]
    assert told()[0].metadata["removed"] == 14


def test_every_database_has_a_run_and_an_entry_of_its_own() -> None:
    aged(31)
    old = AuditEntry(
        occurred_at=timezone.now() - 31 * DAY, event_type="create", action="user.create"
    )
    old.save(using="other")
    text = prune()
    assert "default: 1 entry removed." in text
    assert "other: 1 entry removed." in text
    assert not AuditEntry.objects.using("other").filter(action="user.create").exists()
    assert [len(told("default")), len(told("other"))] == [1, 1]
    prune(database=["other"])
    assert [len(told("default")), len(told("other"))] == [1, 2]


def test_one_database_for_all_entries() -> None:
    old = timezone.now() - 31 * DAY
    AuditEntry(occurred_at=old, action="user.create").save(using="other")
    AuditEntry(occurred_at=old, action="user.create", tenant="acme").save(using="other")
    with override_settings(AUDIT_LOG={"RETENTION": 30, "DATABASE": "other"}):
        hold(reason="case 7", tenant="acme")
        call_command("prune_audit_log", no_input=True, stdout=io.StringIO())
    (kept,) = AuditEntry.objects.using("other").filter(action="user.create")
    assert kept.tenant == "acme"
    assert [len(told("default")), len(told("other"))] == [0, 1]


@override_settings(USE_TZ=False)
def test_without_time_zones(tmp_path: Path) -> None:
    entry, kept = aged(31), aged(29)
    prune(archive=str(tmp_path), database=["default"])
    assert left() == [kept]
    (path,) = tmp_path.iterdir()
    assert archived(path) == [str(entry.pk)]


def test_just_the_one_that_has_all_entries() -> None:
    with override_settings(AUDIT_LOG={"DATABASE": "other"}):
        assert pruning.databases() == ["other"]
    assert pruning.databases() == ["default", "other"]


def test_what_is_held_stays() -> None:
    kept = [
        aged(31, target_id="1"),
        aged(31, target_id="2", references=[("auth.user", "1")]),
        aged(31, tenant="acme"),
    ]
    aged(31, target_id="2")
    hold(("auth.user", "1"), reason="case 7")
    hold(reason="case 8", tenant="acme")
    text = prune(batch_size=1)
    found = [entry for entry in left() if entry.action != "audit_log.hold"]
    assert {entry.pk for entry in found} == {entry.pk for entry in kept}
    assert "kept by holds: 3" in text
    assert told()[0].metadata["held"] == 3
    prune(older_than=1)
    assert len(left()) == 5


def test_a_hold_holds_on_every_database() -> None:
    for tenant in ("acme", "initech"):
        old = AuditEntry(occurred_at=timezone.now() - 31 * DAY, action="user.create", tenant=tenant)
        old.save(using="other")
    hold(reason="case 7", tenant="acme")
    prune()
    (kept,) = AuditEntry.objects.using("other").filter(action="user.create")
    assert kept.tenant == "acme"


def test_a_hold_placed_while_a_batch_is_on_its_way(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first, second = aged(32, tenant="acme"), aged(31)
    once = iter([True])

    def placed_meanwhile(ids: Any, using: str) -> Any:
        # The batch has been chosen, and is in the archive.
        return real(ids, using)

    real = pruning.remove
    add = pruning.Archive.add

    def add_and_hold(self: Any, entries: Any) -> int:
        end = add(self, entries)
        if next(once, False):
            hold(reason="at the last moment", tenant="acme")
        return end

    monkeypatch.setattr(pruning, "remove", placed_meanwhile)
    monkeypatch.setattr(pruning.Archive, "add", add_and_hold)
    path = tmp_path / "log.jsonl"
    prune(archive=str(path), database=["default"])
    assert first in left()
    assert second not in left()
    assert archived(path) == [str(second.pk)]


def test_the_entry_of_a_run() -> None:
    oldest, newest = aged(40, references=[("auth.group", "1")]), aged(31)
    user = make_user("ann")
    with audit_log.context(actor=user, reason="spring cleaning"):
        prune(retention={"*": 30})
    (run,) = told()
    assert (run.action_label, run.event_type, run.outcome) == (
        "Audit log pruned",
        "delete",
        "success",
    )
    assert (run.target_type, run.target_repr) == ("audit_log.auditentry", "2 entries")
    assert (run.actor_id, run.reason) == (user.pk, "spring cleaning")
    assert run.metadata["removed"] == 2
    assert run.metadata["references"] == 1
    assert run.metadata["command"] == "prune_audit_log"
    assert run.metadata["rules"] == [
        {
            "rule": "*",
            "days": 30,
            "entries": 2,
            "oldest": oldest.occurred_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "newest": newest.occurred_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
    ]
    assert "interrupted" not in run.metadata


def test_a_dry_run_says_the_same_and_changes_nothing() -> None:
    aged(40, action="user.log_in", references=[("auth.group", "1")])
    aged(31)
    aged(31, tenant="acme")
    hold(reason="case 7", tenant="acme")
    table = {"user.log_in": 7, "*": 30}
    before = left()
    dry = prune("--dry-run", retention=table)
    assert left() == before
    assert told() == []
    assert dry.replace("would be removed", "removed") == prune(retention=table)
    assert "default: 2 entries removed" not in dry


def test_progress_where_it_is_asked_for() -> None:
    for _ in range(3):
        aged(31)
    errors = io.StringIO()
    prune(batch_size=1, verbosity=2, stderr=errors, database=["default"])
    assert errors.getvalue().splitlines() == [
        f"default: {count} entries, 0 held" for count in (1, 2, 3)
    ]

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    aged(31)
    terminal = Terminal()
    prune(stderr=terminal, database=["default"])
    assert terminal.getvalue() == "\rdefault: 1 entries, 0 held\n"


@pytest.mark.parametrize(
    ("answer", "goes"), [("y", True), ("YES", True), ("", False), ("n", False), (None, False)]
)
def test_it_asks(answer: str | None, goes: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    aged(31)
    asked: list[str] = []

    def answers(prompt: str) -> str:
        asked.append(prompt)
        if answer is None:
            raise EOFError
        return answer

    monkeypatch.setattr("builtins.input", answers)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    text = prune(no_input=False)
    assert "default: 1 entry would be removed." in text
    assert asked == ["Remove them? [y/N] "]
    assert (left() == []) == goes
    assert ("Nothing is removed." in text) != goes


def test_nobody_can_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y"))
    aged(31)
    with pytest.raises(CommandError, match="give --no-input, or --dry-run"):
        prune(no_input=False)
    assert len(left()) == 1
    prune(no_input=False, interactive=False)
    assert left() == []


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"older_than": -1}, "--older-than: -1 is not from 0 to 100000"),
        ({"older_than": 10**9}, "--older-than: 1000000000 is not from"),
        ({"batch_size": 0}, "--batch-size: 0 is not from 1 to 10000"),
        ({"pause": 61}, "--pause: 61 is not from 0 to 60"),
        ({"archive": "log.txt"}, "--archive: log.txt is no directory, and its name does not end"),
        ({"archive": "/nowhere/log.csv"}, "--archive: /nowhere is no directory that can be"),
        ({"retention": "no.such"}, "RETENTION.*cannot be imported"),
    ],
)
def test_what_makes_no_sense_is_refused(options: Any, why: str) -> None:
    aged(31)
    with pytest.raises(CommandError, match=why):
        prune(**options)
    assert len(left()) == 1
    assert told() == []


def test_statements(django_assert_num_queries: Any) -> None:
    make_many(20, occurred_at=timezone.now() - 31 * DAY)
    run().prune()
    make_many(20, occurred_at=timezone.now() - 31 * DAY)
    counted: list[int] = []

    def count(report: Any) -> None:
        counted.append(len(connections["default"].queries_log))

    with CaptureQueriesContext(connections["default"]):
        run(batch_size=5, progress=count).prune()
    # The batch; then, in one transaction, the check of the holds, both removals, the state.
    assert {b - a for a, b in itertools.pairwise(counted)} == {7}


def test_nothing_but_retention_removes() -> None:
    entry = aged(31)
    with pytest.raises(AppendOnly):
        entry.delete()
    with pytest.raises(AppendOnly):
        AuditEntry.objects.all().delete()
    users = [
        path.name
        for path in Path(audit_log.__file__).parent.rglob("*.py")
        if "from audit_log.removal import" in path.read_text()
        or "_raw_delete(rows" in path.read_text()
    ]
    assert sorted(users) == ["pruning.py", "removal.py"]
