"""Helpers for the tests of projects that use the audit log.

from audit_log.testing import assert_audited, capture_entries

def test_disable(license):
    with assert_audited("license.disable", target=license, changes={"is_enabled": (True, False)}):
        license.disable()
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import models, router

from audit_log.registry import target_of

if TYPE_CHECKING:
    from audit_log.models import AuditEntry


@contextmanager
def capture_entries(using: str | None = None) -> Iterator[list[AuditEntry]]:
    """Collect the entries that are written inside the block, oldest first.

    The list is filled when the block ends, also by an exception. ``using`` is the alias of
    the database to look at; by default the one that entries are read from.
    """
    from audit_log.models import AuditEntry

    found: list[AuditEntry] = []
    entries = AuditEntry.objects.using(using or router.db_for_read(AuditEntry))
    before = set(entries.values_list("pk", flat=True))
    try:
        yield found
    finally:
        found += [entry for entry in entries.order_by("id") if entry.pk not in before]


@contextmanager
def assert_audited(
    action: str,
    *,
    target: models.Model | None = None,
    changes: Mapping[str, Any] | None = None,
    using: str | None = None,
    **fields: Any,
) -> Iterator[list[AuditEntry]]:
    """Assert that the block leaves exactly one entry with that action, and that it tells this.

    ``changes`` holds at least these: ``{field: (old, new)}``, or the change as it is stored.
    ``fields`` are further fields of the entry, as ``reason="ticket 811"``. Yields the list of
    all entries of the block, see :func:`capture_entries`. Raises ``AssertionError``, which
    says what was found instead.
    """
    wanted_target = None if target is None else target_of(target)
    with capture_entries(using) as found:
        yield found
    matching = [
        entry
        for entry in found
        if entry.action == action and wanted_target in {None, (entry.target_type, entry.target_id)}
    ]
    seen = ", ".join(f"{e.action} of {e.target_type}:{e.target_id}" for e in found) or "none"
    of = "" if wanted_target is None else f" of {':'.join(wanted_target)}"
    assert len(matching) == 1, (
        f"Expected one entry {action}{of}, found {len(matching)}. Entries of the block: {seen}."
    )
    (entry,) = matching
    for name, expected in (changes or {}).items():
        told = entry.changes.get(name)
        pair = isinstance(expected, tuple) and told is not None
        actual = (told.get("old"), told.get("new")) if pair else told
        assert actual == expected, f"{action}: {name} was told as {told!r}, not {expected!r}."
    for name, expected in fields.items():
        actual = getattr(entry, name)
        assert actual == expected, f"{action}: {name} is {actual!r}, not {expected!r}."


@contextmanager
def assert_not_audited(using: str | None = None) -> Iterator[None]:
    """Assert that the block leaves no entry. Raises ``AssertionError`` that names those found."""
    with capture_entries(using) as found:
        yield
    seen = ", ".join(f"{e.action} of {e.target_type}:{e.target_id}" for e in found)
    assert not found, f"Expected no entries, found {seen}."
