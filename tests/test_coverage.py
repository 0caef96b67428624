"""``audit_coverage`` and the checks of gaps."""

from __future__ import annotations

import json
from io import StringIO

import django
import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import models
from django.test.utils import isolate_apps

from audit_log import policies, registry
from audit_log.coverage import coverage, gaps_of
from tests.testapp.models import Author


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("audit_coverage", *arguments, stdout=out, no_color=True)
    return out.getvalue()


def test_every_model_audited_or_not_and_why():
    text = run()
    assert "testapp.Book: audited\n    noun: book\n" in text
    assert "    masked: secret_token\n" in text
    assert "sessions.Session: not audited, it is excluded by default" in text
    assert "audit_log.AuditEntry: not audited, it is part of the audit log" in text
    assert "0 gap(s)" in text
    assert "raw SQL" in text
    told = json.loads(run("--json"))
    assert {each["model"] for each in told["models"]} == {each.label for each in coverage()}
    (book,) = (each for each in told["models"] if each["model"] == "testapp.Book")
    assert "book.publish" in book["policy"]["actions"]
    assert book["policy"]["references"] == ["author"]


def test_fail_on_gaps(settings):
    assert run("--fail-on-gaps")
    settings.AUDIT_LOG = {"MODELS": {"testapp.Book": {"bulk": "off"}}}
    with pytest.raises(CommandError, match=r"1 gap\(s\)") as caught:
        run("--fail-on-gaps")
    assert caught.value.returncode == 1
    assert "GAP bulk: bulk='off'" in run()


@isolate_apps("tests.testapp")
def test_gaps_that_the_code_shows():
    class Queries(models.QuerySet):
        def update(self, **kwargs):
            return 0

        def bulk_create(self, objs, **kwargs):
            return super().bulk_create(objs, **kwargs)

    class Manager(models.Manager):
        def bulk_create(self, objs, **kwargs):
            return []

    class Leaky(models.Model):
        objects = Queries.as_manager()
        others = Manager()

        class Meta:
            app_label = "testapp"
            managed = False

        def _save_table(self, *args, **kwargs):
            return True

    found = [
        (gap.code, gap.text) for gap in gaps_of(Leaky, policies.build(Leaky, registry.options_of))
    ]
    assert [code for code, _ in found] == ["unmanaged", "override", "override", "override"]
    assert "Leaky._save_table" in found[1][1]
    assert "Queries.update" in found[2][1]
    assert "Manager.bulk_create" in found[3][1]


@pytest.mark.skipif(django.VERSION < (6, 1), reason="DB_CASCADE came with Django 6.1")
@isolate_apps("tests.testapp")
def test_cascade_in_the_database(monkeypatch):
    class Parent(models.Model):
        class Meta:
            app_label = "testapp"

    class Child(models.Model):
        parent = models.ForeignKey(Parent, on_delete=models.DB_CASCADE)

        class Meta:
            app_label = "testapp"

    (gap,) = gaps_of(Child, policies.build(Child, registry.options_of))
    assert gap.code == "database-cascade"
    assert "parent: DB_CASCADE" in gap.text


def test_gaps_are_warnings(monkeypatch):
    monkeypatch.setattr("audit_log.coverage._ends_with_django", lambda owner, name: owner != Author)
    assert [m.id for m in run_checks(tags=["audit_log"])] == ["audit_log.W005"]
