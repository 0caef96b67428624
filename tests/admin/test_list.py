from __future__ import annotations

import re
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.test import Client

from audit_log.models import AuditEntry, AuditReference
from tests.admin.conftest import LIST, Login, entry_url, make_entry, text

NO_MATCH = "No entry matches these filters."


def shown(page: str) -> list[str]:
    """The targets on the page, in their order."""
    sentences = re.findall(r'class="audit-log-sentence"[^>]*>(.*?)</span>', page)
    return [sentence.rpartition("<bdi>")[2].removesuffix("</bdi>") for sentence in sentences]


def link(page: str, name: str) -> str:
    match = re.search(rf'href="([^"]*)"[^>]*>{name}', page)
    assert match is not None
    return unescape(match[1])


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
    assert "<bdi>Ann Smith</bdi></a>" in page
    assert '<span class="audit-log-mail"><bdi>ann@<wbr>example.com</bdi>' in page
    assert 'title="book.publish"><bdi>Ann Smith</bdi> published book <bdi>Middlemarch<' in page
    assert 'title="update"><span class="audit-log-hidden">update: <' in page
    assert f'<time datetime="{entry.occurred_at.isoformat()}"' in page
    assert f'<bdi>just now</bdi> <span dir="ltr">{entry.occurred_at:%Y-%m-%d %H:%M:%S}<' in page
    assert shown(page) == ["Middlemarch"]
    assert "192.0.2.7" in page
    assert f'href="{entry_url(entry)}"' in page
    assert f'href="{LIST}?actor=7"' in page
    assert f'href="{LIST}?object=testapp.book%3A1"' in page
    assert f'href="{LIST}?correlation_id=abc123"' in page
    assert "1 entry" in page
    assert "Page 1 of 1" in page


def test_an_entry_of_nobody_about_nothing(admin: Client) -> None:
    make_entry(target_type="", target_id="", target_repr="", changes={}, action="gone.away")
    page = text(admin.get(LIST))
    assert "<bdi>system</bdi>: gone.away<" in page
    assert "system" in page
    assert "?object=" not in page
    assert "?actor=" not in page
    assert "?correlation_id=" not in page


def test_entries_of_one_request_stand_together(
    admin: Client, django_assert_max_num_queries
) -> None:
    for request in ("r0", "r1", "r1", "r1", "", "", "r1"):
        make_entry(correlation_id=request)
    with django_assert_max_num_queries(6):
        page = text(admin.get(LIST))
    together = link(page, "3 entries of one request or run")
    assert together == f"{LIST}?correlation_id=r1"
    assert page.count("of one request or run") == 1
    assert page.count("<tbody role") == 5
    # Those that stand alone have the link in their row.
    assert page.count('title="All entries with the same correlation ID"') == 3
    assert len(shown(text(admin.get(together)))) == 4


def test_a_request_on_two_pages(admin: Client) -> None:
    for _number in range(5):
        make_entry(correlation_id="r1")
    first = text(admin.get(LIST, {"page_size": "2"}))
    assert "2 entries of one request or run" in first
    assert "2 entries of one request or run" in text(admin.get(link(first, "Next")))


def test_the_reason_is_in_sight(admin: Client) -> None:
    make_entry(reason="ticket <811>\u202e")
    make_entry(reason="x" * 1000)
    page = text(admin.get(LIST))
    assert "<bdi>ticket &lt;811&gt;[U+202E]</bdi>" in page
    assert "x" * 199 + "…" in page
    assert "x" * 200 not in page


def test_a_failure_says_so(admin: Client) -> None:
    entry = make_entry(outcome="failure")
    make_entry()
    for url in (LIST, f"/audit-log/objects/{entry.target_type}/{entry.target_id}/"):
        page = text(admin.get(url))
        assert "Book updated (failed): " in page
        assert page.count("audit-log-update audit-log-failed") == 1


def test_nothing_recorded_and_nothing_found(admin: Client) -> None:
    assert "Nothing has been recorded yet." in text(admin.get(LIST))
    make_entry()
    assert NO_MATCH in text(admin.get(LIST, {"search": "nowhere"}))


