"""The licensing platform beyond its single actions: what goes together, what is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.authtoken.models import Token

from audit_log.models import AuditEntry
from example_project.licensing import models
from tests.example.systems.common import ADDRESS, REASON, Expected, gone
from tests.example.systems.licensing import ALL_PERMISSIONS, Platform, performs
from tests.example.systems.records import RECORDS, Record

pytestmark = [pytest.mark.django_db, pytest.mark.urls("example_project.urls")]


@pytest.fixture
def platform() -> Platform:
    return Platform()


def perform(platform: Platform, action: str) -> Expected:
    """Do it, and return what its entry says."""
    steps = performs[action, "form"](platform)
    next(steps)
    expected = next(steps)
    assert expected is not None
    return expected


DETAIL_PAGES = (models.Product, models.Customer, models.Order, models.License)
DETAIL_GROUPS = ("Products", "Customers", "Orders", "Licenses", "Devices")


@pytest.mark.parametrize(
    "record",
    [r for r in RECORDS if r.system == "C" and r.group in DETAIL_GROUPS],
    ids=lambda record: record.action,
)
def test_action_is_in_the_table_of_the_items_page(platform: Platform, record: Record) -> None:
    reader = Permission.objects.get(codename="view_auditentry")
    platform.account.user_permissions.add(reader)
    expected = perform(platform, record.action)
    if record.type == "delete" and not expected.references:
        return  # the page is gone with the item
    pages = [expected.target, *expected.references]
    for item in pages:
        if type(item) in DETAIL_PAGES:
            page = platform.client.get(item.get_absolute_url())
            assert record.label in page.content.decode()


def test_reset_of_a_license_also_resets_its_devices(platform: Platform) -> None:
    device = platform.device()
    before = set(AuditEntry.objects.values_list("pk", flat=True))
    platform.post("license-action", platform.license.pk, "reset")

    entries = AuditEntry.objects.exclude(pk__in=before).order_by("id")
    assert [entry.action for entry in entries] == ["device.reset", "license.reset"]
    assert entries[1].metadata["devices"] == [device.hostname]
    assert len({entry.correlation_id for entry in entries}) == 1
    assert set(AuditEntry.objects.for_object(platform.license)) >= set(entries)


def test_deleting_a_license_tells_of_what_goes_with_it(platform: Platform) -> None:
    platform.device()
    platform.custom_field()
    license = models.License.objects.get()
    before = set(AuditEntry.objects.values_list("pk", flat=True))
    platform.post("license-delete", license.pk)

    entries = AuditEntry.objects.exclude(pk__in=before)
    assert sorted(entry.action for entry in entries) == [
        "device.delete",
        "license.delete",
        "license_custom_field.delete",
    ]
    assert set(AuditEntry.objects.for_object(license)) >= set(entries)


def test_unchanged_form_leaves_nothing(platform: Platform) -> None:
    before = AuditEntry.objects.count()
    platform.edit("license-update", platform.license.pk)
    platform.edit("product-update", platform.product.pk)
    platform.post("license-action", platform.license.pk, "enable")
    platform.post("template-permissions", platform.template.pk, permissions=ALL_PERMISSIONS)
    assert AuditEntry.objects.count() == before


def test_call_of_a_device_leaves_nothing(platform: Platform) -> None:
    device = platform.device()
    before = AuditEntry.objects.count()
    device.seen()
    assert models.Device.objects.get().last_seen_at is not None
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize(
    ("action", "prepare", "view", "message"),
    [
        ("license.assign_user", {"seats": 0}, "license-assign-user", "Every seat"),
        ("device.borrow", {"allows_borrowing": False}, "device-borrow", "does not allow"),
    ],
)
def test_refusal_is_told_as_a_failure(
    platform: Platform, action: str, prepare: dict[str, Any], view: str, message: str
) -> None:
    models.License.objects.filter(pk=platform.license.pk).update(**prepare)
    device = platform.device()
    target = platform.license if view.startswith("license") else device
    until = (timezone.localdate() + timedelta(days=3)).isoformat()
    before = set(AuditEntry.objects.values_list("pk", flat=True))
    platform.post(view, target.pk, user=platform.end_user.pk, until=until)

    entry = AuditEntry.objects.exclude(pk__in=before).get()
    assert (entry.action, entry.outcome) == (action, "failure")
    assert (entry.target_type, entry.target_id) == gone(target)[:2]
    assert entry.reason == REASON
    assert message in entry.metadata["refused"]
    assert not platform.license.users.exists()
    assert not models.Device.objects.get().is_borrowed


def test_consumption_past_the_limit_is_refused(platform: Platform) -> None:
    platform.edit("license-update", platform.license.pk, consumption_limit=10)
    platform.post("license-use", platform.license.pk, units=3)
    platform.post("license-use", platform.license.pk, units=1)
    assert models.License.objects.get().consumption == 10


def test_somebody_without_the_permission_changes_nothing(platform: Platform) -> None:
    platform.template.set_permissions(["manage_products"])
    url = reverse("licensing:license-action", args=[platform.license.pk, "disable"])
    assert platform.client.post(url).status_code == 403
    assert models.License.objects.get().is_enabled


def test_somebody_without_an_account_sees_nothing(platform: Platform) -> None:
    answer = Client().get(platform.license.get_absolute_url())
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("login"))


def test_actor_of_the_rest_api_is_the_tokens_user(platform: Platform) -> None:
    token = Token.objects.create(user=platform.account)
    url = f"/api/licenses/{platform.license.pk}/disable/"
    assert Client().post(url).status_code == 401
    answer = Client(REMOTE_ADDR=ADDRESS).post(
        url, {"reason": REASON}, headers={"Authorization": f"Token {token.key}"}
    )
    assert answer.status_code == 200
    assert answer.json()["is_enabled"] is False

    entry = AuditEntry.objects.get(action="license.disable")
    assert entry.actor_id == platform.account.pk
    assert entry.actor_repr == "Mara Lindqvist <mara@vendor.example>"
    assert (entry.reason, entry.remote_addr) == (REASON, ADDRESS)


def test_nobody_finds_the_license_key_in_the_log(platform: Platform) -> None:
    platform.license.delete()
    texts = [str(entry.changes) + entry.target_repr for entry in AuditEntry.objects.all()]
    assert texts
    assert not any(platform.license.key in text for text in texts)
