"""Which index answers which question, in a log of some ten thousand entries."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils.http import urlencode

from audit_log.models import AuditEntry, AuditReference
from audit_log.reading import activity as activities
from audit_log.reading import counting
from audit_log.reading.activity import INDEXED, activity
from audit_log.reading.filters import AuditEntryFilter
from audit_log.reading.pagination import Page, paginate
from tests.reading.large import COUNT, clear, fill, moment

pytestmark = pytest.mark.django_db

MONTH = {
    "occurred_after": moment(10_000).isoformat(),
    "occurred_before": moment(12_000).isoformat(),
}
QUESTIONS: dict[str, dict[str, str]] = {
    "pkey": {},
    "pkey, a month": MONTH,
    "pkey, until": {"occurred_before": moment(12_000).isoformat()},
    "audit_log_event_type": {"event_type": "delete"},
    "audit_log_failure": {"outcome": "failure"},
    "audit_log_action": {"action": "book.delete"},
    "audit_log_target_type": {"target_type": "testapp.tag"},
    "audit_log_target": {"target_id": "77"},
    "audit_log_target, both": {"target_type": "testapp.tag", "target_id": "82"},
    "audit_log_target, of an object": {"object": "testapp.tag:82"},
    "audit_log_actor": {"actor": "7"},
    "audit_log_tenant": {"tenant": "tenant3"},
    "audit_log_correlation": {"correlation_id": f"{100:032x}"},
    "audit_log_address": {"remote_addr": "192.0.2.7"},
}


@pytest.fixture(scope="module")
def log(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Filled once for all tests of this file, and emptied after them."""
    with django_db_blocker.unblock():
        try:
            fill()
            yield
        finally:
            clear()


def ask(filters: dict[str, str], **more: str) -> tuple[Page, list[str]]:
    """Return the page, and the statements that it took with their parameters."""
    with CaptureQueriesContext(connection) as captured:
        query = QueryDict(urlencode(filters))
        found = AuditEntryFilter(data=query, queryset=AuditEntry.objects.all())
        page = paginate(found.qs, more)
    return page, [query["sql"] for query in captured.captured_queries]


def plan_of(sql: str) -> str:
    query_plan = ""
    if connection.vendor == "sqlite":
        query_plan = "QUERY PLAN"
        # Django logs SQLite's statements with times that have no quotes.
        sql = re.sub(r"(?<!['\d-])(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?!['.])", r"'\1'", sql)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {query_plan} {sql}")
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


def page_query(statements: list[str]) -> str:
    # Before it, it may have been looked for among the last entries of one filter.
    return [sql for sql in statements if '"changes"' in sql][-1]


def page_plan(statements: list[str]) -> str:
    return plan_of(page_query(statements))


@pytest.mark.sqlite
@pytest.mark.postgres
def test_each_question_has_an_index_and_each_index_a_question(
    log: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where many entries match, some are met soon anyway: it is counting that takes the index.
    monkeypatch.setattr(counting, "AFFORDABLE", 5_000)
    answered = set()
    for name, filters in QUESTIONS.items():
        page, statements = ask(filters)
        assert page.entries, name
        plan = page_plan(statements)
        index = name.partition(",")[0]
        expected = (
            index if connection.vendor == "postgresql" else index.replace("pkey", "autoindex")
        )
        assert expected in plan, f"{name}\n{plan}"
        # The first thousands of the whole log are counted as they come.
        assert "Seq Scan" not in plan or not filters, f"{name}\n{plan}"
        assert not re.search(r"SCAN audit_log_audit\w+$", plan, re.MULTILINE), f"{name}\n{plan}"
        if index not in {"audit_log_target", "audit_log_correlation"}:
            # In the order of the index: nothing is sorted, nothing is read in vain.
            assert "Sort" not in plan, f"{name}\n{plan}"
            assert "B-TREE FOR ORDER" not in plan, f"{name}\n{plan}"
        answered.add(index)
    plan = AuditEntry.objects.between(moment(99), moment(101)).explain()
    assert ("pkey" if connection.vendor == "postgresql" else "autoindex") in plan
    assert {index.name for index in AuditEntry._meta.indexes} == answered - {"pkey", "autoindex"}
    plan = page_plan(ask(QUESTIONS["audit_log_target, of an object"])[1])
    assert {index.name for index in AuditReference._meta.indexes} == {"audit_log_reference"}
    assert "audit_log_reference" in plan


@pytest.mark.sqlite
@pytest.mark.postgres
def test_pairs_take_the_sharper_of_two_indexes(log: None) -> None:
    sharpness = [
        {"correlation_id": f"{100:032x}"},
        {"target_id": "77"},
        {"actor": "7"},
        {"tenant": "tenant3"},
        {"event_type": "delete"},
    ]
    names = ["correlation", "target", "actor", "tenant", "event_type"]
    for sharper, other in itertools.combinations(range(len(names)), 2):
        _, statements = ask({**sharpness[sharper], **sharpness[other]})
        plan = page_plan(statements)
        assert f"audit_log_{names[sharper]}" in plan, plan
        if connection.vendor == "sqlite":
            assert f"audit_log_{names[other]}" not in plan, plan


@pytest.mark.sqlite
@pytest.mark.postgres
def test_pages_are_those_of_the_plain_query(log: None) -> None:
    for filters in [
        *QUESTIONS.values(),
        {**MONTH, "actor": "7"},
        {"actor": "7", "tenant": "tenant6"},
    ]:
        found = AuditEntryFilter(data=QueryDict(urlencode(filters)), queryset=AuditEntry.objects)
        plain = found.qs.order_by("-id")
        for number in (1, 2, 5):
            expected = list(plain[20 * (number - 1) : 20 * number])
            if expected:
                assert ask(filters, page=str(number))[0].entries == expected, filters


@pytest.mark.sqlite
@pytest.mark.postgres
def test_a_deep_page_reads_keys_and_its_own_entries(log: None) -> None:
    page, statements = ask({}, page="2000")
    assert len(page.entries) == 20
    assert page.entries[0].occurred_at == moment(COUNT - 1 - 1999 * 20)
    plan = page_plan(statements)
    assert ("Index Only Scan" if connection.vendor == "postgresql" else "COVERING INDEX") in plan
    _, statements = ask({}, **page.query(2001))
    (offset,) = re.findall(r"OFFSET (\d+)", page_query(statements))
    assert offset == "20"


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("filters", "least"),
    [
        ({"target_type": "testapp.tag", "target_id": "82"}, 3),
        ({"target_type": "testapp.book", "action": "book.update"}, 400),
        ({"actor": "7", "remote_addr": "192.0.2.7"}, 250),
    ],
)
def test_the_planner_knows_what_goes_together(
    log: None, filters: dict[str, str], least: int
) -> None:
    found = AuditEntryFilter(data=filters, queryset=AuditEntry.objects.all()).qs
    count = found.count()
    assert count >= least
    estimate = counting.counter_of(found, is_whole_log=False).estimate
    assert count / 3 < estimate < count * 3, (count, estimate)