def test_one_form_with_all_filters_and_three_buttons(admin: Client) -> None:
    page = text(admin.get(LIST))
    (form,) = re.findall(r'<form class="audit-log-filters" method="get".*?</form>', page, re.DOTALL)
    for name in (
        "search",
        "occurred_after",
        "occurred_before",
        "event_type",
        "action",
        "target_type",
        "actor",
        "object",
        "target_id",
        "tenant",
        "correlation_id",
        "remote_addr",
        "outcome",
    ):
        assert f'name="{name}"' in form
    for button in ("Filter", "Reset", "Reload"):
        assert f">{button}<" in form
    assert "<details>" in form


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"search": "silas"}, ["Silas"]),
        ({"event_type": "delete"}, ["Silas"]),
        ({"action": "book.delete"}, ["Silas"]),
        ({"target_type": "testapp.author"}, ["Eliot"]),
        ({"object": "testapp.author:5"}, ["Eliot", "Middlemarch"]),
        ({"target_id": "1"}, ["Middlemarch"]),
        ({"actor": "7"}, ["Silas"]),
        ({"tenant": "acme"}, ["Eliot"]),
        ({"correlation_id": "c1"}, ["Eliot"]),
        ({"remote_addr": "192.0.2.7"}, ["Middlemarch"]),
        ({"outcome": "failure"}, ["Eliot"]),
        ({"occurred_before": "2001-01-01"}, []),
        ({"occurred_after": "2001-01-01"}, ["Eliot", "Silas", "Middlemarch"]),
        ({"search": "", "actor": "", "action": ""}, ["Eliot", "Silas", "Middlemarch"]),
    ],
)
def test_filters(admin: Client, filters: dict[str, str], expected: list[str]) -> None:
    first = make_entry(remote_addr="192.0.2.7")
    AuditReference.objects.create(entry=first, target_type="testapp.author", target_id="5")
    make_entry(
        action="book.delete",
        event_type="delete",
        target_id="2",
        target_repr="Silas",
        actor_id=7,
        actor_type="user",
        actor_repr="Ann",
    )
    make_entry(
        action="author.update",
        target_type="testapp.author",
        target_id="5",
        target_repr="Eliot",
        tenant="acme",
        correlation_id="c1",
        outcome="failure",
    )
    response = admin.get(LIST, filters)
    assert response.status_code == 200
    assert shown(text(response)) == expected


def test_filters_in_use_are_in_sight(admin: Client) -> None:
    make_entry(tenant="acme")
    page = text(admin.get(LIST, {"tenant": "acme", "search": "middle"}))
    assert "<details open>" in page
    assert 'value="acme"' in page
    assert 'value="middle"' in page


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("", "date"),
        ("2026-03-01", "date"),
        ("2026-03-01T10:30", "datetime-local"),
        ("2026-03-01T10:30:01.5", "datetime-local"),
        ("2026-03-01T10:30:00+02:00", "text"),
        ("soon", "text"),
    ],
)
def test_a_date_input_keeps_what_was_asked_for(admin: Client, value: str, kind: str) -> None:
    page = text(admin.get(LIST, {"occurred_after": value}))
    tag = re.search(r'<input[^>]*name="occurred_after"[^>]*>', page)
    assert tag is not None
    assert f'type="{kind}"' in tag[0]
    assert not value or f'value="{value}"' in tag[0]


def test_pages_are_numbered_and_pinned(admin: Client) -> None:
    for number in range(45):
        make_entry(target_repr=f"b{number}")
    first = text(admin.get(LIST))
    assert shown(first) == [f"b{number}" for number in range(44, 24, -1)]
    assert "Page 1 of 3" in first
    assert "45 entries" in first
    make_entry(target_repr="new")
    second = text(admin.get(link(first, "Next")))
    assert shown(second) == [f"b{number}" for number in range(24, 4, -1)]
    assert "Page 2 of 3" in second
    third = text(admin.get(link(second, "Next")))
    assert shown(third) == [f"b{number}" for number in range(4, -1, -1)]
    assert "Next</a>" not in third
    assert shown(text(admin.get(link(second, "Previous")))) == shown(first)
    assert shown(text(admin.get(link(second, "Reload"))))[0] == "new"


def test_pages_keep_filters_and_page_size(admin: Client) -> None:
    for number in range(5):
        make_entry(target_repr=f"needle {number}")
        make_entry(target_repr="other")
    first = text(admin.get(LIST, {"search": "needle", "target_id": "1", "page_size": "2"}))
    second = text(admin.get(link(first, "Next")))
    assert shown(first) + shown(second) == [f"needle {number}" for number in (4, 3, 2, 1)]
    assert 'name="page_size" value="2"' in second
    assert "page_size=2" in link(second, "Reload")
    assert "page=" not in link(second, "Reload").replace("page_size=", "")
    assert link(second, "Reset") == LIST


def test_a_page_asked_for_by_hand_is_pinned_too(admin: Client) -> None:
    for number in range(45):
        make_entry(target_repr=f"b{number}")
    second = text(admin.get(LIST, {"page": "2"}))
    make_entry(target_repr="new")
    assert shown(text(admin.get(link(second, "Previous"))))[0] == "b44"


