"""The models whose changes are measured."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models


class Owner(models.Model):
    name = models.CharField(max_length=100)

    objects = settings.PACKAGE.manager()

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    name = models.CharField(max_length=50)

    objects = settings.PACKAGE.manager()

    def __str__(self) -> str:
        return self.name


class Item(models.Model):
    """Twelve fields of all kinds, a key, and a many-to-many field."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACTIVE = "active", "Active"
        RETIRED = "retired", "Retired"

    name = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    quantity = models.IntegerField(default=0)
    price = models.DecimalField(max_digits=10, decimal_places=2)
    released_on = models.DateField(null=True)
    updated_at = models.DateTimeField(auto_now=True)
    is_active = models.BooleanField(default=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT, db_index=True)
    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="items")
    details = models.JSONField(default=dict)
    serial_number = models.UUIDField(default=uuid.uuid4)
    email = models.EmailField(blank=True)
    tags = models.ManyToManyField(Tag)

    objects = settings.PACKAGE.manager()

    def __str__(self) -> str:
        return self.name


for _model in (Owner, Tag, Item):
    settings.PACKAGE.audit(_model)
