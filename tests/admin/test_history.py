"""The audit log on the admin pages of other models."""

from __future__ import annotations

import re
import uuid
from html import unescape

import pytest
from django.contrib import admin as django_admin
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client, override_settings

from audit_log.admin import AuditHistoryAdminMixin
from audit_log.identity import secret_key_text
from tests.admin.conftest import READ, Login, entry_url, make_entry, make_user, text
from tests.testapp.models import Author, Book, Country, Tag

PANEL = '<section class="audit-log-history"'


def history_url(model: str, key: object) -> str:
    return f"/admin/testapp/{model}/{key}/history/"


def change_url(model: str, key: object) -> str:
    return f"/admin/testapp/{model}/{key}/change/"


@pytest.fixture
def author(admin: Client) -> Author:
    return Author.objects.create(name="Eliot")


def test_the_panel_is_on_the_change_page(admin: Client, author: Author) -> None:
    page = text(admin.get(change_url("author", author.pk)))
    panel = page[page.index(PANEL) :]
    assert "Author created" in panel
    before = page[: page.index(PANEL)]
    assert before.count("<form") == before.count("</form>")  # no form in a form
    assert "audit_log/entries.css" in page


def test_the_panel_stays_when_the_form_is_wrong(admin: Client, author: Author) -> None:
    page = text(admin.post(change_url("author", author.pk), {"name": ""}))
    assert "This field is required." in page
    assert PANEL in page


@pytest.mark.parametrize("path", ["add/", "{}/change/?_popup=1"])
def test_no_panel_where_there_is_no_object_or_no_room(
    admin: Client, author: Author, path: str
) -> None:
    page = text(admin.get("/admin/testapp/author/" + path.format(author.pk)))
    assert PANEL not in page


def test_the_history_page_shows_the_audit_log(admin: Client, author: Author) -> None:
    author.name = "George Eliot"
    author.save()
    response = admin.get(history_url("author", author.pk))
    page = text(response)
    assert "<h1>History: George Eliot</h1>" in page
    assert page.count('<tbody role="rowgroup">') == 2
    assert "Author updated" in page
    assert "no longer exists" not in page
    assert f'href="{change_url("author", author.pk)}"' in page
    assert response.context_data["object"] == author


@override_settings(AUDIT_LOG={"VISIBILITY": "tests.admin.visibility.only_acme"})
def test_a_reader_of_nothing_is_told_no_more_than_that(admin: Client, author: Author) -> None:
    assert PANEL not in text(admin.get(change_url("author", author.pk)))
    page = text(admin.get(history_url("author", author.pk)))
    assert "Nothing that you may see has been recorded yet." in page
    assert PANEL not in page


def test_the_history_page_after_the_deletion(admin: Client, author: Author) -> None:
    key = author.pk
    entry = make_entry(target_type="testapp.author", target_id=str(key), target_repr="Older name")
    author.delete()
    response = admin.get(history_url("author", key))
    page = text(response)
    assert response.status_code == 200
    assert "<h1>History: Eliot</h1>" in page
    assert "This object no longer exists." in page
    assert "Author deleted" in page
    assert f'href="{entry_url(entry)}"' in page
    assert change_url("author", key) not in page


def test_a_deleted_object_s_key_in_another_spelling(admin: Client) -> None:
    make_entry(target_type="testapp.author", target_id="7", target_repr="Seven")
    assert "History: Seven" in text(admin.get(history_url("author", "007")))


def test_a_uuid_in_another_spelling(admin: Client) -> None:
    key = uuid.uuid4()
    make_entry(target_type="testapp.document", target_id=str(key), target_repr="Gone")
    assert "History: Gone" in text(admin.get(history_url("document", key.hex)))


@pytest.mark.parametrize("code", ["a/b", "a_b", 'a"<b', "%20", "\u202e"])
def test_a_key_of_odd_characters(admin: Client, code: str) -> None:
    country = Country.objects.create(code=code, name="Nowhere")
    url = history_url("country", quote(code))
    assert PANEL in text(admin.get(url))
    assert PANEL in text(admin.get(change_url("country", quote(code))))
    country.delete()
    assert "Country deleted" in text(admin.get(url))


def test_a_secret_key(admin: Client, settings) -> None:
    settings.AUDIT_LOG = {"MODELS": {"testapp.Tag": {"mask": ["id"]}}}
    make_entry(target_type="testapp.tag", target_id=secret_key_text(7), target_repr="Hush")
    assert "History: Hush" in text(admin.get(history_url("tag", 7)))


