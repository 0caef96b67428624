from __future__ import annotations

import re
import uuid
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection
from django.http import HttpRequest
from django.template import Context, RequestContext, Template
from django.test import RequestFactory, override_settings
from rest_framework.request import Request

from audit_log.models import AuditEntry, AuditReference
from tests.admin.conftest import READ, forget, make_entry, make_user
from tests.testapp.models import Author, Cell, Document

pytestmark = pytest.mark.django_db


def request_of(user: Any, path: str = "/page/") -> HttpRequest:
    request = RequestFactory().get(path)
    request.user = user
    return request


def render(request: Any, tag: str = "{% audit_history object %}", /, **variables: Any) -> str:
    template = Template("{% load audit_log %}" + tag)
    context = Context(variables) if request is None else RequestContext(request, variables)
    return template.render(context)


@pytest.fixture
def user() -> User:
    return make_user("root", is_superuser=True)


@pytest.fixture
def author() -> Author:
    (author,) = Author.objects.bulk_create([Author(name="Eliot")])
    forget(AuditEntry.objects.all())
    return author


def entry_of(author: Author, **values: Any) -> AuditEntry:
    return make_entry(
        **{
            "target_type": "testapp.author",
            "target_id": str(author.pk),
            "target_repr": "Eliot",
            "action": "author.update",
            "changes": {"name": {"old": "Eliott", "new": "Eliot"}},
            **values,
        }
    )


def test_a_panel(user: User, author: Author) -> None:
    entry_of(author, actor_id=7, actor_repr="Ann <a@b.c>", remote_addr="192.0.2.7", reason="typo")
    panel = render(request_of(user), object=author)
    for expected in (
        ">History</h2>",
        "Time (UTC)",
        '<bdi>Ann</bdi> <span class="audit-log-mail"><bdi>a@<wbr>b.c</bdi>',
        "<bdi>Ann</bdi> changed author <bdi>Eliot</bdi>",
        "Author updated",
        "<bdi>just now</bdi> <span",
        ">update: </span>",
        "192.0.2.7",
        "typo",
        '<summary><bdi class="audit-log-quiet">Name</bdi>',
        "Eliott",
        "Page 1 of 1",
        "1 entry",
    ):
        assert expected in panel
    assert "<script" not in panel
    assert "style=" not in panel
    assert "/admin/" not in panel


def test_entries_that_refer_to_the_object(user: User, author: Author) -> None:
    entry = make_entry(target_repr="Middlemarch")
    AuditReference.objects.create(
        entry=entry, target_type="testapp.author", target_id=str(author.pk)
    )
    panel = render(request_of(user), object=author)
    assert "</bdi> changed book <bdi>Middlemarch</bdi>" in panel


def test_entries_of_one_request_stand_together(user: User, author: Author) -> None:
    for request in ("", "", "r1", "r2", "r2", "r1"):
        entry_of(author, correlation_id=request)
    panel = render(request_of(user), object=author)
    assert re.findall(r"\d+ entr[a-z]+ of one request or run|<details>", panel) == [
        "<details>",
        "2 entries of one request or run",
        *["<details>"] * 5,
    ]


def test_an_object_that_is_gone(user: User, author: Author) -> None:
    entry_of(author)
    tag = '{% audit_history target_type="testapp.Author" target_id=key title="What was" %}'
    panel = render(request_of(user), tag, key=author.pk)
    assert ">What was</h2>" in panel
    assert "Author updated" in panel


@pytest.mark.parametrize("key", [0, uuid.UUID(int=5), (1, "a")])
def test_keys_of_objects_that_are_gone(user: User, key: Any) -> None:
    target_id = '["1", "a"]' if isinstance(key, tuple) else str(key)
    make_entry(target_type="gone.model", target_id=target_id, action="gone.away")
    tag = '{% audit_history target_type="gone.model" target_id=key %}'
    assert "gone.away" in render(request_of(user), tag, key=key)


