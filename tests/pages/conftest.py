from __future__ import annotations

from tests.admin.conftest import admin, login, reader, superuser

__all__ = ["admin", "login", "reader", "superuser"]
