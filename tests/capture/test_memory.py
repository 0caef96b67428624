"""What an operation on many rows needs in memory does not grow with their number."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable

import pytest
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Concat

from audit_log.models import AuditEntry
from tests.testapp.models import Author, Country

pytestmark = pytest.mark.django_db(transaction=True)
COUNTS = (60, 240, 960)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that few rows take many."""
    for module in ("before_after", "deleting"):
        monkeypatch.setattr(f"audit_log.capture.{module}.KEPT", 1)
    for constant in ("matching.BATCH", "matching.KEYS", "inserting.BATCH", "deleting.BATCH"):
        monkeypatch.setattr(f"audit_log.capture.{constant}", 50)
    monkeypatch.setattr("audit_log.journal.buffer.MAX_ROWS", 50)


def peak(operation: Callable[[], object]) -> int:
    # What a process of many tests has in memory makes its garbage collector wait, and what waits
    # for it would count: so it is to look at what is new alone.
    gc.collect()
    gc.freeze()
    gc.collect()
    tracemalloc.start()
    try:
        operation()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        gc.unfreeze()


def assert_bounded(peaks: list[int]) -> None:
    """The first has also to compile and to import. An entry takes over 1,000 bytes; bare Django
    and its drivers seem to keep up to 100 of a row, in what Python has ready for the next.
    """
    assert peaks[2] - peaks[1] < 400 * (COUNTS[2] - COUNTS[1]), peaks


def update() -> None:
    Author.objects.update(name="Ann")


def update_by_expression() -> None:
    Author.objects.update(name=Concat(F("name"), Value("!")))


def update_one_by_one() -> None:
    with transaction.atomic():
        last = Author.objects.order_by("pk").last()
        assert last
        # Not by iterator(): the driver of MariaDB has all rows in memory.
        for key in range(last.pk + 1 - Author.objects.count(), last.pk + 1):
            author = Author.objects.get(pk=key)
            author.name += "!"
            author.save()


def insert_one_by_one() -> None:
    with transaction.atomic():
        for number in range(Author.objects.count()):
            Author.objects.create(name=str(number))


def test_memory_of_a_deletion_stays_bounded() -> None:
    """Of a model whose rows Django does not load to delete them."""
    peaks = []
    for count in COUNTS:
        Country.objects.bulk_create([Country(code=str(n), name=f"{n:090}") for n in range(count)])
        before = AuditEntry.objects.count()
        peaks.append(peak(Country.objects.all().delete))
        assert AuditEntry.objects.count() - before == count
    assert_bounded(peaks)


@pytest.mark.parametrize(
    "operation",
    [update, update_by_expression, update_one_by_one, insert_one_by_one],
    ids=lambda operation: operation.__name__,
)
def test_memory_stays_bounded(operation: Callable[[], None]) -> None:
    peaks = []
    for count in COUNTS:
        Author.objects.all().delete()
        Author.objects.bulk_create([Author(name=f"{n:090}") for n in range(count)])
        before = AuditEntry.objects.count()
        peaks.append(peak(operation))
        assert AuditEntry.objects.count() - before == count
    assert_bounded(peaks)
