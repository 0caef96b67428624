"""Who follows the log gets each entry exactly once, in whatever order transactions commit."""

from __future__ import annotations

import datetime
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.test import override_settings
from django.utils import timezone

import audit_log
from audit_log import uuid7
from audit_log.models import AuditEntry
from audit_log.reading import following, transactions
from audit_log.reading.following import Stretch, follow
from audit_log.reading.pagination import InvalidPage
from tests.reading.helpers import make, make_many, unaudited
from tests.testapp.models import Author

at_once = override_settings(AUDIT_LOG={"SETTLING_SECONDS": 0})


def after(cursor: str = "", **params: str) -> Stretch:
    return follow(AuditEntry.objects.all(), {"cursor": cursor, **params})


def to_the_end(cursor: str = "", **params: str) -> tuple[list[AuditEntry], str]:
    found = []
    while True:
        stretch = after(cursor, **params)
        found += stretch.entries
        cursor = stretch.cursor
        if not stretch.has_more:
            return found, cursor


@pytest.mark.django_db
class TestOrder:
    @at_once
    def test_oldest_first_from_where_one_left_off(self) -> None:
        entries = make_many(45)[::-1]
        first = after()
        assert first.entries == entries[:20]
        assert first.cursor == str(entries[19].pk)
        assert first.has_more
        found, cursor = to_the_end(first.cursor)
        assert found == entries[20:]
        # Nothing new: the place is kept.
        assert after(cursor) == Stretch([], cursor, has_more=False)
        later = make_many(3)[::-1]
        assert to_the_end(cursor)[0] == later

    @at_once
    def test_an_empty_log(self) -> None:
        assert after() == Stretch([], "", has_more=False)
        entry = make()
        assert after("").entries == [entry]

    @at_once
    def test_the_size_and_the_filters(self) -> None:
        entries = make_many(10)[::-1]
        make_many(10, tenant="acme")
        assert len(after(page_size="7").entries) == 7
        others = AuditEntry.objects.filter(tenant="")
        first = follow(others, {"cursor": "", "page_size": "6"})
        second = follow(others, {"cursor": first.cursor, "page_size": "6"})
        assert first.entries + second.entries == entries
        assert not second.has_more

    @pytest.mark.parametrize(
        ("params", "field", "message"),
        [
            ({"cursor": "x"}, "cursor", "the one of the answer before"),
            ({"cursor": "0" * 33}, "cursor", "the one of the answer before"),
            ({"page": "2"}, "page", "no pages where a cursor is followed"),
            ({"pin": str(uuid.UUID(int=0))}, "pin", "no pages"),
            ({"anchor": "1-" + "0" * 32}, "anchor", "no pages"),
            ({"page_size": "201"}, "page_size", "from 1 to 200"),
        ],
    )
    def test_what_is_wrong(self, params: dict[str, str], field: str, message: str) -> None:
        with pytest.raises(InvalidPage, match=message) as caught:
            after(**params)
        assert caught.value.field == field

    def test_queries(self, django_assert_num_queries: Any) -> None:
        make_many(45)
        time.sleep(1.1)
        # Who has a transaction open (after looking anew, within one), and the entries.
        with django_assert_num_queries({"sqlite": 1}.get(connection.vendor, 3)):
            after()


@pytest.mark.django_db
class TestSettling:
    def test_what_is_fresh_is_waited_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        slept = []

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            clock[0] += seconds

        clock = [time.time()]
        monkeypatch.setattr(following.time, "time", lambda: clock[0])
        monkeypatch.setattr(following.time, "sleep", sleep)
        entry = make()
        assert after().entries == [entry]
        assert len(slept) == 1
        assert 0 < slept[0] <= 1.1
        # Not where there is something to give, and not for nothing.
        clock[0] += 10
        other = make(occurred_at=datetime.datetime.fromtimestamp(clock[0], datetime.UTC))
        assert after() == Stretch([entry], str(entry.pk), has_more=True)
        assert after(str(other.pk)).entries == []
        assert len(slept) == 1

    @override_settings(AUDIT_LOG={"SETTLING_SECONDS": 60})
    def test_nobody_waits_for_a_minute(self) -> None:
        make()
        start = time.monotonic()
        assert after() == Stretch([], "", has_more=False)
        assert time.monotonic() - start < 0.9

    def test_an_entry_of_a_clock_that_is_ahead_comes_when_it_is_time(self) -> None:
        make(occurred_at=timezone.now() + datetime.timedelta(hours=1))
        assert after() == Stretch([], "", has_more=False)


