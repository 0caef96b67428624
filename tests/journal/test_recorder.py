"""``record()``, ``pause()`` and what an entry refuses."""

from __future__ import annotations

import subprocess
import sys
from contextvars import copy_context

import pytest
from django.contrib.auth.models import User
from django.core import serializers
from django.core.exceptions import FieldDoesNotExist
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.functional import SimpleLazyObject

import audit_log
from audit_log import uuid7
from audit_log.exceptions import AppendOnly, UnknownAction
from audit_log.journal import subject
from audit_log.journal.pause import is_paused
from audit_log.models import AuditEntry, AuditReference
from tests.capture.helpers import actions, entries, last
from tests.testapp.models import Author, Book, Dossier

pytestmark = pytest.mark.django_db


@pytest.fixture
def book():
    return Book.objects.create(title="One", author=Author.objects.create(name="Ann"))


def test_record(book):
    bea = Author.objects.create(name="Bea")
    entry = audit_log.record(
        "book.lend",
        target=book,
        changes={"reader": ("", "Bea"), "due": {"old": None, "new": 5}},
        reason="asked",
        metadata={"desk": 4},
        references=[bea],
        outcome="failure",
    )
    stored = AuditEntry.objects.get(pk=entry.pk)
    assert (stored.action, stored.event_type, stored.outcome) == ("book.lend", "other", "failure")
    assert (stored.target_type, stored.target_id) == ("testapp.book", str(book.pk))
    assert stored.changes == {
        "reader": {"old": "", "new": "Bea"},
        "due": {"old": None, "new": 5},
    }
    assert (stored.reason, stored.metadata) == ("asked", {"desk": 4})
    assert set(stored.references.values_list("target_type", "target_id")) == {
        ("testapp.author", str(bea.pk)),
        ("testapp.author", str(book.author.pk)),
    }
    assert AuditEntry.objects.for_object(bea).first() == stored
    assert stored.action_label == "Book lent"


def test_record_masks_what_the_policy_masks(book):
    entry = audit_log.record("book.lend", target=book, changes={"secret_token": ("a", "b")})
    assert entry.changes == {"secret_token": {"masked": True}}


def test_record_of_a_lazy_object(book):
    lazy = SimpleLazyObject(lambda: book)
    audit_log.record("book.lend", target=lazy, references=[SimpleLazyObject(lambda: book.author)])
    assert (last().target_type, last().target_id) == ("testapp.book", str(book.pk))
    assert last().target_repr == str(book)
    dossier = Dossier.objects.create(owner=Author.objects.create(name="Ann"))
    audit_log.record("case_file.update", target=SimpleLazyObject(lambda: dossier))
    assert last().tenant == "Ann"


def test_record_without_a_target():
    entry = audit_log.record("book.lend")
    assert (entry.target_type, entry.target_id, entry.target_repr) == ("", "", "")


def test_record_takes_what_follows_from_a_policy(book):
    assert audit_log.record("book.publish", target=book).event_type == "update"


def test_record_refuses(book):
    with pytest.raises(UnknownAction, match=r'audit_log\.action\("book\.burn"'):
        audit_log.record("book.burn", target=book)
    with pytest.raises(ValueError, match="success, failure"):
        audit_log.record("book.lend", target=book, outcome="maybe")
    with pytest.raises(ValueError, match="primary key"):
        audit_log.record("book.lend", target=Book(title="x"))
    with pytest.raises(TypeError, match="pair"):
        audit_log.record("book.lend", target=book, changes={"a": 5})


def test_record_has_the_tenant_of_its_target():
    dossier = Dossier.objects.create(owner=Author.objects.create(name="acme"))
    assert audit_log.record("case_file.update", target=dossier).tenant == "acme"


def test_pause_of_everything():
    with audit_log.pause(reason="import of 2019 data"):
        Author.objects.create(name="x").delete()
    Author.objects.create(name="y")
    assert actions() == ["audit_log.pause", "author.create"]
    with pytest.raises(ValueError, match="reason"):
        audit_log.pause(Author, reason=" ")


def test_one_pause_used_by_several_threads():
    pause = audit_log.pause(Author, reason="shared")
    # As threads have them: contexts of their own.
    first, second = copy_context(), copy_context()
    first.run(audit_log.pause(Book, reason="outer").__enter__)
    first.run(pause.__enter__)
    second.run(pause.__enter__)
    first.run(pause.__exit__)
    assert first.run(is_paused, "testapp.book")
    assert not first.run(is_paused, "testapp.author")
    second.run(pause.__exit__)
    assert not second.run(is_paused, "testapp.author")


