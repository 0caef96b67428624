"""Counting ends somewhere, and says so."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from audit_log.models import AuditEntry
from audit_log.querysets import AuditEntryQuerySet
from audit_log.reading import counting, pagination
from audit_log.reading.display import count_text, position_text
from audit_log.reading.pagination import Page, PageNotFound, paginate
from tests.reading.helpers import make, make_many, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def cap(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(counting, "CAP", 30)
    monkeypatch.setattr("audit_log.reading.pagination.CAP", 30)
    return 30


def analyze() -> None:
    """Let the database look what there is. On MariaDB that would end the transaction."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE audit_log_auditentry")


def updates(count: int) -> AuditEntryQuerySet:
    """A part of the log that no index has alone."""
    make_many(count, event_type="update", outcome="success")
    make_many(count, event_type="update", outcome="failure")
    analyze()
    return AuditEntry.objects.filter(event_type="update", outcome="success")


def test_up_to_the_cap_the_number_is_exact(cap: int) -> None:
    make_many(30)
    analyze()
    page = paginate(AuditEntry.objects.all(), {})
    assert (page.count, page.count_is, page.total_pages) == (30, "exact", 2)


@pytest.mark.django_db(transaction=True)
def test_beyond_it_the_whole_log_is_estimated(cap: int) -> None:
    make_many(200)
    analyze()
    if connection.vendor == "mysql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE TABLE audit_log_auditentry")
    page = paginate(AuditEntry.objects.all(), {})
    assert page.count_is == "estimate"
    # SQLite's is the number of rows; the others' are statistics.
    assert page.count == 200 if connection.vendor == "sqlite" else 150 <= page.count <= 250
    assert page.total_pages == -(-page.count // 20)


@pytest.mark.postgres
def test_beyond_it_a_part_is_estimated_by_the_planner(cap: int) -> None:
    page = paginate(updates(200), {})
    assert page.count_is == "estimate"
    assert 70 <= page.count <= 130 or 150 <= page.count <= 250


@pytest.mark.sqlite
def test_beyond_it_a_part_has_at_least_so_many_on_sqlite(cap: int) -> None:
    page = paginate(updates(100), {})
    assert (page.count, page.count_is, page.total_pages) == (30, "at_least", 2)


@pytest.mark.mariadb
def test_beyond_it_a_part_has_at_least_so_many_on_mariadb(cap: int) -> None:
    page = paginate(updates(100), {})
    assert (page.count, page.count_is, page.total_pages) == (30, "at_least", 2)


def test_pages_beyond_the_count_are_there(cap: int) -> None:
    entries = updates(100)
    ordered = list(entries.order_by("-pk"))
    page = paginate(entries, {"page_size": "10"})
    seen = list(page.entries)
    while page.has_next:
        assert page.number < page.total_pages
        assert page.count > len(seen)
        page = paginate(entries, page.query(page.number + 1))
        seen += page.entries
    assert seen == ordered
    # Whoever has come to the end knows how many there were.
    assert (page.count, page.count_is, page.total_pages) == (100, "exact", 10)
    with pytest.raises(PageNotFound) as caught:
        paginate(entries, {"page": "11", "page_size": "10"})
    assert caught.value.last is None
    assert str(caught.value) == "There is no such page."


@pytest.mark.sqlite
def test_sqlite_gives_up_where_counting_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = updates(500)
    monkeypatch.setattr(counting, "PATIENCE", 0)
    monkeypatch.setattr(counting, "STEPS", 3000)
    page = paginate(entries, {})
    assert page.count_is == "at_least"
    # Those that were counted in time are told.
    assert 100 <= page.count < 500
    # The statements after it have all the time they need.
    assert entries.count() == 500


@pytest.mark.sqlite
def test_the_size_of_the_whole_log_is_found_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    make_many(3000)
    monkeypatch.setattr(counting, "CAP", 30)
    # A count of them would take some ten thousand steps.
    connection.connection.set_progress_handler(lambda: True, 5_000)
    try:
        page = paginate(AuditEntry.objects.all(), {})
    finally:
        connection.connection.set_progress_handler(None, 0)
    assert (page.count, page.count_is) == (3000, "estimate")


@pytest.mark.sqlite
def test_other_errors_of_a_count_are_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> None:
        raise OperationalError("disk I/O error")

    entries = updates(30)
    counter = counting.counter_of(entries, is_whole_log=False)
    found = list(entries)
    with connection.execute_wrapper(fail), pytest.raises(OperationalError, match="disk"):
        counter.count(found, None, 1)


@pytest.mark.postgres
def test_postgres_does_not_count_what_is_expensive(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = updates(100)
    monkeypatch.setattr(counting, "AFFORDABLE", 1)
    page = paginate(entries, {})
    assert page.count_is == "estimate"
    # And what it does count, it counts in the query of the page.
    monkeypatch.setattr(counting, "AFFORDABLE", 100_000)
    page = paginate(entries, {})
    assert (page.count, page.count_is) == (100, "exact")


@pytest.mark.postgres
@pytest.mark.parametrize("affordable", [1, 5000])
def test_what_is_found_first_is_the_same(affordable: int, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = updates(100)
    monkeypatch.setattr(counting, "AFFORDABLE", affordable)
    ordered = list(entries.order_by("-pk"))
    for number in (1, 2, 5):
        page = paginate(entries, {"page": str(number)})
        assert page.entries == ordered[20 * (number - 1) : 20 * number]


def page_with(count: int, count_is: counting.Exactness) -> Page:
    return Page([], 3, -(-count // 20), count, None, 20, 20, count_is, has_next=True)


@pytest.mark.parametrize(
    ("count", "count_is", "expected"),
    [
        (1, "exact", ("1 entry", "Page 3 of 1")),
        (4999, "exact", ("4,999 entries", "Page 3 of 250")),
        (1_234_567, "estimate", ("about 1,230,000 entries", "Page 3 of about 61,700")),
        (45, "estimate", ("about 45 entries", "Page 3 of about 3")),
        (5000, "at_least", ("at least 5,000 entries", "Page 3 of at least 250")),
    ],
)
def test_in_words(count: int, count_is: counting.Exactness, expected: tuple[str, str]) -> None:
    page = page_with(count, count_is)
    assert (count_text(page), position_text(page)) == expected


@override_settings(LANGUAGE_CODE="de")
def test_numbers_are_written_as_the_reader_writes_them() -> None:
    from django.utils import translation

    with translation.override("de"):
        assert "1.230.000" in count_text(page_with(1_234_567, "estimate"))


@pytest.mark.parametrize("number", ["1", "2"])
def test_of_an_object_and_a_filter(number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "AFFORDABLE", 100_000)
    make_many(30, target_id="7", event_type="update")
    make_many(30, target_id="7", event_type="create")
    make_many(30, target_id="8", event_type="update")
    analyze()
    entries = AuditEntry.objects.for_target("auth.user", "7").filter(event_type="update")
    page = paginate(entries, {"page": number})
    start = 20 * (int(number) - 1)
    assert page.entries == list(entries.order_by("-pk"))[start : start + 20]
    assert (page.count, page.count_is) == (30, "exact")


@pytest.mark.parametrize("page_number", ["1", "2"])
def test_a_listing_that_asks_a_table_of_its_own(page_number: str) -> None:
    make_many(10)
    for name in ("ann", "ben", "cleo"):
        make_user(name)
    entries = AuditEntry.objects.filter(event_type="create").extra(
        tables=["auth_user"], where=["auth_user.username = 'ben'"]
    )
    page = paginate(entries, {"page": page_number, "page_size": "4"})
    start = 4 * (int(page_number) - 1)
    assert page.entries == list(entries.order_by("-pk"))[start : start + 4]
    assert len(page.entries) == 4


def test_an_object_and_a_filter_are_counted_where_they_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(counting, "AFFORDABLE", 100_000)
    make_many(30, target_id="7")
    analyze()
    entries = AuditEntry.objects.for_target("auth.user", "7").filter(event_type="create")
    with CaptureQueriesContext(connection) as captured:
        page = paginate(entries, {})
    assert (page.count, page.count_is) == (30, "exact")
    found_once = " OVER ()" in captured.captured_queries[-1]["sql"]
    assert found_once == (connection.vendor == "postgresql")


@pytest.mark.parametrize("page_number", ["", "1"])
def test_there_is_nothing(page_number: str) -> None:
    make_many(3)
    entries = AuditEntry.objects
    for nothing in (entries.none(), entries.filter(tenant__in=[]), entries.for_target("a.b", "1")):
        page = paginate(nothing, {"page": page_number})
        assert (page.entries, page.count, page.count_is) == ([], 0, "exact")


def test_a_listing_that_asks_other_tables_too() -> None:
    for number in range(30):
        # The second does not match: without the condition, the entry would be there twice.
        make(references=[("shop.order", str(number % 3)), ("shop.shelf", "5")])
    analyze()
    entries = AuditEntry.objects.filter(references__target_id="1")
    page = paginate(entries, {"page": "2", "page_size": "4"})
    assert page.entries == list(entries.order_by("-pk"))[4:8]
    assert (page.count, page.count_is) == (10, "exact")


@pytest.mark.parametrize("column", ["event_type", "outcome", "tenant"])
@pytest.mark.parametrize("recent", [3, 25, 55, 200])
def test_what_is_met_among_the_last_is_the_same(
    recent: int, column: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def likely(*args: Any, **options: Any) -> counting.Counter:
        counter = counting.counter_of(*args, **options)
        counter.likely_among = column
        return counter

    monkeypatch.setattr(pagination, "counter_of", likely)
    monkeypatch.setattr(pagination, "RECENT", recent)
    entries = updates(50)
    make_many(3)
    assert paginate(entries, {}).entries == list(entries.order_by("-pk"))[:20]
    pin = str(entries.order_by("pk")[30].pk)
    assert paginate(entries, {"pin": pin}).entries == list(entries.order_by("-pk"))[19:39]
    # Where no column has a value that is asked for, there is no index of such.
    assert paginate(entries.search("user"), {}).entries == list(entries.order_by("-pk"))[:20]
    everything = AuditEntry.objects.search("user")
    assert paginate(everything, {}).entries == list(everything.order_by("-pk"))[:20]
