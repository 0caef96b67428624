"""Sees to the extension before the tables are made."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import pre_migrate


class PgAppConfig(AppConfig):
    name = "tests.pgapp"
    label = "pgapp"

    def ready(self) -> None:
        pre_migrate.connect(create_extension, sender=self)


def create_extension(using: str, **kwargs: Any) -> None:
    from django.contrib.postgres.signals import get_hstore_oids, register_type_handlers
    from django.db import connections

    with connections[using].cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS hstore")
    get_hstore_oids.cache_clear()
    register_type_handlers(connections[using])