class Writer:
    """A thread with a transaction of its own, which stands still until it is told to go on."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._begun, self._go_on = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            with transaction.atomic():
                self._work()
                self._begun.set()
                assert self._go_on.wait(10)
        finally:
            self._begun.set()
            connections.close_all()

    @contextmanager
    def standing(self) -> Iterator[None]:
        self._thread.start()
        assert self._begun.wait(10)
        try:
            yield
        finally:
            self._go_on.set()
            self._thread.join(10)


@pytest.fixture
def author() -> Author:
    with unaudited():
        return Author.objects.create(name="George")


def rename(author: Author, name: str) -> None:
    fresh = Author.objects.get(pk=author.pk)
    fresh.name = name
    fresh.save()


@pytest.mark.postgres
@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
class TestTransactions:
    @at_once
    def test_what_commits_late_is_not_passed_over(self, author: Author) -> None:
        before = make()
        time.sleep(1.1)  # MariaDB tells whole seconds.
        with Writer(lambda: rename(author, "late")).standing():
            later = make()
            assert AuditEntry.objects.count() == 2
            # What came before the transaction is given out, what came after it is held back.
            assert to_the_end()[0] == [before]
            cursor = str(before.pk)
            assert after(cursor) == Stretch([], cursor, has_more=False)
        late, again = to_the_end(cursor)[0]
        assert late.changes == {"name": {"old": "George", "new": "late"}}
        assert late.pk < later.pk
        assert again == later

    @at_once
    def test_what_is_rolled_back_is_not_waited_for_any_longer(self, author: Author) -> None:
        def fail() -> None:
            rename(author, "never")
            transaction.set_rollback(True)

        with Writer(fail).standing():
            later = make()
            assert to_the_end()[0] == []
        assert to_the_end()[0] == [later]

    @at_once
    def test_many_writers_and_a_follower(self) -> None:
        # MariaDB tells whole seconds: where somebody always writes, followers are far behind.
        count, pause = (2, 3.0) if connection.vendor == "mysql" else (6, 0.3)
        with unaudited():
            Author.objects.bulk_create(Author(name=str(n)) for n in range(count))
        authors = list(Author.objects.all())
        problems: list[BaseException] = []

        def write(author: Author) -> None:
            chance = random.Random(author.pk)
            try:
                for number in range(8):
                    time.sleep(chance.random() * pause / 2)
                    with transaction.atomic():
                        for part in range(chance.randrange(1, 4)):
                            rename(author, f"{author.pk} {number} {part}")
                            time.sleep(chance.random() * 0.15)
                        transaction.set_rollback(chance.random() < 0.2)
            except BaseException as problem:  # noqa: BLE001
                problems.append(problem)
            finally:
                connections.close_all()

        writers = [threading.Thread(target=write, args=[author]) for author in authors]
        for writer in writers:
            writer.start()
        seen: list[AuditEntry] = []
        cursor, rounds = "", 0
        while any(writer.is_alive() for writer in writers):
            found, cursor = to_the_end(cursor, page_size="7")
            seen += found
            rounds += bool(found)
        seen += to_the_end(cursor)[0]
        assert not problems
        assert rounds > 1
        assert seen == list(AuditEntry.objects.order_by("id"))
        assert len(seen) > 10


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
@at_once
def test_mariadb_knows_of_a_transaction_once_it_has_read_or_written() -> None:
    with Writer(lambda: audit_log.record("book.lend")).standing():
        later = make()
        found, cursor = to_the_end()
        assert found == [later]
    assert to_the_end(cursor)[0] == []
    assert AuditEntry.objects.count() == 2


@pytest.mark.mariadb
@pytest.mark.django_db
@at_once
def test_without_the_right_to_see_transactions_only_time_settles(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def deny(execute: Any, sql: str, *args: Any) -> Any:
        if "INNODB STATUS" in sql:
            raise OperationalError(code, "Access denied")
        return execute(sql, *args)

    entry = make()
    with connection.execute_wrapper(deny):
        # Asked again where the entry was made within this very millisecond.
        code = 1227
        assert after().entries == [entry]
        code = 1045
        with pytest.raises(OperationalError):
            after()


@pytest.mark.mariadb
@pytest.mark.django_db
@at_once
def test_a_list_that_is_cut_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    make()
    monkeypatch.setattr(transactions, "_TRUNCATED", "LIST OF TRANSACTIONS")
    assert after().entries == []


def test_the_time_of_an_id_is_that_of_its_entry() -> None:
    milliseconds = int(time.time() * 1000)
    assert abs(uuid7.milliseconds_of(AuditEntry().pk) - milliseconds) < 1000
