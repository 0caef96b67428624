"""Every field type: what an entry tells is what the database holds, and nothing else is told."""

from __future__ import annotations

import datetime
import enum
import uuid
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.base import ContentFile
from django.db import DatabaseError, connection, models, transaction
from django.db.models import F, Value
from django.test.utils import isolate_apps
from django.utils.translation import gettext_lazy, override

from audit_log.models import AuditEntry
from audit_log.values import same, to_json
from tests.capture.helpers import entries, last
from tests.testapp.models import Country, Everything, Stock

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")
UTC = datetime.UTC


class Colour(enum.StrEnum):
    RED = "red"


class Size(models.IntegerChoices):
    LARGE = 3


class Weekday(models.TextChoices):
    MONDAY = "mon", gettext_lazy("Monday")


NAMES = [
    field.name
    for field in Everything._meta.concrete_fields
    if field.name not in {"id", "created", "changed", "one", "by_code", "by_sku"}
]
VALUES: dict[str, list[Any]] = {
    "big": [2**62, -(2**63), "7", Size.LARGE],
    "binary": [b"", b"\x00\xff", bytearray(b"abc"), memoryview(b"xyz")],
    "boolean": [True, False, 1, "f"],
    "char": ["a", "", "é" * 200, gettext_lazy("yes"), Weekday.MONDAY, Colour.RED, 7, "ẞ\u202e😀"],
    "date": [
        datetime.date(1, 1, 1),
        "2024-02-29",
        datetime.datetime(2024, 3, 31, 23, 30, tzinfo=UTC),
        datetime.date(9999, 12, 31),
    ],
    "moment": [
        datetime.datetime(2024, 3, 31, 2, 30, tzinfo=BERLIN),  # never was
        datetime.datetime(2024, 10, 27, 2, 30, tzinfo=BERLIN, fold=0),
        datetime.datetime(2024, 10, 27, 2, 30, tzinfo=BERLIN, fold=1),
        "2024-01-01T00:00:00.000001-05:00",
        datetime.datetime(2000, 1, 1, tzinfo=UTC),
    ],
    "decimal": [Decimal("1.5"), Decimal("1.23456"), 7, "2.50", Decimal("-0"), Decimal("1E+3"), 0.1],
    "duration": [
        datetime.timedelta(days=-1, microseconds=1),
        datetime.timedelta(0),
        datetime.timedelta(1),
    ],
    "email": ["a@example.com", ""],
    "file": ["a.txt", "", "ä/b.txt"],
    "path": ["/etc/hosts"],
    "float": [0.1 + 0.2, 1e300, 5e-324, -0.0, 7, "1.5", 1 / 3],
    "address": ["2001:DB8::1", "::ffff:10.0.0.1", "10.0.0.1"],
    "integer": [0, -5, "7", True, Decimal(9)],
    "json": [
        {"b": 1, "a": [1.5, None, "é"]},
        [],
        {},
        "text",
        0,
        False,
        1e22,
        {"1": {"deep": [[[]]]}},
        "",
    ],
    "positive": [0, 2**31 - 1],
    "positive_big": [2**63 - 1],
    "positive_small": [0, 32767],
    "slug": ["a-b", "c"],
    "small": [-32768, "32767"],
    "text": ["", "x" * 100_000, "line\r\nline\ttab", "null", "\x7f"],
    "time": [datetime.time(0, 0), datetime.time(23, 59, 59, 999999), "12:30"],
    "url": ["https://example.com/?a=b&c=d"],
    "uuid": [
        uuid.UUID(int=0),
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        uuid.UUID(int=2**128 - 1).hex,
    ],
}


def stored(name: str) -> Any:
    """Return a column's value as an entry has it."""
    return kept(to_json(Everything.objects.values_list(name, flat=True).get()))


def told(name: str) -> tuple[Any, Any]:
    """Return what the last entry tells of a field."""
    change = last().changes[name]
    return kept(change["old"]), kept(change["new"])


