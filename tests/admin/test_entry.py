from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from audit_log.models import AuditReference
from tests.admin.conftest import LIST, READ, Login, entry_url, make_entry, make_user, text
from tests.testapp.models import Author, Tag


def test_all_fields(admin: Client) -> None:
    entry = make_entry(
        event_type="delete",
        outcome="failure",
        actor_id=7,
        actor_type="token",
        actor_repr="deploy bot",
        tenant="acme",
        reason="ticket 811",
        remote_addr="192.0.2.7",
        correlation_id="abc123",
        metadata={"user_agent": "curl/8"},
        changes={"title": {"old": "Middlemarch", "new": None}},
    )
    AuditReference.objects.create(entry=entry, target_type="testapp.author", target_id="5")
    page = text(admin.get(entry_url(entry)))
    for expected in (
        "<bdi>deploy bot</bdi>: Book updated (failed): <bdi>Middlemarch</bdi></span>",
        entry.occurred_at.strftime("%Y-%m-%d %H:%M:%S.%f"),
        "<code><bdi>book.update</bdi></code>",
        "<dd>delete</dd>",
        "<dd>failure</dd>",
        "deploy bot",
        '<bdi class="audit-log-quiet">(7)</bdi>',
        "<dd>token</dd>",
        "<bdi>Middlemarch</bdi>",
        "<bdi>Book</bdi> <code><bdi>testapp.book</bdi></code>",
        "<dd><code><bdi>1</bdi></code></dd>",
        "ticket 811",
        "192.0.2.7",
        "acme",
        "<code><bdi>abc123</bdi></code>",
        f"<code>{entry.pk}</code>",
        "&quot;user_agent&quot;: &quot;curl/8&quot;",
        f'href="{LIST}?object=testapp.book%3A1"',
        f'href="{LIST}?actor=7"',
        f'href="{LIST}?correlation_id=abc123"',
        f'href="{LIST}?object=testapp.author%3A5"',
    ):
        assert expected in page


def test_an_entry_with_next_to_nothing(admin: Client) -> None:
    entry = make_entry(target_type="", target_id="", target_repr="", changes={})
    page = text(admin.get(entry_url(entry)))
    assert page.count(">none<") == 8
    assert "This entry is about no field." in page
    assert "Old values" not in page
    assert "Metadata" not in page


def test_until_when_it_is_kept(admin: Client, settings: Any) -> None:
    moment = datetime.datetime(2026, 3, 31, 14, 30, tzinfo=datetime.UTC)
    entry = make_entry(occurred_at=moment)
    assert "<dt>Kept until</dt><dd>without limit</dd>" in text(admin.get(entry_url(entry)))
    settings.AUDIT_LOG = {"RETENTION": 30}
    assert (
        '<time dir="ltr" datetime="2026-04-30T14:30:00+00:00">2026-04-30 14:30:00</time>'
        in text(admin.get(entry_url(entry)))
    )


def test_the_diff_and_both_sides(admin: Client) -> None:
    entry = make_entry(
        changes={
            "title": {"old": "None", "new": None},
            "pages": {"old": "", "new": 12},
            "author": {"old": 1, "new": 2, "new_repr": "Eliot"},
            "secret_token": {"masked": True},
            "tags": {"added": [{"id": "3", "repr": "Novel"}], "removed": [{"id": "4"}]},
            "extra": {
                "old": "x",
                "new": "y",
                "truncated": True,
                "old_sha256": "0" * 64,
            },
        }
    )
    page = text(admin.get(entry_url(entry)))
    diff = re.search(r'<table class="audit-log-diff">.*?</table>', page, re.DOTALL)
    assert diff is not None
    seen = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", diff[0]))
    for expected in (
        "Field Before After",
        "Title None no value",
        "Pages empty text 12",
        "Author 1 Eliot (2)",
        "Secret token hidden: values of this field are not recorded",
        "Tags 4 Novel (3)",
        "0" * 64,
    ):
        assert expected in seen
    old, new = re.findall(r'<pre class="audit-log-json".*?</pre>', page, re.DOTALL)
    assert "&quot;title&quot;: &quot;None&quot;" in old
    assert "&quot;title&quot;: null" in new


def test_values_are_text_on_the_page(admin: Client) -> None:
    evil = "<script>alert(1)</script>\u202e"
    entry = make_entry(
        action="a.b",
        target_type=evil,
        target_id=evil,
        target_repr=evil,
        actor_id=7,
        actor_repr=evil,
        correlation_id=evil,
        reason=evil,
        tenant=evil,
        metadata={evil: evil},
        changes={
            evil: {"old": evil, "new": evil, "old_repr": evil, "old_sha256": evil},
            "many": {"added": [{"id": evil, "repr": evil}]},
        },
    )
    AuditReference.objects.create(entry=entry, target_type=evil, target_id=evil)
    page = text(admin.get(entry_url(entry)))
    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert "[U+202E]" in page


