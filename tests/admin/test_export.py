from __future__ import annotations

import csv
import datetime
import io
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests.admin.conftest import EXPORT, LIST, TAKE, Login, make_entry, make_user, text


def rows(client: Client, url: str) -> list[dict[str, str]]:
    response = client.get(url)
    assert response.status_code == 200
    assert response.streaming
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="audit-log-')
    return list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))


def test_the_button_takes_what_is_filtered(admin: Client) -> None:
    make_entry(target_repr="Silas")
    wanted = make_entry(target_repr="Middlemarch")
    page = text(admin.get(LIST, {"search": "middlemarch", "page_size": "1", "page": "1"}))
    assert f'href="{EXPORT}?search=middlemarch"' in page
    (row,) = rows(admin, f"{EXPORT}?search=middlemarch")
    assert row["id"] == str(wanted.pk)


def test_without_filters_it_takes_all(admin: Client) -> None:
    for _number in range(25):
        make_entry()
    assert f'href="{EXPORT}"' in text(admin.get(LIST))
    assert len(rows(admin, EXPORT)) == 25


def test_what_expires_soon(admin: Client, settings: Any) -> None:
    now = timezone.now()
    ages = {"gone": 366, "soon": 340, "later": 330}
    for name, age in ages.items():
        make_entry(target_repr=name, occurred_at=now - datetime.timedelta(days=age))
    assert "expiring" not in text(admin.get(LIST))
    settings.AUDIT_LOG = {"RETENTION": 365}
    page = text(admin.get(LIST, {"search": "o"}))
    assert f'href="{EXPORT}expiring/30/?search=o"' in page
    found = rows(admin, f"{EXPORT}expiring/30/")
    assert {row["target_repr"] for row in found} == {"gone", "soon"}
    (row,) = rows(admin, f"{EXPORT}expiring/30/?search=soon")
    assert row["target_repr"] == "soon"
    everything = f"{EXPORT}expiring/99999999999999999999/?event_type=update"
    assert len(rows(admin, everything)) == 3


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("occurred_after=yesterday", "From: "),
        ("action=no.such", "Action: "),
        ("actor=nobody", "Actor: "),
        ("acton=book.update", "“acton” is no filter"),
    ],
)
def test_a_wrong_filter_gives_no_file(admin: Client, query: str, named: str) -> None:
    response = admin.get(f"{EXPORT}?{query}")
    assert response.status_code == 400
    assert response["Content-Type"].startswith("text/plain")
    assert text(response).startswith(named)


def test_an_actor_by_name(admin: Client) -> None:
    ann = make_user("ann")
    response = admin.get(f"{EXPORT}?actor=ann&search=x")
    assert response.status_code == 302
    assert response.url == f"{EXPORT}?search=x&actor={ann.pk}"


def test_who_may_only_export_gets_the_file(db: None, login: Login) -> None:
    taker: User = make_user("taker", TAKE, is_staff=True)
    make_entry()
    assert len(rows(login(taker), EXPORT)) == 1
    assert rows(login(taker), f"{EXPORT}expiring/30/") == []
