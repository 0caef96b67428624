from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.admin.conftest import login
from tests.reading.helpers import make_user

__all__ = ["api", "get", "login"]

ROOT = "/api/audit-log/"


@pytest.fixture
def api(db: None) -> APIClient:
    """A client whose user may read and export."""
    client = APIClient()
    client.force_authenticate(make_user("auditor", "view_auditentry", "export_auditentry"))
    return client


@pytest.fixture
def get(api: APIClient) -> Callable[..., Any]:
    """GET below the API's root by the auditor."""

    def get(path: str, **options: Any) -> Any:
        return api.get(ROOT + path, **options)

    return get
