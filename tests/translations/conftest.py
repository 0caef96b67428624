from __future__ import annotations

from tests.admin.conftest import admin, login, superuser

__all__ = ["admin", "login", "superuser"]
