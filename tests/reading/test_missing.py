"""Before ``migrate`` was run, pages say so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, ProgrammingError, connection
from django.template import RequestContext, Template
from django.test import Client, RequestFactory, override_settings

from audit_log.reading.missing import tables_are_missing
from tests.reading.helpers import unaudited
from tests.testapp.models import Author

pytestmark = pytest.mark.django_db(transaction=True)

SAYS = "python manage.py migrate"
LIST = "/admin/audit_log/auditentry/"


@pytest.fixture
def client() -> Client:
    with unaudited():
        user = User.objects.create_superuser("root")
    client = Client(raise_request_exception=True)
    with override_settings(AUDIT_LOG={"EXCLUDE_MODELS": ["*"], "ON_ERROR": "log"}):
        client.force_login(user)
    return client


@pytest.fixture
def no_tables(client: Client) -> Iterator[None]:
    rename("audit_log_auditentry", "audit_log_elsewhere")
    yield
    rename("audit_log_elsewhere", "audit_log_auditentry")


def rename(table: str, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {name}")


@pytest.mark.parametrize(
    "path",
    [
        LIST,
        f"{LIST}?actor=7&page=2",
        f"{LIST}01a20137-779d-7323-a711-511a2c8f3cc8/change/",
        f"{LIST}export/",
        "/admin/licensing/license/10/history/",
        "/api/audit-log/entries/",
        "/api/audit-log/entries/?cursor=",
        "/api/audit-log/entries/01a20137-779d-7323-a711-511a2c8f3cc8/",
        "/api/audit-log/entries/export.csv",
    ],
)
def test_an_explanation_with_503(client: Client, no_tables: None, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 503
    assert SAYS in response.content.decode()


def test_the_panel_says_it_in_a_line(client: Client, no_tables: None, rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = User.objects.get()
    with unaudited():
        author = Author.objects.create(name="George")
    panel = Template("{% load audit_log %}before {% audit_history author %} after").render(
        RequestContext(request, {"author": author})
    )
    assert panel.startswith("before")
    assert panel.endswith("after")
    assert SAYS in panel
    assert "To the first page" not in panel


def test_other_errors_are_errors(client: Client) -> None:
    def fail(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        if "audit_log_auditentry" in sql:
            raise ProgrammingError("something else is wrong with audit_log_auditentry")
        return execute(sql, *args)

    assert not tables_are_missing(DatabaseError())
    for path in (LIST, "/api/audit-log/entries/"):
        with connection.execute_wrapper(fail), pytest.raises(ProgrammingError):
            client.get(path)
