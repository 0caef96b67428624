from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.servers.basehttp import ServerHandler, WSGIRequestHandler
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


@pytest.fixture
def server(
    live_server: Any, transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The address of a running server, which has answered all when the test ends.

    Each connection is for one answer, so that none outlives the server: on SQLite its threads
    share the connection of the tests for as long as it lives.
    """
    monkeypatch.setattr(WSGIRequestHandler, "protocol_version", "HTTP/1.0")
    monkeypatch.setattr(ServerHandler, "http_version", "1.0")
    yield str(live_server.url)
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(timeout=10)
