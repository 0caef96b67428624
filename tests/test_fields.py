"""Columns of the audit tables, as the databases have them."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection

from audit_log.models import AuditEntry, AuditReference
from tests.reading.helpers import make

pytestmark = pytest.mark.django_db

KEY = uuid.UUID("0199d4f2-5b2c-7d43-9d55-6f5f1c7b1a52")


def stored(column: str, table: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table}")
        return cursor.fetchone()[0]


@pytest.mark.sqlite
def test_a_key_is_sixteen_bytes_on_sqlite_wherever_it_stands() -> None:
    AuditReference.objects.create(entry=make(id=KEY), target_type="app.model", target_id="1")
    assert stored("id", "audit_log_auditentry") == KEY.bytes
    assert stored("entry_id", "audit_log_auditreference") == KEY.bytes


def test_a_key_is_a_uuid_to_python_however_it_is_asked_for() -> None:
    AuditReference.objects.create(entry=make(id=KEY), target_type="app.model", target_id="1")
    other = make()
    for asked in (KEY, str(KEY), KEY.hex):
        assert AuditEntry.objects.get(pk=asked).pk == KEY
        assert AuditEntry.objects.filter(pk__in=[asked]).values_list("pk", flat=True)[0] == KEY
    assert AuditEntry.objects.exclude(pk=other.pk).get().pk == KEY
    assert AuditEntry.objects.filter(pk__lte=KEY).count() == 1
    reference = AuditReference.objects.select_related("entry").get(entry=KEY)
    assert (reference.entry_id, reference.entry.pk) == (KEY, KEY)
    assert AuditEntry.objects.get(references__entry_id=KEY).references.get() == reference
    assert not AuditEntry.objects.filter(pk=None)
