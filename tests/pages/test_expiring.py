"""Until when an entry is kept: said, taken by one button or one command, and then it is so."""

from __future__ import annotations

import csv
import datetime
import io
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from audit_log.models import AuditEntry
from audit_log.reading.moments import utc_text
from tests.admin.conftest import READ, TAKE, Login, make_entry, make_user, text

DAY = datetime.timedelta(days=1)


@pytest.fixture
def client(db: None, login: Login, settings: Any) -> Client:
    settings.AUDIT_LOG = {"RETENTION": 90}
    return login(make_user("tina", READ, TAKE))


def taken(content: str) -> list[str]:
    return [row["id"] for row in csv.DictReader(io.StringIO(content, newline=""))]


def test_as_it_was_said(client: Client, tmp_path: Path) -> None:
    now = timezone.now()
    soon = make_entry(occurred_at=now - 70 * DAY, target_id="1")
    later = make_entry(occurred_at=now - 50 * DAY, target_id="2")

    # The page and the API say the same.
    end = soon.occurred_at + 90 * DAY
    page = text(client.get(f"/audit-log/entries/{soon.pk}/"))
    assert re.search(r"<dt>Kept until</dt><dd><time[^>]*>([^<]*)<", page)[1] == end.strftime(
        "%Y-%m-%d %H:%M:%S"
    )
    told = client.get(f"/api/audit-log/entries/{soon.pk}/").json()
    assert told["kept_until"] == utc_text(end)

    # One button, with the filters of the list; one command.
    page = text(client.get("/audit-log/", {"target_type": "testapp.book"}))
    link = re.search(r'href="([^"]*)" download>Get what expires soon', page)
    assert link is not None
    file = b"".join(client.get(unescape(link[1]))).decode()
    assert taken(file) == [str(soon.pk)]
    trace = AuditEntry.objects.get(action="audit_log.export")
    assert "tina" in trace.actor_repr
    assert trace.metadata["export"]["filters"] == {
        "target_type": "testapp.book",
        "expiring_within": "30",
    }
    path = tmp_path / "soon.csv"
    call_command("export_audit_log", expiring_within=30, output=str(path))
    assert taken(path.read_text()) == [str(soon.pk)]

    # What has come to its end goes, and nothing else.
    over = make_entry(occurred_at=now - 91 * DAY, target_id="3")
    call_command("prune_audit_log", no_input=True, verbosity=0, database=["default"])
    left = set(AuditEntry.objects.values_list("pk", flat=True))
    assert over.pk not in left
    assert {soon.pk, later.pk} <= left


def test_nothing_expires_where_all_is_kept(client: Client, settings: Any) -> None:
    settings.AUDIT_LOG = {}
    entry = make_entry(occurred_at=timezone.now() - 4000 * DAY)
    assert "expires" not in text(client.get("/audit-log/"))
    assert "<dt>Kept until</dt><dd>without limit</dd>" in text(
        client.get(f"/audit-log/entries/{entry.pk}/")
    )
    assert client.get(f"/api/audit-log/entries/{entry.pk}/").json()["kept_until"] is None
    assert taken(b"".join(client.get("/audit-log/expiring.csv")).decode()) == []