@pytest.mark.parametrize(("number", "folded"), [(5, False), (6, True)])
def test_many_references_are_folded(admin: Client, number: int, folded: bool) -> None:
    entry = make_entry()
    for key in range(number):
        AuditReference.objects.create(entry=entry, target_type="auth.group", target_id=str(key))
    for url in (entry_url(entry), f"/audit-log/entries/{entry.pk}/"):
        page = text(admin.get(url))
        assert (f"<details><summary>{number} references</summary>" in page) == folded
        assert page.count("<bdi>Group</bdi> <a href=") == number


def test_a_huge_value(admin: Client) -> None:
    entry = make_entry(changes={"title": {"old": "a" * 1_000_000, "new": "<b>" * 300_000}})
    response = admin.get(entry_url(entry))
    assert response.status_code == 200
    assert "<b>" not in text(response)


def test_a_model_that_is_gone(admin: Client) -> None:
    entry = make_entry(target_type="gone.model", action="gone.away", changes={"x": {"old": 1}})
    page = text(admin.get(entry_url(entry)))
    assert "gone.model" in page
    assert "Open this" not in page


def test_the_target_is_linked_while_it_exists(admin: Client) -> None:
    author = Author.objects.create(name="Eliot")
    entry = make_entry(target_type="testapp.author", target_id=str(author.pk))
    link = f'<a href="/admin/testapp/author/{author.pk}/change/">Open this Author</a>'
    assert link in text(admin.get(entry_url(entry)))
    author.delete()
    assert "Open this" not in text(admin.get(entry_url(entry)))


@pytest.mark.parametrize(
    ("target_type", "target_id"),
    [
        ("testapp.cell", '["1", "a"]'),
        ("testapp.author", "no number"),
        ("testapp.author", "9" * 30),
        ("testapp.author", ""),
        ("auth.permission", "1"),
    ],
)
def test_targets_without_a_page(admin: Client, target_type: str, target_id: str) -> None:
    entry = make_entry(target_type=target_type, target_id=target_id)
    response = admin.get(entry_url(entry))
    assert response.status_code == 200
    assert "Open this" not in text(response)


def test_the_target_is_linked_only_for_those_who_may_see_it(reader: User, login: Login) -> None:
    author = Author.objects.create(name="Eliot")
    hidden = Tag.objects.create(name="hidden")
    entry = make_entry(target_type="testapp.author", target_id=str(author.pk))
    concealed = make_entry(target_type="testapp.tag", target_id=str(hidden.pk))
    assert "Open this" not in text(login(reader).get(entry_url(entry)))
    librarian = make_user(
        "librarian", READ, "testapp.view_author", "testapp.view_tag", is_staff=True
    )
    assert "Open this" in text(login(librarian).get(entry_url(entry)))
    assert "Open this" not in text(login(librarian).get(entry_url(concealed)))


@pytest.mark.parametrize(
    "key", ["1", "x", "7d0fc1a4-3f0c-4a51-9b36-6f3c1de2f0aa", "a/b", "_5F", "%00"]
)
def test_an_entry_that_is_not_there(admin: Client, key: str) -> None:
    assert admin.get(f"{LIST}{key}/change/").status_code == 404


def test_the_short_address_leads_to_the_entry(admin: Client) -> None:
    entry = make_entry()
    assert admin.get(f"{LIST}{entry.pk}/").url == entry_url(entry)


def test_at_most_seven_queries(reader: User, login: Login, django_assert_max_num_queries) -> None:
    author = Author.objects.create(name="Eliot")
    entry = make_entry(target_type="testapp.author", target_id=str(author.pk))
    client = login(reader)
    # Session, user, two for the permissions, entry, target, references.
    with django_assert_max_num_queries(7):
        client.get(entry_url(entry))


def test_words_that_differ_are_marked_and_stay_text(admin: Client) -> None:
    words = "lorem ipsum dolor sit amet " * 10_000
    changes = {
        "title": {"old": "an <i>old</i> cat", "new": "an <b>old</b> cat"},
        "blurb": {"old": f"{words}<old>{words}", "new": f"{words}<new>{words}"},
        "extra": {"old": {"<k>": ["<1>", "b"]}, "new": {"<k>": ["<2>", "b"]}},
    }
    page = text(admin.get(entry_url(make_entry(changes=changes))))
    assert "an &lt;<mark>i</mark>&gt;old&lt;/<mark>i</mark>&gt; cat" in page
    assert "&lt;<mark>new</mark>&gt;" in page
    diff = page[page.index("audit-log-diff") : page.index("audit-log-sides")]
    assert "269,941 characters unchanged" in diff
    assert len(diff) < 10_000
    assert '<code class="audit-log-path" dir="auto">[&quot;&lt;k&gt;&quot;][0]</code>' in diff
    assert "&lt;<mark>1</mark>&gt;" not in diff
    assert "&quot;&lt;2&gt;&quot;" in diff