def test_one_pause_inside_itself():
    pause = audit_log.pause(Author, reason="again")
    with pause:
        with pause:
            pass
        assert is_paused("testapp.author")
    assert not is_paused("testapp.author")


# Historical models


def historical(model):
    state = MigrationExecutor(connection).loader.project_state()
    return state.apps.get_model("auth", model)


def test_models_of_migrations_lack_what_policies_name(settings):
    def tenant(instance):
        return instance.get_username()

    for given in ("get_full_name.x", "nowhere__at_all", tenant):
        settings.AUDIT_LOG = {
            "MODELS": {"auth.User": {"tenant": given, "references": ["workspace"]}}
        }
        user = historical("User")(pk=1, username="ann")
        assert subject.tenant_of(user) == ""
        assert subject.references_of(user) == ()
    with pytest.raises(FieldDoesNotExist):
        subject.references_of(User(pk=1))
    settings.AUDIT_LOG = {"MODELS": {"auth.User": {"tenant": "nowhere"}}}
    with pytest.raises(AttributeError):
        subject.tenant_of(User(pk=1))


# Append-only


def test_entries_refuse_change_and_deletion(book):
    entry = last()
    for change in (
        entry.save,
        entry.delete,
        lambda: AuditEntry.objects.update(reason="x"),
        lambda: AuditEntry.objects.all().delete(),
        lambda: AuditEntry.objects.filter(pk=entry.pk).delete(),
        lambda: AuditEntry._base_manager.update(reason="x"),
        lambda: AuditEntry._default_manager.all().delete(),
        lambda: AuditEntry.objects.bulk_update([entry], ["reason"]),
        lambda: AuditEntry.objects.update_or_create(pk=entry.pk, defaults={"reason": "x"}),
        lambda: AuditEntry.objects.bulk_create(
            [entry], update_conflicts=True, update_fields=["reason"], unique_fields=["id"]
        ),
        lambda: AuditReference.objects.all().delete(),
        lambda: entry.references.all().delete(),
        lambda: AuditReference.objects.first().delete(),
    ):
        with pytest.raises(AppendOnly, match="append-only"):
            change()
    assert len(entries()) == 2


def test_entries_survive_a_copy_of_the_data(book):
    data = serializers.serialize("json", AuditEntry.objects.all())
    found = [item.object for item in serializers.deserialize("json", data)]
    assert {item.pk for item in found} == {entry.pk for entry in entries()}
    assert found[0].salt == AuditEntry.objects.get(pk=found[0].pk).salt


def test_keys_that_differ_by_case_or_accent_do_not_mix():
    from tests.testapp.models import Country

    for code in ("a", "A", "á"):
        if connection.vendor == "mysql":
            # The table's own key could not hold them all; the log's can.
            AuditEntry.objects.create(
                action="country.create", target_type="testapp.country", target_id=code
            )
        else:
            Country.objects.create(code=code, name=code)
    assert len(AuditEntry.objects.for_target("testapp.country", "A")) == 1


# Ids


def test_uuid7_follows_rfc_9562():
    generator = uuid7.Uuid7Generator()
    first = generator.make(0x017F22E279B0)
    assert first.version == 7
    assert str(first).startswith("017f22e2-79b0-7")
    assert first.variant == "specified in RFC 4122"
    assert uuid7.milliseconds_of(first) == 0x017F22E279B0
    assert uuid7.lowest(0x017F22E279B0) <= first < uuid7.lowest(0x017F22E279B1)


def test_uuid7_increases():
    generator = uuid7.Uuid7Generator()
    made = [generator.make(1000) for _ in range(10_000)]
    made.append(generator.make(900))  # the clock went back
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert uuid7.milliseconds_of(generator.make(5, backwards=True)) == 5


def test_uuid7_overflows_into_the_next_millisecond(monkeypatch):
    generator = uuid7.Uuid7Generator()
    first = generator.make(1000)
    generator._tail = (1 << 74) - 1
    assert generator.make(1000) > first
    assert uuid7.milliseconds_of(generator.make(1000)) == 1001


def test_import_needs_no_settings():
    code = "import audit_log; audit_log.__version__; dir(audit_log); audit_log.register"
    subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    code = "import audit_log; print(audit_log.__version__, 'context' in dir(audit_log))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip().endswith("True")


def test_user_key_of_any_type():
    assert AuditEntry._meta.get_field("actor").target_field is User._meta.pk
