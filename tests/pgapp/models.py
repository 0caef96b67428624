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
