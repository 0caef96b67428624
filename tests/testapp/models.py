"""Models that the tests of the capture write to."""

from __future__ import annotations

import uuid

from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models.query_utils import DeferredAttribute

import audit_log


class Author(models.Model):
    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


@audit_log.register(
    transitions={
        "is_published": {True: "publish", False: "withdraw"},
        "rating": "rate",
    },
    m2m={"tags": ("add_tag", "remove_tag")},
    references=["author"],
)
class Book(models.Model):
    title = models.CharField(max_length=200)
    author = models.ForeignKey(Author, null=True, blank=True, on_delete=models.CASCADE)
    price = models.DecimalField(max_digits=8, decimal_places=2, default=0)
    pages = models.IntegerField(null=True)
    weight = models.FloatField(null=True)
    is_published = models.BooleanField(default=False)
    rating = models.IntegerField(null=True)
    extra = models.JSONField(null=True)
    released = models.DateTimeField(null=True)
    printed_on = models.DateField(null=True)
    duration = models.DurationField(null=True)
    cover = models.FileField(null=True, upload_to="covers")
    blob = models.BinaryField(null=True)
    updated_at = models.DateTimeField(auto_now=True)
    secret_token = models.CharField(max_length=50, default="")
    tags = models.ManyToManyField(Tag, related_name="books")

    def __str__(self) -> str:
        return self.title


audit_log.action("book.lend", label="Book lent", event_type="other")


class Document(models.Model):
    """A key of its own making."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    title = models.CharField(max_length=100)


class Sheet(models.Model):
    """Points to keys that are stored in a form of their own."""

    text = models.CharField(max_length=100, default="")
    document = models.ForeignKey(
        Document, null=True, on_delete=models.SET_NULL, related_name="sheets"
    )
    sources = models.ManyToManyField(Document, related_name="quoted_by")

    def __str__(self) -> str:
        return f"Sheet {self.pk}"


class Binding(models.Model):
    """Its key is another object's, too."""

    document = models.OneToOneField(Document, primary_key=True, on_delete=models.CASCADE)
    colour = models.CharField(max_length=20, default="")


class Country(models.Model):
    """A natural key."""

    code = models.CharField(max_length=10, primary_key=True)
    name = models.CharField(max_length=100)


class Cell(models.Model):
    """A composite key."""

    pk = models.CompositePrimaryKey("row", "column")
    row = models.IntegerField()
    column = models.CharField(max_length=5)
    text = models.CharField(max_length=100)


class Place(models.Model):
    name = models.CharField(max_length=100)
    stickers = GenericRelation("Sticker")

    def __str__(self) -> str:
        return self.name


class Restaurant(Place):
    """Multi-table inheritance."""

    stars = models.IntegerField(default=0)


class Cafe(Restaurant):
    """Multi-table inheritance, one further."""

    seats = models.IntegerField(default=0)


class Writer(Author):
    class Meta:
        proxy = True


class Person(models.Model):
    name = models.CharField(max_length=100)
    friends = models.ManyToManyField("self")
    groups = models.ManyToManyField("Club", through="Membership")

    def __str__(self) -> str:
        return self.name


class Club(models.Model):
    name = models.CharField(max_length=100)


class Membership(models.Model):
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    club = models.ForeignKey(Club, on_delete=models.CASCADE)
    role = models.CharField(max_length=20, default="")


class Fragile(models.Model):
    """Its text cannot be had."""

    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        raise RuntimeError("no text today")


@audit_log.register(tenant="owner.name", noun="case_file", verbs={"create": "open"})
class Dossier(models.Model):
    """Of a tenant; with a noun and a verb of its own."""

    owner = models.ForeignKey(Author, null=True, on_delete=models.SET_NULL)
    text = models.TextField(default="")


class UpperField(models.CharField):
    """Stores something else than it was given."""

    def get_prep_value(self, value: object) -> object:
        return None if value is None else str(value).upper()


class QuietDescriptor(DeferredAttribute):
    """Gives another value than the one that it keeps."""

    def __get__(self, instance, cls=None):
        value = super().__get__(instance, cls)
        return value.lower() if isinstance(value, str) else value

    def __set__(self, instance, value):
        instance.__dict__[self.field.attname] = value


class QuietField(models.CharField):
    descriptor_class = QuietDescriptor


class Point:
    """A value that equals nothing but itself."""

    def __init__(self, x: int, y: int) -> None:
        self.x, self.y = x, y

    def __str__(self) -> str:
        return f"{self.x},{self.y}"