def kept(value: Any) -> Any:
    # PostgreSQL gives a float without a fraction back as a whole number.
    return float(value) if type(value) is int and abs(value) > 2**64 else value


def test_all_are_here():
    assert set(NAMES) == VALUES.keys()
    here = {type(field) for field in Everything._meta.concrete_fields}
    others = {
        each.__name__
        for each in vars(models).values()
        if isinstance(each, type) and issubclass(each, models.Field) and each not in here
    }
    elsewhere = {"CompositePrimaryKey", "GeneratedField", "ImageField", "ManyToManyField"}
    no_columns_of_their_own = {"Field", "ForeignObject", "OrderWrt", "SmallAutoField"}
    numbers = {"AutoField", "BigAutoField"}  # of which one is the default
    gone = {"CommaSeparatedIntegerField", "IPAddressField", "NullBooleanField"}
    assert others - numbers == elsewhere | no_columns_of_their_own | gone


@pytest.mark.parametrize("name", NAMES)
def test_what_is_told_is_what_is_there(name, settings):
    settings.AUDIT_LOG = {"MAX_VALUE_LENGTH": 1_000_000}
    instance = Everything.objects.create()
    held = stored(name)
    for value in VALUES[name]:
        count = AuditEntry.objects.count()
        setattr(instance, name, value)
        instance.save()
        now = stored(name)
        if now != held or type(now) is not type(held):
            assert (told(name), type(told(name)[1])) == ((held, now), type(now))
            assert AuditEntry.objects.count() == count + 1
        held = now
        # What is there, written again in any way, is no change.
        count = AuditEntry.objects.count()
        instance.save()
        again = Everything.objects.get()
        again.save()
        Everything.objects.update(**{name: getattr(again, name)})
        Everything.objects.bulk_update([again], [name])
        Everything.objects.update(**{name: F(name)})
        assert [e.changes for e in entries()[count:] if name in e.changes] == []
    # update() tells the same as save(), and so do bulk_create() and delete().
    for value in VALUES[name]:
        Everything.objects.update(**{name: value})
        now = stored(name)
        if now != held:
            assert told(name) == (held, now)
        held = now
        Everything.objects.all().delete()
        if held is not None:
            assert told(name) == (held, None)
        Everything.objects.bulk_create([Everything(**{name: value})])
        assert stored(name) == held
        assert told(name) == (None, held)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_floats_that_are_no_numbers(value):
    """SQLite keeps no NaN, MariaDB none of them: what it keeps or refuses is told."""
    try:
        with transaction.atomic():
            Everything.objects.create(float=value)
    except DatabaseError:
        assert entries() == []
        return
    assert last().changes.get("float", {"new": None})["new"] == stored("float")
    count = AuditEntry.objects.count()
    again = Everything.objects.get()
    again.save(update_fields=["float"])
    assert AuditEntry.objects.count() == count


@pytest.mark.parametrize(("given", "left"), [("a\x00b", "ab"), ("a\ud800b", "ab")])
def test_what_no_database_keeps(given, left):
    """Django refuses a lone surrogate, PostgreSQL a NUL too: then nothing is told."""
    try:
        with transaction.atomic():
            Everything.objects.create(text=given)
    except (ValueError, DatabaseError):
        assert entries() == []
        return
    assert Everything.objects.get().text == given
    assert last().changes["text"]["new"] == left


def test_language_does_not_matter():
    """A lazy translation is told as it was stored, not as it reads now."""
    lazy = gettext_lazy("Monday")
    with override("de"):
        instance = Everything.objects.create(char=lazy)
    assert last().changes["char"]["new"] == Everything.objects.get().char == "Montag"
    instance.char = lazy
    instance.save(update_fields=["char"])
    assert told("char") == ("Montag", "Monday")


def test_choices_are_told_as_they_are_stored():
    Everything.objects.create(char="a")
    assert last().changes["char"]["new"] == "a"


