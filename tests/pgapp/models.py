"""The field types that only PostgreSQL has."""

from __future__ import annotations

from django.contrib.postgres.fields import (
    ArrayField,
    BigIntegerRangeField,
    DateTimeRangeField,
    DecimalRangeField,
    HStoreField,
)
from django.db import models


class Exotic(models.Model):
    tags = ArrayField(models.CharField(max_length=10), null=True)
    matrix = ArrayField(ArrayField(models.IntegerField()), null=True)
    attributes = HStoreField(null=True)
    span = BigIntegerRangeField(null=True)
    prices = DecimalRangeField(null=True)
    during = DateTimeRangeField(null=True)


class Slot(models.Model):
    """Unique also where there is no shelf."""

    shop = models.CharField(max_length=10)
    shelf = models.IntegerField(null=True)
    count = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "shelf"], name="pgapp_slot_unique", nulls_distinct=False
            )
        ]
