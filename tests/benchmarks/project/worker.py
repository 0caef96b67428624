"""A process in which one package is measured; it obeys commands, one JSON object a line.

Each function among ``commands`` at the end is one, its parameters are the object's other members.
"""

from __future__ import annotations

import cProfile
import gc
import io
import pstats
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from importlib.metadata import version
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from tests.benchmarks.cases import CASES, Case  # noqa: E402
from tests.benchmarks.obey import obey  # noqa: E402
from tests.benchmarks.packages import Package  # noqa: E402
from tests.benchmarks.project import bodies, environment  # noqa: E402
from tests.benchmarks.project.models import Item, Owner, Tag  # noqa: E402
from tests.benchmarks.project.sessions import session_of  # noqa: E402

PACKAGE: Package = settings.PACKAGE


def set_up(items: int) -> None:
    """Make the tables, and as many items as any case begins with; they are kept aside."""
    call_command("migrate", verbosity=0)
    call_command("migrate", run_syncdb=True, verbosity=0)  # the project itself has no migrations
    PACKAGE.migrated()
    User.objects.create_user("ann", "ann@example.com", "ann", first_name="Ann", last_name="Example")
    for new in (
        [Owner(name=f"Owner {n}") for n in range(bodies.OWNERS)],
        [Tag(name=f"Tag {n}") for n in range(bodies.TAGS)],
        bodies.new_items(1, items),
    ):
        type(new[0])._base_manager.bulk_create(new)
    execute("CREATE TABLE seed AS SELECT * FROM project_item")


def execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def quoted(models: Any) -> list[str]:
    return [connection.ops.quote_name(model._meta.db_table) for model in models]


def clear(*models: Any) -> None:
    """Empty the tables without the ORM, which would be heard."""
    names = quoted(models)
    if not names:
        return
    if connection.vendor == "postgresql":
        execute(f"TRUNCATE {', '.join(names)} CASCADE")
    else:
        with connection.constraint_checks_disabled():
            execute(*(f"DELETE FROM {name}" for name in names))


def reset(items: int) -> None:
    """The tables as every case finds them, and nothing left for it to do of what was before."""
    clear(Item.tags.through, Item)
    execute(f"INSERT INTO project_item SELECT * FROM seed WHERE id <= {items}")
    clear(*PACKAGE.log())
    if connection.vendor == "postgresql":
        execute("ANALYZE project_item")
    else:
        execute("PRAGMA wal_checkpoint(TRUNCATE)")


def body_of(case: Case, first: int, number: int, user: User | None) -> Callable[[], None]:
    """Return what is timed: the operations one by one, or as one transaction."""
    work = None
    if case.kind in PACKAGE.misses:
        work = PACKAGE.own_call(case.kind, first, number)
    operation, objects = work or bodies.BODIES[case.kind](first, number)
    unit = partial(PACKAGE.unit, user)
    has_units = unit() is not None

    def alone() -> None:
        for one in objects:
            operation(one)

    def in_units() -> None:
        for one in objects:
            with unit():
                operation(one)

    def together() -> None:
        with transaction.atomic(), unit() or nullcontext():
            alone()

    return together if case.atomic else in_units if has_units else alone


def ready(case: Case, number: int, warm_up: int, user: User | None) -> Callable[[], None]:
    """Bring the tables and the process to where the case begins, and return its body."""
    reset(warm_up + number if case.filled else 0)
    if warm_up:
        body_of(case, 1, warm_up, user)()
    body = body_of(case, 1 + warm_up, number, user)
    clear(*PACKAGE.log())
    return body


@contextmanager
def somebody() -> Iterator[User | None]:
    if not settings.CHOSEN["actor"]:
        yield None
        return
    user = User.objects.get(username="ann")
    with PACKAGE.acting(user):
        yield user


def run(case: str, number: int, warm_up: int) -> dict[str, Any]:
    """Return seconds on the clock and of this process's work, and the records left."""
    with somebody() as user:
        body = ready(CASES[case], number, warm_up, user)
        gc.collect()
        clock, work = time.perf_counter(), time.process_time()
        body()
        clock, work = time.perf_counter() - clock, time.process_time() - work
    records = check(CASES[case].kind, number)
    return {"seconds": clock, "cpu": work, "number": number, "records": records}


def check(kind: str, number: int) -> int:
    """Return how many records there are. Raises :exc:`AssertionError` if it is a wrong number."""
    models = PACKAGE.recorded()
    records = sum(model._base_manager.count() for model in models)
    missed = kind in PACKAGE.misses and PACKAGE.own_call(kind, 1, 1) is None
    each = 0 if not models or kind == "load" or missed else PACKAGE.records.get(kind, 1)
    if records != each * number:
        wrong = f"{records} records instead of {each * number}"
        raise AssertionError(f"{PACKAGE.name}, {kind}: {wrong}")
    PACKAGE.check(kind)
    return records


def open_view(items: int) -> str:
    """Bring the tables to where the view's turn begins; return the session of who asks."""
    reset(items)
    return session_of(User.objects.get(username="ann"))


def profile(case: str, number: int, warm_up: int, lines: int = 40) -> str:
    profiler = cProfile.Profile()
    with somebody() as user:
        body = ready(CASES[case], number, warm_up, user)
        gc.collect()
        profiler.runcall(body)
    check(CASES[case].kind, number)
    text = io.StringIO()
    pstats.Stats(profiler, stream=text).sort_stats("tottime").print_stats(lines)
    return text.getvalue()


def pages(case: str, number: int, warm_up: int) -> float:
    """Return how many pages one operation writes to SQLite's write-ahead log."""
    with somebody() as user:
        body = ready(CASES[case], number, warm_up, user)
        execute("PRAGMA wal_autocheckpoint = 0", "PRAGMA wal_checkpoint(TRUNCATE)")
        body()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
        _, written, _ = cursor.fetchone()
    return int(written) / number


def size(number: int) -> float:
    """Return the bytes that a record of an update takes: the log's tables and all indexes."""
    if not PACKAGE.log():
        return 0
    clear(*PACKAGE.log())
    before = log_size()
    reset(number)
    case = Case("one update", "fetch", 1)
    for one in range(1, number + 1):
        with somebody() as user:  # as in a request of its own
            body_of(case, one, 1, user)()
    records = check("fetch", number)
    return (log_size() - before) / records


def log_size() -> int:
    """Return the bytes of the log; on SQLite of the database, which has nothing else in it."""
    if connection.vendor == "sqlite":
        clear(Item)
    execute("VACUUM")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            tables = ", ".join(["(%s)"] * len(PACKAGE.log()))
            sizes = "SELECT sum(pg_total_relation_size(name::regclass))"
            cursor.execute(f"{sizes} FROM (VALUES {tables}) t(name)", quoted(PACKAGE.log()))
        else:
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        return int(cursor.fetchone()[0])


def versions() -> dict[str, str]:
    found = environment.versions()
    if PACKAGE.name == "audit_log":
        from audit_log import __version__

        found["audit_log"] = __version__
    elif PACKAGE.requirements:
        name = PACKAGE.requirements[0].partition("=")[0]
        found[name] = version(name)
    return found


if __name__ == "__main__":
    commands = (set_up, run, open_view, check, profile, pages, size, versions)
    obey({one.__name__: one for one in commands})
