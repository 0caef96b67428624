"""Every page in each of its states: to be looked at, and to be looked over by machines."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from audit_log.models import AuditEntry, AuditHold
from audit_log.reading.history import as_of_query
from audit_log.reading.moments import utc_text
from example_project import settings as example
from example_project.licensing.models import License
from example_project.workspaces.models import ApiKey
from tests.admin.conftest import make_user, sign_in

if TYPE_CHECKING:
    from django.http import HttpRequest
    from playwright.sync_api import BrowserContext, Page

    from audit_log.querysets import AuditEntryQuerySet

LOG = "admin:audit_log_auditentry_changelist"
BRIGHTSIDE = "/workspaces/brightside/settings/audit-log/"
WIDTH = 1280


def nothing(request: HttpRequest, entries: AuditEntryQuerySet) -> AuditEntryQuerySet:
    """A rule of who sees what: nobody anything."""
    return entries.none()


BY_TENANT = example.AUDIT_LOG
BY_PERMISSION = {"RETENTION": example.AUDIT_LOG["RETENTION"]}
EMPTY = {**BY_TENANT, "VISIBILITY": f"{__name__}.nothing"}


@dataclass(frozen=True)
class State:
    """A page: who looks at it, where, and under which settings."""

    name: str
    who: str
    address: Callable[[], str]
    audit_log: dict[str, Any]
    status: int = 200
    opened: str = ""
    """What is clicked on before one looks."""
    has_tables: bool = True

    @contextmanager
    def prepared(self) -> Iterator[None]:
        """The settings and the tables that it takes."""
        with override_settings(AUDIT_LOG=self.audit_log):
            if self.has_tables:
                yield
                return
            with without_tables():
                yield

    def visit(self, context: BrowserContext, base: str) -> Page:
        """Go there as that person, and see that the answer is the one of this state."""
        client = Client()
        found = get_user_model().objects.filter(username=self.who).first()
        sign_in(client, found or make_user(self.who, is_staff=True))
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": base}])
        page = context.pages[0] if context.pages else context.new_page()
        address = self.address()
        with self.prepared():
            answer = page.goto(base + address)
            assert answer is not None
            assert answer.status == self.status, f"{self.name}: {answer.status}"
            if self.opened:
                page.locator(self.opened).first.click()
        return page


@contextmanager
def without_tables() -> Iterator[None]:
    """As before `migrate`."""
    table, aside = AuditEntry._meta.db_table, "put_aside"
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {aside}")
        try:
            yield
        finally:
            cursor.execute(f"ALTER TABLE {aside} RENAME TO {table}")


def entry(action: str, **filters: Any) -> AuditEntry:
    found = AuditEntry.objects.filter(action=action, **filters).first()
    assert found is not None, action
    return found


def revoked() -> AuditEntry:
    return entry("api_key.revoke", tenant="workspaces:brightside")


def license_() -> License:
    return License.objects.get(number="L-3001")


def admin(query: str = "") -> Callable[[], str]:
    return lambda: reverse(LOG) + query


def pages(path: str = "") -> Callable[[], str]:
    return lambda: BRIGHTSIDE + path


def admin_entry() -> str:
    found = entry("license.update", target_repr="L-3003")
    return reverse("admin:audit_log_auditentry_change", args=[found.pk])


def history(model: str, key: Any) -> str:
    return reverse(f"admin:licensing_{model}_history", args=[key])


def deleted() -> str:
    gone = entry("device.delete")
    return history("device", gone.target_id)


def key_page() -> str:
    found = revoked()
    at = as_of_query(found.target_type, found.target_id, utc_text(found.occurred_at))
    return f"{BRIGHTSIDE}objects/{found.target_type}/{found.target_id}/{at.partition('#')[0]}"


def hold_page() -> str:
    hold = AuditHold.objects.first() or AuditHold.objects.create(
        reason="Case 2026-17: the customer's letter",
        target_type="licensing.license",
        target_id=str(license_().pk),
        since=timezone.now() - datetime.timedelta(days=30),
    )
    return reverse("admin:audit_log_audithold_change", args=[hold.pk])


WRONG = "?occurred_after=yesterday&actor=nobody&target_type=tome&colour=red"

STATES = [
    State("admin-list", "admin", admin(), BY_TENANT),
    State("admin-list-one", "admin", admin("?action=api_key.revoke"), BY_TENANT),
    State("admin-list-nothing", "admin", admin("?search=nowhere"), BY_TENANT),
    State("admin-list-wrong", "admin", admin(WRONG), BY_TENANT, 400),
    State("admin-list-empty", "admin", admin(), EMPTY),
    State("admin-denied", "newcomer", admin(), BY_PERMISSION, 403),
    State("admin-no-tables", "admin", admin(), BY_TENANT, 503, has_tables=False),
    State("admin-missing", "admin", lambda: reverse(LOG) + "0/change/", BY_TENANT, 404),
    State("admin-entry", "admin", admin_entry, BY_TENANT),
    State("admin-history", "admin", lambda: history("license", license_().pk), BY_TENANT),
    State("admin-history-deleted", "admin", deleted, BY_TENANT),
    State("admin-history-empty", "admin", lambda: history("license", license_().pk), EMPTY),
    State(
        "admin-panel",
        "admin",
        lambda: reverse("admin:licensing_license_change", args=[license_().pk]),
        BY_TENANT,
    ),
    State("admin-hold", "admin", hold_page, BY_TENANT),
    State("pages-list", "wanda", pages(), BY_TENANT),
    State("pages-list-one", "wanda", pages("?action=api_key.revoke"), BY_TENANT),
    State("pages-list-nothing", "wanda", pages("?search=nowhere"), BY_TENANT),
    State("pages-list-wrong", "wanda", pages(WRONG), BY_TENANT, 400),
    State("pages-list-empty", "wanda", pages(), EMPTY),
    State("pages-denied", "wanda", pages(), BY_PERMISSION, 403),
    State("pages-no-tables", "wanda", pages(), BY_TENANT, 503, has_tables=False),
    State("pages-missing", "wanda", pages(f"entries/{'0' * 32}/"), BY_TENANT, 404),
    State("pages-entry", "wanda", lambda: f"{BRIGHTSIDE}entries/{revoked().pk}/", BY_TENANT),
    State("pages-as-of", "wanda", key_page, BY_TENANT),
    State(
        "panel",
        "mara",
        lambda: license_().get_absolute_url(),
        BY_TENANT,
        opened=".audit-log-changes summary",
    ),
    State(
        "panel-empty",
        "wanda",
        lambda: ApiKey.objects.filter(workspace__slug="brightside").first().get_absolute_url(),
        EMPTY,
    ),
]