def test_a_composite_key(user: User) -> None:
    make_entry(target_type="testapp.cell", target_id='["1", "a"]', action="cell.update")
    panel = render(request_of(user), object=Cell(row=1, column="a"))
    assert "Cell updated" in panel


def test_no_entries_yet(user: User) -> None:
    panel = render(request_of(user), object=Document(title="New, with a key"))
    assert "Nothing has been recorded yet." in panel


@override_settings(AUDIT_LOG={"VISIBILITY": "tests.admin.visibility.only_acme"})
def test_nothing_where_rows_are_hidden_and_none_is_left(user: User, author: Author) -> None:
    """To say that nothing was recorded would be wrong, and anything else would tell."""
    request = request_of(user)
    assert render(request, object=author).strip() == ""
    entry_of(author, tenant="globex")
    assert render(request, object=author).strip() == ""
    entry_of(author, tenant="acme")
    assert "Author updated" in render(request, object=author)


@pytest.mark.parametrize("nothing", [None, "", Author(name="unsaved")])
def test_without_an_object_it_is_empty(user: User, nothing: Any) -> None:
    assert render(request_of(user), object=nothing).strip() == ""
    assert render(request_of(user), "{% audit_history no_such_variable %}").strip() == ""


def test_what_is_no_object_is_an_error(user: User) -> None:
    with pytest.raises(TypeError, match="model instance, not of 7"):
        render(request_of(user), object=7)


def test_without_a_request_it_is_empty(author: Author) -> None:
    entry_of(author)
    assert render(None, object=author).strip() == ""


def test_the_request_may_be_a_variable(user: User, author: Author) -> None:
    entry_of(author)
    assert "Author updated" in render(None, object=author, request=request_of(user))
    of_rest_framework = Request(request_of(user))
    of_rest_framework.user = user
    assert "Author updated" in render(None, object=author, request=of_rest_framework)


@pytest.mark.parametrize(
    ("who", "reads"),
    [
        (AnonymousUser(), False),
        (("nobody",), False),
        (("reader", READ), True),
        (("staff",), False),
    ],
)
def test_only_for_those_who_may_read(author: Author, who: Any, reads: bool) -> None:
    entry_of(author)
    user = make_user(*who, is_staff=who[0] == "staff") if isinstance(who, tuple) else who
    panel = render(request_of(user), object=author)
    assert ("Author updated" in panel) == reads
    assert bool(panel.strip()) == reads


@override_settings(AUDIT_LOG={"VISIBILITY": "tests.admin.visibility.only_acme"})
def test_visibility(author: Author) -> None:
    entry_of(author, tenant="acme", reason="seen")
    entry_of(author, tenant="globex", reason="unseen")
    panel = render(request_of(make_user("somebody")), object=author)
    assert "seen" in panel
    assert "unseen" not in panel


def test_two_queries(user: User, author: Author, django_assert_num_queries) -> None:
    for _number in range(30):
        entry_of(author)
    request = request_of(user)
    with django_assert_num_queries(2):
        panel = render(request, object=author)
    (older,) = re.findall(r'rel="next" href="([^"]*)"', panel)
    request = request_of(user, unescape(older))
    # A page that is not full needs no count; PostgreSQL's planner was asked before.
    with django_assert_num_queries(2 if connection.vendor == "postgresql" else 1):
        render(request, object=author)


def turn(user: User, panel: str, rel: str, **variables: Any) -> str:
    link = re.search(rf'rel="{rel}" href="([^"]*)"', panel)
    assert link is not None
    return render(
        request_of(user, unescape(link[1])), "{% audit_history object limit=2 %}", **variables
    )


def reasons(panel: str) -> list[str]:
    return re.findall(r"r\d+\.", panel)


