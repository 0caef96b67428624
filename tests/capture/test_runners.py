"""Users' own test suites: what their runners and base classes do to the log."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import TestCase, override_settings

from audit_log.models import AuditEntry
from audit_log.testing import assert_audited, capture_entries
from tests.capture.helpers import actions, entries
from tests.testapp.models import Author, Tag

ROOT = Path(__file__).parents[2]

SUITE = """
from django.test import TestCase, TransactionTestCase

from audit_log.models import AuditEntry
from tests.testapp.models import Author


class Shared:
    def test_one(self):
        Author.objects.create(name="Ann")
        self.assertEqual(AuditEntry.objects.count(), 1)
        self.assertEqual(AuditEntry.objects.get().actor_type, "system")

    def test_two(self):
        Author.objects.bulk_create([Author(name="Bea"), Author(name="Cleo")])
        Author.objects.update(name="Dora")
        self.assertEqual(AuditEntry.objects.count(), 4)


class First(Shared, TestCase):
    pass


class Second(Shared, TestCase):
    pass


class Third(Shared, TransactionTestCase):
    pass


class Fourth(Shared, TransactionTestCase):
    serialized_rollback = True
"""


@pytest.mark.sqlite  # in processes of their own, with databases of their own, of any kind
@pytest.mark.parametrize("options", [[], ["--parallel", "2"]])
def test_djangos_runner(options, tmp_path):
    (tmp_path / "test_suite.py").write_text(SUITE)
    done = subprocess.run(
        [sys.executable, "-m", "django", "test", "test_suite", *options],
        cwd=tmp_path,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path)]),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Ran 8 tests" in done.stderr


class SetUpTestDataTests(TestCase):
    """A TestCase wraps everything in transactions that it rolls back."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.author = Author.objects.create(name="Ann")

    def test_one(self) -> None:
        self.author.name = "Bea"
        self.author.save()
        assert actions() == ["author.create", "author.update"]

    def test_two(self) -> None:
        assert actions() == ["author.create"]

    def test_helpers(self) -> None:
        with assert_audited("author.update", target=self.author, changes={"name": ("Ann", "B")}):
            Author.objects.update(name="B")
        with capture_entries() as found:
            Tag.objects.create(name="a")
        assert [entry.action for entry in found] == ["tag.create"]

    def test_on_commit(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            Tag.objects.create(name="a")
        assert actions() == ["author.create", "tag.create"]


class SettingsTests(TestCase):
    """``override_settings`` holds from one statement to the next."""

    def test_policy(self) -> None:
        with override_settings(AUDIT_LOG={"EXCLUDE_MODELS": ["testapp.Author"]}):
            Author.objects.create(name="a")
            with override_settings(AUDIT_LOG={"MODELS": {"testapp.Author": {"mask": ["name"]}}}):
                Author.objects.create(name="b")
            Author.objects.create(name="c")
        Author.objects.create(name="d")
        assert [entry.changes["name"] for entry in entries()] == [
            {"masked": True},
            {"old": None, "new": "d"},
        ]

    @override_settings(AUDIT_LOG={"MAX_VALUE_LENGTH": 3})
    def test_decorator(self) -> None:
        Author.objects.create(name="abcdef")
        assert entries()[0].changes["name"]["truncated"] is True


@pytest.mark.django_db(transaction=True)
def test_what_serialized_rollback_puts_back():
    """The rows that are put back are told as rows of a fixture are; their old entries are back."""
    user = User.objects.create(username="made by a migration")
    before = AuditEntry.objects.for_object(user).get()
    contents = connection.creation.serialize_db_to_string()
    call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=True)
    assert entries() == []
    connection.creation.deserialize_db_from_string(contents)
    assert User.objects.get(pk=user.pk).username == "made by a migration"
    told = AuditEntry.objects.for_object(user)
    assert [entry.action for entry in told] == ["user.create", "user.create"]
    assert told.get(pk=before.pk).changes == before.changes
