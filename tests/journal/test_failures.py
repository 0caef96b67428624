"""``ON_ERROR = "log"``: what fails in the log spoils nothing of the caller's."""

from __future__ import annotations

import pytest
from django.db import connections, transaction

from audit_log import signals
from audit_log.journal.failures import guard
from tests.testapp.models import Author


def fail(using):
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")


@pytest.fixture(autouse=True)
def log(settings):
    settings.AUDIT_LOG = {"ON_ERROR": "log"}


@pytest.mark.django_db(transaction=True)
def test_without_autocommit():
    transaction.set_autocommit(False)
    try:
        Author.objects.create(name="kept")
        with guard("default"):
            fail("default")
        assert Author.objects.count() == 1
        assert not connections["default"].in_atomic_block
        transaction.rollback()
        assert Author.objects.count() == 0
    finally:
        transaction.rollback()
        transaction.set_autocommit(True)


@pytest.mark.django_db(transaction=True)
def test_guarded_write_without_autocommit_is_rolled_back():
    transaction.set_autocommit(False)
    try:
        with guard("default"):
            Author.objects.create(name="gone")
        transaction.rollback()
        assert Author.objects.count() == 0
    finally:
        transaction.rollback()
        transaction.set_autocommit(True)


@pytest.mark.django_db(databases=["default", "other"])
def test_database_of_the_log_is_another(settings):
    settings.AUDIT_LOG = {"ON_ERROR": "log", "DATABASE": "other"}
    with transaction.atomic(using="other"):
        with guard("default"):
            fail("other")
        assert Author.objects.using("other").count() == 0


@pytest.mark.django_db
def test_receiver_that_fails(caplog):
    def receive(**kwargs):
        raise RuntimeError("the pager is down")

    signals.write_failed.connect(receive)
    try:
        with guard("default"):
            fail("default")
    finally:
        signals.write_failed.disconnect(receive)
    assert "the pager is down" in caplog.text