class PointField(models.Field):
    def db_type(self, connection):
        return "varchar(40)"

    def from_db_value(self, value, expression, connection):
        return None if value is None else Point(*map(int, value.split(",")))

    def get_prep_value(self, value):
        return None if value is None else str(value)


class Odd(models.Model):
    """Values that only the database knows."""

    whisper = QuietField(max_length=50, null=True)
    shout = UpperField(max_length=50, null=True)
    base = models.IntegerField(default=1)
    doubled = models.GeneratedField(
        expression=models.F("base") * 2, output_field=models.IntegerField(), db_persist=True
    )
    greeting = models.CharField(max_length=20, db_default="hello")
    address = models.GenericIPAddressField(null=True)
    big = models.DecimalField(max_digits=30, decimal_places=10, null=True)
    point = PointField(null=True)


class Stock(models.Model):
    """Unique in several ways."""

    sku = models.CharField(max_length=20, unique=True)
    shop = models.CharField(max_length=20, default="")
    shelf = models.IntegerField(null=True)
    count = models.IntegerField(default=0)
    doubled = models.GeneratedField(
        expression=models.F("count") * 2, output_field=models.IntegerField(), db_persist=True
    )

    class Meta:
        unique_together = [("shop", "shelf")]


@audit_log.register(references=["content"])
class Sticker(models.Model):
    """On any object."""

    text = models.CharField(max_length=50, default="")
    # No constraint: the tables of the test app are there before those of content types.
    content_type = models.ForeignKey(
        ContentType, null=True, db_constraint=False, on_delete=models.CASCADE
    )
    object_id = models.CharField(max_length=50, null=True)
    content = GenericForeignKey("content_type", "object_id")


class VisibleManager(models.Manager):
    def get_queryset(self):
        return super().get_queryset().filter(is_hidden=False)


class Note(models.Model):
    """A default manager that hides rows."""

    text = models.CharField(max_length=50)
    is_hidden = models.BooleanField(default=False)
    place = models.ForeignKey(Place, null=True, on_delete=models.SET_NULL, related_name="notes")

    visible = VisibleManager()
    everything = models.Manager()


class Node(models.Model):
    """A tree."""

    name = models.CharField(max_length=100)
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="children")


class Portrait(models.Model):
    """Its key is another object's."""

    author = models.OneToOneField(Author, primary_key=True, on_delete=models.CASCADE)
    style = models.CharField(max_length=20, default="")


def club_of_last_resort() -> Club:
    return Club.objects.get_or_create(name="last resort")[0]


class Pledge(models.Model):
    """What becomes of it when the objects go that it points to, in each way that there is."""

    amount = models.IntegerField(default=0)
    club = models.ForeignKey(Club, null=True, on_delete=models.SET(club_of_last_resort))
    former_club = models.ForeignKey(
        Club, null=True, default=None, on_delete=models.SET_DEFAULT, related_name="+"
    )
    patron = models.ForeignKey(Person, null=True, on_delete=models.PROTECT)
    venue = models.ForeignKey(Place, null=True, on_delete=models.RESTRICT)


class Dated(models.Model):
    created = models.DateTimeField(auto_now_add=True)
    changed = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class Everything(Dated):
    """Each field type that Django has, but for the keys above and images."""

    big = models.BigIntegerField(null=True)
    binary = models.BinaryField(null=True)
    boolean = models.BooleanField(null=True)
    char = models.CharField(max_length=200, null=True, choices=[("a", "Letter A"), ("b", "B")])
    date = models.DateField(null=True)
    moment = models.DateTimeField(null=True)
    decimal = models.DecimalField(max_digits=12, decimal_places=3, null=True)
    duration = models.DurationField(null=True)
    email = models.EmailField(null=True)
    file = models.FileField(null=True)
    path = models.FilePathField(null=True)
    float = models.FloatField(null=True)
    address = models.GenericIPAddressField(null=True)
    integer = models.IntegerField(null=True)
    json = models.JSONField(null=True)
    positive = models.PositiveIntegerField(null=True)
    positive_big = models.PositiveBigIntegerField(null=True)
    positive_small = models.PositiveSmallIntegerField(null=True)
    slug = models.SlugField(null=True)
    small = models.SmallIntegerField(null=True)
    text = models.TextField(null=True)
    time = models.TimeField(null=True)
    url = models.URLField(null=True)
    uuid = models.UUIDField(null=True)
    one = models.OneToOneField("self", null=True, on_delete=models.SET_NULL)
    by_code = models.ForeignKey(Country, null=True, on_delete=models.DO_NOTHING)
    by_sku = models.ForeignKey(Stock, null=True, to_field="sku", on_delete=models.DO_NOTHING)
