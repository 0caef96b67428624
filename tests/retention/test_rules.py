"""Which rule holds, and until when an entry is kept."""

from __future__ import annotations

import datetime
import logging
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from audit_log.models import AuditEntry
from audit_log.retention import Retention, kept_until
from audit_log.retention.rules import Rules

MOMENT = datetime.datetime(2026, 3, 31, 14, 30, tzinfo=datetime.UTC)
PLANS = {"free": 30, "basic": 90, "pro": 365, "enterprise": None}
asked: list[str] = []


def by_plan(tenant: str) -> int | None:
    asked.append(tenant)
    return PLANS[tenant]


def entry(**values: Any) -> AuditEntry:
    defaults = {
        "occurred_at": MOMENT,
        "event_type": "update",
        "action": "license.disable",
        "target_type": "licensing.license",
    }
    return AuditEntry(**defaults | values)


def days(retention: Any, **values: Any) -> int | None:
    """How many days an entry is kept, by way of the setting."""
    with override_settings(AUDIT_LOG={"RETENTION": retention}):
        end = Rules().end_of(entry(**values))
    return None if end is None else (end - MOMENT).days


def test_no_setting_keeps_everything() -> None:
    assert kept_until(entry()) is None
    assert days(None) is None
    assert Rules(None).keep_everything
    assert Rules({"*": None, "access": None}).keep_everything
    assert not Rules({"access": 1}).keep_everything


def test_days_for_all() -> None:
    assert days(30) == 30
    assert not Rules(30).keep_everything


def test_the_most_specific_rule_wins() -> None:
    table = {"license.disable": 1, "licensing.License": 2, "update": 3, "*": 4}
    assert days(table) == 1
    assert days(table, action="license.update") == 2
    assert days(table, action="order.update", target_type="licensing.order") == 3
    assert days(table, action="order.x", target_type="licensing.order", event_type="create") == 4
    # Neither the longest nor the shortest.
    assert days({"license.disable": None, "*": 30}) is None
    assert days({"license.disable": 60, "*": 30}) == 60
    assert days({"license.disable": 30, "*": None}) == 30


def test_what_no_rule_names_is_kept() -> None:
    assert days({"access": 30}) is None
    assert days({}) is None


def test_a_word_that_is_an_action_and_a_model_means_both() -> None:
    table = {"user.group": 5, "*": 10}
    assert days(table, action="user.group") == 5
    assert days(table, action="group.create", target_type="user.group") == 5


def test_a_function_by_tenant() -> None:
    path = f"{__name__}.by_plan"
    assert [days(path, tenant=plan) for plan in PLANS] == [*PLANS.values()]
    assert days(by_plan, tenant="basic") == 90
    assert days({"*": path, "license.disable": 7}, tenant="basic") == 7
    assert days({"license.disable": path}, tenant="basic", action="license.update") is None


@pytest.mark.django_db
def test_a_tenant_is_asked_for_once_a_page() -> None:
    asked.clear()
    with override_settings(AUDIT_LOG={"RETENTION": by_plan}):
        retention = Retention()
        for _ in range(20):
            retention.kept_until(entry(tenant="free"))
            retention.kept_until(entry(tenant="pro"))
    assert asked == ["free", "pro"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (0, "answered 0"),
        (True, "answered True"),
        ("30", "answered '30'"),
        (1.5, "answered 1.5"),
        (10**9, "answered 1000000000"),
        (KeyError("gone"), "KeyError: 'gone'"),
    ],
)
def test_a_function_that_fails_removes_nothing(
    answer: Any, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(tenant: str) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    rules = Rules(failing)
    with caplog.at_level(logging.ERROR, "audit_log"):
        assert rules.end_of(entry(tenant="acme")) is None
        assert rules.end_of(entry(tenant="acme")) is None
    assert len(caplog.records) == 1
    assert "'acme'" in caplog.text
    assert [*rules.failures] == ["acme"]
    assert told in rules.failures["acme"]


def test_entries_of_its_own_are_kept_unless_named() -> None:
    own = {"action": "audit_log.prune", "event_type": "delete", "target_type": ""}
    assert days(30, **own) is None
    assert days({"delete": 30, "*": 30}, **own) is None
    assert days({"audit_log.prune": 30}, **own) == 30


def test_beyond_the_end_of_time() -> None:
    late = datetime.datetime(9999, 1, 1, tzinfo=datetime.UTC)
    assert Rules(100_000).end_of(entry(occurred_at=late)) is None


@pytest.mark.parametrize("wrong", [0, -1, True, 1.5, "x.y", object(), {"*": "30"}, lambda: 30])
def test_a_wrong_setting_is_told_where_no_check_has_run(wrong: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"RETENTION.*whole number of days"):
        Rules(wrong)