@pytest.mark.postgres
def test_the_planner_knows_what_never_goes_together(log: None) -> None:
    filters = {"target_type": "testapp.book", "action": "author.update"}
    found = AuditEntryFilter(data=filters, queryset=AuditEntry.objects.all()).qs
    assert not found.exists()
    # Both are frequent; told of only one, it would expect hundreds.
    assert counting.counter_of(found, is_whole_log=False).estimate < 100


@pytest.mark.postgres
def test_many_of_two_filters_are_met_among_the_last_of_the_sharper_one(
    log: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    filters = {"tenant": "tenant3", "event_type": "delete"}
    found = AuditEntryFilter(data=filters, queryset=AuditEntry.objects.all()).qs
    monkeypatch.setattr(counting, "AFFORDABLE", 5_000)
    counter = counting.counter_of(found, is_whole_log=False)
    assert counter.is_sure
    assert counter.likely_among == ""  # cheap enough as it is
    monkeypatch.setattr(counting, "AFFORDABLE", 200)
    assert counting.counter_of(found, is_whole_log=False).likely_among == "tenant"
    page, statements = ask(filters)
    assert page.entries == list(found.order_by("-pk")[:20])
    assert len(statements) == 2
    # Where too few are expected, they are not looked for there.
    monkeypatch.setattr(counting, "LIKELY", 500)
    assert counting.counter_of(found, is_whole_log=False).likely_among == ""


@pytest.mark.sqlite
@pytest.mark.postgres
def test_a_chart_counts_in_an_index(log: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activities, "MOST", 6_000)
    days = {"occurred_after": moment(10_000), "occurred_before": moment(13_000)}
    values = {
        "action": "book.update",
        "actor": "7",
        "event_type": "update",
        "remote_addr": "192.0.2.7",
        "target_type": "testapp.tag",
        "tenant": "tenant3",
    }
    assert values.keys() == INDEXED
    for filters in ({}, *({name: value} for name, value in values.items())):
        asked = {name: day.isoformat() for name, day in days.items()} | filters
        found = AuditEntryFilter(data=QueryDict(urlencode(asked)), queryset=AuditEntry.objects)
        page = replace(paginate(found.qs, {}), count_is="at_least")
        with CaptureQueriesContext(connection) as captured:
            chart = activity(found.of_any_time, page, *days.values(), asked)
        assert chart is not None, filters
        assert sum(bar.count for bar in chart.bars) == found.qs.count()
        (statement,) = captured.captured_queries
        plan = plan_of(statement["sql"])
        assert "Seq Scan" not in plan, plan
        assert not re.search(r"SCAN audit_log_audit\w+$", plan, re.MULTILINE), plan


@pytest.mark.postgres
class TestSearch:
    def test_a_rare_word_is_found_by_the_index(self, log: None) -> None:
        for word in ("needle", "NEEDLE", "eedl", "needle gadget", "the needle"):
            page, statements = ask({"search": word})
            assert page.count == (0 if "gadget" in word else 5), word
            plan = page_plan(statements)
            assert "audit_log_text" in plan, plan
            assert "Seq Scan" not in plan, plan

    def test_a_frequent_word_is_met_among_the_newest(self, log: None) -> None:
        for word in ("gadget", "user", "updated", "a gadget"):
            page, statements = ask({"search": word})
            assert page.has_next, word
            assert page.entries[0].occurred_at >= moment(COUNT - 500), word
            plan = page_plan(statements)
            assert "Index Scan Backward using audit_log_auditentry_pkey" in plan, plan

    def test_a_key_is_found_by_its_index(self, log: None) -> None:
        for word in (f"{100:032x}", str(AuditEntry.objects.order_by("id")[100].pk)):
            page, statements = ask({"search": word})
            assert page.entries, word
            plan = page_plan(statements)
            assert "Seq Scan" not in plan, plan
            assert "Bitmap" in plan, plan
