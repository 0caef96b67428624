"""The cursors that do not keep a whole answer in memory behave as Django's own."""

from __future__ import annotations

import pytest
from django.db import connections, transaction

from audit_log.capture.spool import Spool
from tests.capture.helpers import entries
from tests.testapp.models import Author, Country

pytestmark = pytest.mark.django_db(transaction=True)


def test_backends_that_choose_where_tables_are(monkeypatch):
    """As django-tenants does: with each cursor, and not when it is told to."""
    Country.objects.create(code="de", name="Germany")
    raw = connections["default"]
    ran = []

    class Backend(type(raw)):
        tenant = chosen = "a"

        def _cursor(self, name=None):
            self.chosen = self.tenant
            return super()._cursor(name)

    def see(execute, sql, parameters, many, context):
        ran.append((raw.chosen, sql.split()[0]))
        return execute(sql, parameters, many, context)

    monkeypatch.setattr(raw, "__class__", Backend)
    works = {"b": lambda: Country.objects.update(name="Land"), "c": Country.objects.all().delete}
    for tenant, work in works.items():
        raw.tenant = tenant
        with raw.execute_wrapper(see):
            work()
        assert {chosen for chosen, _ in ran} == {tenant}, ran
        ran.clear()


def test_an_exception_before_the_last_row(monkeypatch):
    """The connection and the transaction around can be used on."""
    Country.objects.bulk_create([Country(code=str(n), name="x" * 90) for n in range(3000)])

    def add(self, batch):
        raise OSError("no space left on device")

    with transaction.atomic():
        Author.objects.create(name="before")
        with monkeypatch.context() as patch:
            patch.setattr(Spool, "add", add)
            for work in (Country.objects.all().delete, lambda: Country.objects.update(name="y")):
                with pytest.raises(OSError, match="no space"), transaction.atomic():
                    work()
        Author.objects.create(name="after")
    assert Country.objects.filter(name="x" * 90).count() == 3000
    found = entries(target_type="testapp.author")
    assert [entry.target_repr for entry in found] == ["before", "after"]
