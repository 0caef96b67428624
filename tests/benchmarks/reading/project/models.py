"""Thirty types of things that the log tells of, and one small table to compare with."""

from __future__ import annotations

from typing import Any

from django.db import models

TYPES = (
    "order", "invoice", "payment", "refund", "customer", "contact", "address", "product", "price",
    "discount", "license", "device", "subscription", "shipment", "warehouse", "supplier", "ticket",
    "comment", "attachment", "project", "milestone", "member", "team", "role", "token", "webhook",
    "report", "template", "campaign", "document",
)  # fmt: skip


class Thing(models.Model):
    name = models.CharField(max_length=100)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


def _thing(name: str) -> Any:
    return type(name.capitalize(), (Thing,), {"__module__": __name__})


THINGS: dict[str, Any] = {name: _thing(name) for name in TYPES}


class Plain(models.Model):
    """What Django's own admin lists: a small table, with as many columns as the log's list."""

    occurred_at = models.DateTimeField()
    actor = models.CharField(max_length=100)
    action = models.CharField(max_length=100)
    target = models.CharField(max_length=100)
    address = models.GenericIPAddressField(null=True)

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "plain rows"

    def __str__(self) -> str:
        return self.target
