"""A process that writes, run by the tests of crashes and of concurrency.

    python -m tests.capture.writer create NAME
    python -m tests.capture.writer write NAME SEED        until it is killed
    python -m tests.capture.writer load NAME SEED THREADS WRITES
    python -m tests.capture.writer check NAME
    python -m tests.capture.writer check_load NAME WORKERS WRITES

NAME is the database's; the environment chooses the server as for the tests.
"""

from __future__ import annotations

import os
import random
import sys
import threading
from typing import Any


def set_up(name: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django
    from django.conf import settings

    database = settings.DATABASES["default"]
    database["NAME"] = name
    if "sqlite3" in database["ENGINE"]:
        database["OPTIONS"] = {
            "timeout": 60,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
        }
    # What Django's documentation asks for with pgbouncer.
    database["DISABLE_SERVER_SIDE_CURSORS"] = "AUDIT_LOG_POOLED" in os.environ
    django.setup()


def create() -> None:
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0)


def write(seed: int) -> None:
    """Change random rows in random ways, alone and in transactions, for ever."""
    from django.db import transaction
    from django.db.models import F

    from tests.testapp.models import Author, Book, Cafe, Country, Dossier, Tag

    chance = random.Random(seed)

    def pick(model: Any) -> Any:
        found = list(model.objects.order_by("pk")[:20])
        return chance.choice(found) if found else None

    def change() -> None:
        author, book, tag = pick(Author), pick(Book), pick(Tag)
        kind = chance.randrange(12)
        word = f"{seed}-{chance.random()}"
        if kind == 0 or author is None:
            Author.objects.create(name=word)
        elif kind == 1 or book is None:
            Book.objects.create(title=word, author=author)
        elif kind == 2 or tag is None:
            Tag.objects.bulk_create([Tag(name=word), Tag(name=word)])
        elif kind == 3:
            book.title = word
            book.save()
        elif kind == 4:
            Book.objects.update(pages=F("id") + chance.randrange(100))
        elif kind == 5:
            book.tags.set([tag])
        elif kind == 6:
            author.delete()
        elif kind == 7:
            Dossier.objects.create(owner=author, text=word)
        elif kind == 8:
            Cafe.objects.create(name=word, seats=1)
        elif kind == 9:
            Cafe.objects.update(name=word)
        elif kind == 10:
            Country.objects.update_or_create(code=str(chance.randrange(5)), defaults={"name": word})
        else:
            Country.objects.filter(code=str(chance.randrange(5))).delete()

    print("ready", flush=True)
    while True:
        if chance.random() < 0.5:
            change()
        else:
            with transaction.atomic():
                for _ in range(chance.randrange(1, 5)):
                    change()


def shared() -> None:
    """Make the row that all loads write."""
    from tests.testapp.models import Author

    Author.objects.create(name="shared")


def load(seed: int, threads: int, writes: int) -> None:
    """Write the same row and rows of one's own from many threads; print what fails."""
    from django.db import connections

    from tests.testapp.models import Author, Book

    common = Author.objects.get(name__startswith="shared")
    failures: list[str] = []

    def work(number: int) -> None:
        try:
            mine = Author.objects.create(name=f"{seed}.{number}")
            for step in range(writes):
                author = Author.objects.get(pk=common.pk)
                author.name = f"shared {seed}.{number}.{step}"
                author.save()
                mine.name = f"{seed}.{number}.{step}"
                mine.save()
                Book.objects.create(title=mine.name, author=mine)
            Book.objects.filter(author=mine).update(pages=number)
        except Exception as error:  # noqa: BLE001  # it is told, whatever it is
            failures.append(repr(error))
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for failure in failures:
        print(failure, flush=True)


def check() -> None:
    """Compare the replayed log with the tables; print how many entries there are."""
    from audit_log.models import AuditEntry
    from tests.capture.replay import replay, stored
    from tests.testapp.models import Author, Book, Cafe, Country, Dossier, Place, Restaurant, Tag

    told = replay()
    kept = {
        label: found
        for label, found in stored(
            Author, Book, Cafe, Country, Dossier, Place, Restaurant, Tag
        ).items()
        if found
    }
    assert told == kept, "the log replayed is not the tables"
    print(AuditEntry.objects.count(), flush=True)


def check_load(workers: int, writes: int) -> None:
    """Check that the loads left as many entries as changes, and that each object's chain."""
    from audit_log.models import AuditEntry
    from tests.testapp.models import Author, Book

    counted = AuditEntry.objects.filter(action="book.create").count()
    assert counted == Book.objects.count() == workers * writes, counted
    counted = AuditEntry.objects.filter(action="book.update").count()
    assert counted == Book.objects.filter(pages__isnull=False).count() == workers * writes, counted
    for author in Author.objects.all():
        entries = AuditEntry.objects.filter(target_type="testapp.author", target_id=author.pk)
        names = [entry.changes["name"] for entry in entries]
        wanted = workers * writes + 1 if author.name.startswith("shared") else writes + 1
        assert len(names) == wanted, (author, len(names))
        follows = {change["old"]: change["new"] for change in names}
        name, steps = None, 0
        while name in follows:
            name = follows.pop(name)
            steps += 1
        assert (name, steps) == (author.name, wanted), (author, names)


if __name__ == "__main__":
    mode, database, *rest = sys.argv[1:]
    set_up(database)
    modes: dict[str, Any] = {
        "create": create,
        "write": write,
        "load": load,
        "check": check,
        "check_load": check_load,
        "shared": shared,
    }
    modes[mode](*map(int, rest))