@pytest.mark.parametrize("key", ["4711", "no_number", "9" * 30])
def test_what_was_never_there(admin: Client, key: str) -> None:
    response = admin.get(history_url("author", key), follow=True)
    assert response.redirect_chain == [("/admin/", 302)]
    assert "doesn’t exist. Perhaps it was deleted?" in text(response)


def test_what_is_there_but_hidden_is_not_deleted(admin: Client) -> None:
    tag = Tag.objects.create(name="hidden")
    assert admin.get(history_url("tag", tag.pk)).status_code == 302


def test_pages_of_history(admin: Client, author: Author) -> None:
    for number in range(45):
        make_entry(target_type="testapp.author", target_id=str(author.pk), reason=f"r{number}.")
    url = history_url("author", author.pk)
    first = text(admin.get(url))
    assert "Page 1 of 3" in first
    make_entry(target_type="testapp.author", target_id=str(author.pk), reason="late.")
    (older,) = re.findall(r'rel="next" href="([^"]*)"', first)
    second = text(admin.get(url + unescape(older)))
    assert re.findall(r"r\d+\.", second) == [f"r{number}." for number in range(24, 4, -1)]
    assert "late." in text(admin.get(url))


def test_templates_of_the_project_stay_in_use(admin: Client) -> None:
    book = Book.objects.create(title="Middlemarch")
    change = text(admin.get(change_url("book", book.pk)))
    assert "The project's own words on the change page." in change
    assert PANEL in change
    history = text(admin.get(history_url("book", book.pk)))
    assert "The project's own words on the history page." in history
    assert PANEL in history
    url = history_url("book", book.pk)
    book.delete()
    history = text(admin.get(url))
    assert "The project's own words on the history page." in history
    assert "Book deleted" in history


def test_views_that_return_no_template(admin: Client, author: Author) -> None:
    class Base(django_admin.ModelAdmin):
        def render_change_form(self, *args, **kwargs):
            return HttpResponse("as it is")

    class AuthorAdmin(AuditHistoryAdminMixin, Base):
        pass

    model_admin = AuthorAdmin(Author, django_admin.site)
    request = admin.get("/admin/").wsgi_request
    assert text(model_admin.change_view(request, str(author.pk))) == "as it is"


@pytest.mark.parametrize(
    ("permissions", "panel", "status"),
    [
        ([READ, "testapp.view_author"], True, 200),
        ([READ, "testapp.change_author"], True, 200),
        (["testapp.view_author"], False, 403),
        ([READ], None, 403),
        ([], None, 403),
    ],
)
def test_permissions(
    db: None, login: Login, permissions: list[str], panel: bool | None, status: int
) -> None:
    author = Author.objects.create(name="Eliot")
    make_entry(target_type="testapp.author", target_id="999999")
    client = login(make_user("somebody", *permissions, is_staff=True))
    change = client.get(change_url("author", author.pk))
    if panel is None:
        assert change.status_code == 403
    else:
        assert (PANEL in text(change)) == panel
    assert client.get(history_url("author", author.pk)).status_code == status
    assert client.get(history_url("author", 999999)).status_code == status


@override_settings(AUDIT_LOG={"VISIBILITY": "tests.admin.visibility.only_acme"})
def test_visibility(admin: Client, author: Author) -> None:
    for tenant in ("acme", "globex"):
        make_entry(
            target_type="testapp.author", target_id=str(author.pk), tenant=tenant, reason=tenant
        )
    page = text(admin.get(history_url("author", author.pk)))
    assert "acme" in page
    assert "globex" not in page
    make_entry(target_type="testapp.author", target_id="999999", tenant="globex")
    assert admin.get(history_url("author", 999999)).status_code == 302


def test_extra_context_is_passed_on(superuser: User, author: Author, rf) -> None:
    request = rf.get("/")
    request.user = superuser
    model_admin = django_admin.site.get_model_admin(Author)
    response = model_admin.history_view(request, str(author.pk), {"title": "Elsewhere"})
    assert response.context_data["title"] == "Elsewhere"


def test_nothing_is_kept_on_the_model_admin(admin: Client, author: Author) -> None:
    model_admin = django_admin.site.get_model_admin(Author)
    before = dict(vars(model_admin))
    admin.get(change_url("author", author.pk))
    admin.get(history_url("author", author.pk))
    assert vars(model_admin) == before


def test_values_are_text(admin: Client, author: Author) -> None:
    evil = "<script>alert(1)</script>"
    author.name = evil
    author.save()
    for url in (change_url("author", author.pk), history_url("author", author.pk)):
        assert evil not in text(admin.get(url))
    author.delete()