def test_set_by_the_field_itself():
    instance = Everything.objects.create()
    created = last().changes
    assert created["created"]["new"] == stored("created")
    instance.save()
    assert last().changes.keys() == {"changed"}
    assert told("changed") == (created["changed"]["new"], stored("changed"))


def test_foreign_keys():
    stock = Stock.objects.create(sku="a")
    country = Country.objects.create(code="de", name="Germany")
    instance = Everything.objects.create(by_code=country, by_sku=stock)
    assert last().changes["by_code"]["new"] == "de"
    assert last().changes["by_sku"]["new"] == "a"
    instance.one = instance
    instance.save()
    assert told("one") == (None, instance.pk)
    Everything.objects.update(by_sku=None, by_code=Value(None))
    assert told("by_sku") == ("a", None)
    assert told("by_code") == ("de", None)


def test_long_text_differs_behind_the_cut():
    instance = Everything.objects.create(text="x" * 20_000)
    instance.text = "x" * 20_000 + "!"
    instance.save()
    change = last().changes["text"]
    assert change["old"] == change["new"]
    assert change["old_sha256"] != change["new_sha256"]


def test_file_of_the_same_name_is_no_change(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    instance = Everything.objects.create()
    instance.file.save("a.txt", ContentFile(b"x"))
    assert told("file") == (None, "a.txt") or told("file") == ("", "a.txt")
    count = AuditEntry.objects.filter(changes__has_key="file").count()
    (tmp_path / "a.txt").write_bytes(b"y")
    Everything.objects.get().save()
    assert AuditEntry.objects.filter(changes__has_key="file").count() == count


@isolate_apps("tests.testapp")
@pytest.mark.django_db(transaction=True)
def test_images(settings, tmp_path):
    image = pytest.importorskip("PIL.Image", reason="needs the package pillow")
    settings.MEDIA_ROOT = tmp_path

    class Picture(models.Model):
        image = models.ImageField(width_field="width", height_field="height")
        width = models.IntegerField(null=True)
        height = models.IntegerField(null=True)

        class Meta:
            app_label = "testapp"

    for name, size in (("a.png", (3, 2)), ("b.png", (5, 4))):
        image.new("RGB", size).save(tmp_path / name)
    with connection.schema_editor() as editor:
        editor.create_model(Picture)
    try:
        picture = Picture.objects.create(image="a.png")
        assert {n: c["new"] for n, c in last().changes.items()} == {
            "image": "a.png",
            "width": 3,
            "height": 2,
        }
        picture.image = "b.png"
        picture.save()
        assert last().changes["width"] == {"old": 3, "new": 5}
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(Picture)


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("depth", "kind"),
    [
        (20, list),
        (21, str),
        (31, str),
        # More than Python's stack allows for, and less than that of its encoder, which is C.
        pytest.param(
            600,
            str,
            marks=pytest.mark.skipif(connection.vendor == "mysql", reason="32 there at most"),
        ),
    ],
)
def test_json_in_many_levels(depth, kind):
    """Told as its text beyond 20, however many fields are null."""
    row = Everything.objects.create(json=nested(depth))
    assert type(last().changes["json"]["new"]) is kind
    row.json = nested(depth - 1)
    row.save()
    assert type(last().changes["json"]["old"]) is kind
    Everything.objects.update(json=nested(depth))
    row.delete()
    assert type(last().changes["json"]["old"]) is kind


def test_bytes_of_psycopg_2():
    """Its memoryviews are of characters, which equal no bytes."""
    one, other = (memoryview(b"\x00\xff").cast("c") for _ in range(2))
    assert one != b"\x00\xff"
    assert same(one, other)
    assert same(one, b"\x00\xff")
    assert same(b"\x00\xff", one)
    assert not same(one, b"\x00")


def test_ranges_of_psycopg_2():
    """Which have no ``bounds``."""

    class Range:
        lower, upper, isempty, lower_inc, upper_inc = 1, 6, False, True, False

    assert to_json(Range()) == {"lower": 1, "upper": 6, "bounds": "[)"}
