"""Nested blocks, each of which succeeds or fails: an entry stays where its change does."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from django.db import transaction

from audit_log.models import AuditEntry
from tests.capture.helpers import entries
from tests.testapp.models import Author

pytestmark = pytest.mark.django_db(transaction=True)

DEPTH = 3
# What goes on in each block besides: nothing, a look at the log, a savepoint by hand.
BESIDES = ("nothing", "a look", "a savepoint")


# Its name since Django 6.1.
savepoint = getattr(transaction, "savepoint_create", None) or transaction.savepoint


class Failed(Exception):
    pass


def write(names: list[str]) -> None:
    """Create, update and delete, so that each has to be undone."""
    first, second = names
    author = Author.objects.create(name=first)
    Author.objects.filter(pk=author.pk).update(name=first + "!")
    Author.objects.bulk_create([Author(name=second)])
    Author.objects.create(name="gone").delete()


def block(depth: int, fails: tuple[bool, ...], joins: tuple[bool, ...], besides: str) -> None:
    try:
        # A block that joins has no savepoint of its own: its failure is that of the one around.
        with transaction.atomic(savepoint=not joins[depth]):
            write([f"before {depth}", f"too {depth}"])
            if besides == "a look":
                assert AuditEntry.objects.count() >= 5
            elif besides == "a savepoint":
                kept = savepoint()
                write(["kept", "kept too"])
                transaction.savepoint_commit(kept)
                undone = savepoint()
                write(["undone", "undone too"])
                transaction.savepoint_rollback(undone)
            if depth + 1 < DEPTH:
                block(depth + 1, fails, joins, besides)
            write([f"after {depth}", f"too after {depth}"])
            if fails[depth]:
                raise Failed
    except Failed:
        pass
    except transaction.TransactionManagementError:
        # The block around cannot go on, either: so it ends, here by the same error.
        if depth:
            raise


@pytest.mark.parametrize("besides", BESIDES)
def test_every_combination(besides):
    for fails, joins in itertools.product(
        itertools.product((False, True), repeat=DEPTH),
        [(False, *rest) for rest in itertools.product((False, True), repeat=DEPTH - 1)],
    ):
        before = AuditEntry.objects.count()
        Author.objects.all()._raw_delete("default")
        block(0, fails, joins, besides)
        alive: dict[str, dict[str, Any]] = {}
        for entry in entries()[before:]:
            if entry.event_type == "delete":
                del alive[entry.target_id]
                continue
            row = alive.setdefault(entry.target_id, {})
            for name, change in entry.changes.items():
                assert row.get(name) == change["old"], (fails, joins)
                row[name] = change["new"]
        stored = {str(author.pk): {"name": author.name} for author in Author.objects.all()}
        assert alive == stored, (fails, joins)
        assert stored or any(fails)
