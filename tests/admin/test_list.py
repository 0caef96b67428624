from __future__ import annotations

import pytest
from django.test import Client

from audit_log.models import AuditEntry
from tests.admin.conftest import LIST, entry_url, make_entry


def text(response) -> str:
    return response.content.decode()


def test_a_row(admin: Client) -> None:
    entry = make_entry(
        actor_id=7,
        actor_type="user",
        actor_repr="Ann Smith <ann@example.com>",
        remote_addr="192.0.2.7",
        correlation_id="abc123",
        action="book.publish",
    )
    page = text(admin.get(LIST))
    assert "Ann Smith &lt;ann@example.com&gt;" in page
    assert 'title="book.publish">Book: publish<' in page
    assert "Middlemarch" in page
    assert "192.0.2.7" in page
    assert f'href="{entry_url(entry)}"' in page
    assert f'href="{LIST}?actor=7"' in page
    assert f'href="{LIST}?object=testapp.book%3A1"' in page
    assert f'href="{LIST}?correlation_id=abc123"' in page
    assert "1 entry" in page
    assert "Page 1 of 1" in page


def test_nothing_recorded_and_nothing_found(admin: Client) -> None:
    assert "Nothing has been recorded yet." in text(admin.get(LIST))
    make_entry()
    assert "No entry matches these filters." in text(admin.get(LIST, {"search": "nowhere"}))
