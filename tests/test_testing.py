"""The helpers for the tests of projects."""

from __future__ import annotations

import pytest

import audit_log
from audit_log.testing import assert_audited, assert_not_audited, capture_entries
from tests.testapp.models import Author

pytestmark = pytest.mark.django_db


def test_capture_entries():
    Author.objects.create(name="before")
    with capture_entries() as found:
        author = Author.objects.create(name="Ann")
        author.delete()
        assert found == []
    assert [entry.action for entry in found] == ["author.create", "author.delete"]
    with pytest.raises(RuntimeError), capture_entries() as found:
        Author.objects.create(name="Bea")
        raise RuntimeError
    assert len(found) == 1


def test_assert_audited():
    author = Author.objects.create(name="Ann")
    with (
        audit_log.context(reason="ticket 811"),
        assert_audited(
            "author.update", target=author, changes={"name": ("Ann", "Bea")}, reason="ticket 811"
        ) as found,
    ):
        author.name = "Bea"
        author.save()
    assert len(found) == 1
    with assert_audited("author.create", changes={"name": {"old": None, "new": "x"}}):
        Author.objects.create(name="x")


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ({"action": "author.delete"}, "found 0. Entries of the block: author.create of testapp"),
        ({"action": "author.create", "changes": {"name": (None, "y")}}, "name was told as"),
        ({"action": "author.create", "changes": {"age": (None, 5)}}, "age was told as None"),
        ({"action": "author.create", "reason": "y"}, "reason is '', not 'y'"),
    ],
)
def test_what_is_wrong_is_said(expected, message):
    with pytest.raises(AssertionError, match=message), assert_audited(**expected):
        Author.objects.create(name="x")


def test_assert_not_audited():
    with assert_not_audited():
        Author.objects.count()
    with pytest.raises(AssertionError, match=r"found author\.create"), assert_not_audited():
        Author.objects.create(name="x")