def test_paging_is_pinned(user: User, author: Author) -> None:
    for number in range(5):
        entry_of(author, reason=f"r{number}.")
    first = render(request_of(user), "{% audit_history object limit=2 %}", object=author)
    assert reasons(first) == ["r4.", "r3."]
    assert "Page 1 of 3" in first
    assert 'rel="prev"' not in first
    entry_of(author, reason="r9.")
    second = turn(user, first, "next", object=author)
    assert reasons(second) == ["r2.", "r1."]
    third = turn(user, second, "next", object=author)
    assert reasons(third) == ["r0."]
    assert 'rel="next"' not in third
    assert reasons(turn(user, second, "prev", object=author)) == ["r4.", "r3."]


def test_two_panels_do_not_turn_each_other_s_pages(user: User) -> None:
    authors = Author.objects.bulk_create([Author(name="a"), Author(name="b")])
    forget(AuditEntry.objects.all())
    for number in range(5):
        for author in authors:
            entry_of(author, reason=f"r{number}.")
    first = render(
        request_of(user, "/?tab=2"), "{% audit_history object limit=2 %}", object=authors[0]
    )
    (link,) = re.findall(r'rel="next" href="([^"]*)"', first)
    assert "tab=2" in link
    request = request_of(user, unescape(link))
    one, two = (
        render(request, "{% audit_history object limit=2 %}", object=author) for author in authors
    )
    assert reasons(one) == ["r2.", "r1."]
    assert reasons(two) == ["r4.", "r3."]
    ids = [re.findall(r'<section[^>]*id="([^"]*)"', panel) for panel in (one, two)]
    assert ids[0] != ids[1]
    assert link.endswith("#" + ids[0][0])
    # The link of the second keeps the page of the first.
    (second_link,) = re.findall(r'rel="next" href="([^"]*)"', two)
    assert f"{ids[0][0]}-page=2" in second_link


@pytest.mark.parametrize("value", ["0", "x", "99", "<b>"])
def test_a_page_that_is_none(user: User, author: Author, value: str) -> None:
    entry_of(author)
    panel = render(request_of(user), object=author)
    (anchor,) = re.findall(r'<section[^>]*id="([^"]*)"', panel)
    panel = render(request_of(user, f"/?tab=2&{anchor}-page={value}"), object=author)
    assert 'role="alert"' in panel
    assert f'href="?tab=2#{anchor}"' in panel
    assert "Author updated" not in panel


def test_values_are_text(user: User, author: Author) -> None:
    evil = "<script>alert(1)</script>\u202e"
    entry = entry_of(
        author,
        action="a.b",
        actor_repr=evil,
        reason=evil,
        changes={evil: {"old": evil, "new": evil}, "many": {"added": [evil], "removed": [evil]}},
    )
    other = make_entry(target_type=evil, target_id=evil, target_repr=evil)
    for named in (entry, other):
        AuditReference.objects.create(
            entry=named, target_type="testapp.author", target_id=str(author.pk)
        )
    panel = render(request_of(user), '{% audit_history object title="<b>" %}', object=author)
    assert "<script" not in panel
    assert "\u202e" not in panel
    assert panel.count("[U+202E]") > 8


def test_huge_values_are_cut(user: User, author: Author) -> None:
    entry_of(author, changes={"name": {"old": "a" * 1_000_000, "new": "a" * 999_999 + "b"}})
    panel = render(request_of(user), object=author)
    assert len(panel) < 20_000
    assert "ab</bdi>" in panel


def test_the_nonce_of_a_content_security_policy(user: User, author: Author) -> None:
    assert ' nonce="n0nce"' in render(request_of(user), object=author, csp_nonce="n0nce")
    assert "nonce" not in render(request_of(user), object=author)


@pytest.mark.parametrize("limit", [0, -1, "0"])
def test_a_limit_below_one_is_an_error(user: User, author: Author, limit: Any) -> None:
    with pytest.raises(ValueError, match="at least 1 entry"):
        render(request_of(user), "{% audit_history object limit=n %}", object=author, n=limit)


def test_a_limit_given_as_text(user: User, author: Author) -> None:
    for _number in range(3):
        entry_of(author)
    panel = render(request_of(user), "{% audit_history object limit=n %}", object=author, n="2")
    assert "Page 1 of 2" in panel