@pytest.mark.parametrize(
    ("filters", "named"),
    [
        ({"occurred_after": "yesterday"}, "From"),
        ({"occurred_before": "2026-02-30"}, "Until"),
        ({"occurred_after": "2026-03-02", "occurred_before": "2026-03-01"}, "From"),
        ({"event_type": "explode"}, "Event type"),
        ({"action": "book.explode"}, "Action"),
        ({"target_type": "no.such"}, "Target type"),
        ({"outcome": "perhaps"}, "Outcome"),
        ({"object": "book 7"}, "Object (target or reference)"),
        ({"actor": "nobody"}, "Actor"),
        ({"remote_addr": "localhost"}, "Address"),
        ({"search": "a\x00b"}, "Search"),
        ({"actor": "a\x00b"}, "Actor"),
        ({"actor": ["1", "2"]}, "Actor"),
        ({"page": "999999999999999999999999"}, "page"),
        ({"page": "0"}, "page"),
        ({"page": "two"}, "page"),
        ({"page_size": "100000"}, "page_size"),
        ({"pin": "x"}, "pin"),
        ({"acton": "book.update"}, "“acton” is no filter"),
        ({"<script>": "1"}, "“&lt;script&gt;” is no filter"),
    ],
)
def test_what_cannot_be_asked_for_is_named(
    admin: Client, filters: dict[str, str], named: str
) -> None:
    make_entry()
    response = admin.get(LIST, filters)
    page = text(response)
    assert response.status_code == 400
    (box,) = re.findall(r'<div class="errornote".*?</div>', page, re.DOTALL)
    assert named in box
    assert not shown(page)
    assert "<script>:" not in page


def test_the_admin_s_own_parameters_do_no_harm(admin: Client) -> None:
    assert admin.get(LIST, {"_changelist_filters": "x"}).status_code == 200


def test_words_of_the_past_can_be_asked_for(admin: Client) -> None:
    make_entry(action="gone.away", target_type="gone.model")
    page = text(admin.get(LIST, {"action": "gone.away", "target_type": "gone.model"}))
    assert shown(page) == ["Middlemarch"]


@pytest.mark.parametrize(
    "path", ["", "?page=1", "?page=2", "?search=b1", "?actor=7", "?object=testapp.book:1"]
)
def test_seven_queries_for_a_reader_and_six_for_further_pages(
    reader: User, login: Login, django_assert_num_queries, path: str
) -> None:
    AuditEntry.objects.bulk_create(
        AuditEntry(
            event_type="update",
            action="book.update",
            actor_id=7,
            actor_type="user",
            actor_repr="Ann",
            target_type="testapp.book",
            target_id="1",
            target_repr=f"b1{number}",
            changes={"author": {"old": 1, "new": 2}},
        )
        for number in range(65)
    )
    client = login(reader)
    # Session, user, two for the permissions, count, entries; the first page has a chart.
    with django_assert_num_queries(6 if path == "?page=2" else 7):
        page = text(client.get(LIST + path))
    with django_assert_num_queries(6):
        page = text(client.get(link(page, "Next")))
    assert len(shown(page)) == 20


@pytest.mark.parametrize(
    "path", ["", "?page=2", "?search=nothing", "?actor=root", "?page=99", "?actor=7"]
)
def test_at_most_six_queries_for_a_superuser(
    admin: Client, django_assert_max_num_queries, path: str
) -> None:
    for _number in range(25):
        make_entry()
    with django_assert_max_num_queries(6):
        admin.get(LIST + path)


def test_rows_are_text(admin: Client) -> None:
    evil = '<img src=x onerror="alert(1)">'
    make_entry(
        action="a.b",
        target_type=evil,
        target_id=evil,
        target_repr=evil,
        actor_repr=evil,
        correlation_id=evil,
        changes={evil: {"old": evil, "new": evil}},
        reason=evil,
        tenant=evil,
    )
    assert "<img src=x" not in text(admin.get(LIST))


def test_changed_fields_at_a_glance(admin: Client) -> None:
    make_entry(changes={name: {"old": 1, "new": 2} for name in ("title", "pages", "x", "y", "z")})
    page = text(admin.get(LIST))
    line = re.search(r"<bdi[^>]*>Title</bdi>.* and 1 more", page)
    assert line is not None
    told = re.sub(r"<[^>]*>", "", line[0])
    assert told == "Title: 1 → 2, Pages: 1 → 2, x: 1 → 2, y: 1 → 2 and 1 more"
    assert "and 1 more" in page


def test_the_log_is_in_the_admin_s_index(admin: Client, login: Login) -> None:
    assert f'href="{LIST}"' in text(admin.get("/admin/"))


def test_extra_context_is_passed_on(superuser: User, rf) -> None:
    from django.contrib import admin as django_admin

    model_admin = django_admin.site.get_model_admin(AuditEntry)
    request = rf.get(LIST)
    request.user = superuser
    response = model_admin.changelist_view(request, {"title": "Elsewhere"})
    assert response.context_data["title"] == "Elsewhere"
