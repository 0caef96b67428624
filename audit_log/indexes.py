"""Indexes of the audit tables that leave out rows which nobody asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor


class PostgresPartialIndex(models.Index):
    """An index that is partial on PostgreSQL, and has all rows elsewhere.

    PostgreSQL knows that ``tenant = 'acme'`` wants no row whose tenant is empty. SQLite
    would not use the index for it, and MariaDB has none that are partial.
    """

    def create_sql(
        self,
        model: type[models.Model],
        schema_editor: BaseDatabaseSchemaEditor,
        using: str = "",
        **kwargs: Any,
    ) -> Any:
        if schema_editor.connection.vendor == "postgresql":
            return super().create_sql(model, schema_editor, using, **kwargs)
        whole = models.Index(fields=self.fields, name=self.name)
        return whole.create_sql(model, schema_editor, using, **kwargs)
