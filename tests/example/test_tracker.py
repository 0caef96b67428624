"""The tracker beyond its single actions: who may do what, through which groups."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User

from audit_log.models import AuditEntry
from example_project import settings as example
from example_project.tracker import models
from example_project.tracker.models.roles import Permission as TrackerPermission
from example_project.tracker.permissions import has_a_role, may
from tests.example.systems.tracker import Tracker

pytestmark = [pytest.mark.django_db, pytest.mark.urls("example_project.urls")]


@pytest.fixture(autouse=True)
def as_in_the_example(settings: Any) -> None:
    settings.AUDIT_LOG = example.AUDIT_LOG


@pytest.fixture
def tracker() -> Tracker:
    return Tracker()


def nest(*names: str) -> models.UserGroup:
    """Groups, each in the one before; the innermost is returned."""
    outer = models.UserGroup.objects.create(name=names[0])
    for name in names[1:]:
        inner = models.UserGroup.objects.create(name=name)
        inner.add_to(outer.group_ptr)
        outer = inner
    return outer


def test_permissions_come_through_groups_within_groups(tracker: Tracker) -> None:
    innermost = nest("Company", "Division", "Team")
    tracker.user.groups.add(innermost)
    assert not has_a_role(tracker.user)
    company = models.UserGroup.objects.get(name="Company")
    tracker.roles["system"].set_permissions(["manage_workspaces"])
    tracker.roles["system"].groups.add(company.group_ptr)
    assert has_a_role(tracker.user)
    assert may(tracker.user, TrackerPermission.WORKSPACES)
    assert not may(tracker.user, TrackerPermission.ACCOUNTS)
    tracker.user.groups.clear()
    assert not may(tracker.user, TrackerPermission.WORKSPACES)


def test_permissions_hold_at_their_level(tracker: Tracker) -> None:
    other = models.Workspace.objects.create(name="Other")
    foreign = models.Application.objects.create(workspace=other, name="Foreign", prefix="F")
    second = models.Application.objects.create(
        workspace=tracker.workspace, name="Second", prefix="S"
    )
    permission = TrackerPermission.APPLICATIONS

    tracker.roles["app"].set_permissions([permission])
    tracker.roles["app"].users.add(tracker.user)
    allowed = [may(tracker.user, permission, o) for o in (tracker.application, second, foreign)]
    assert allowed == [True, False, False]
    assert not may(tracker.user, permission)

    tracker.roles["workspace"].set_permissions([permission])
    tracker.roles["workspace"].users.add(tracker.user)
    assert may(tracker.user, permission, second)
    assert may(tracker.user, permission, tracker.workspace)
    assert not may(tracker.user, permission, foreign)

    tracker.roles["system"].set_permissions([permission])
    tracker.roles["system"].users.add(tracker.user)
    assert may(tracker.user, permission, foreign)
    assert may(tracker.user, permission)


def test_a_group_in_itself_is_refused_and_told(tracker: Tracker) -> None:
    innermost = nest("Company", "Division", "Team")
    company = models.UserGroup.objects.get(name="Company")
    before = set(AuditEntry.objects.values_list("pk", flat=True))
    tracker.post("usergroup-add-to-group", company.pk, group=innermost.pk)
    entry = AuditEntry.objects.exclude(pk__in=before).get()
    assert (entry.action, entry.outcome) == ("user_group.add_to_group", "failure")
    assert "cannot be in itself" in entry.metadata["refused"]
    assert not company.groups.exists()


def test_history_of_a_group_has_its_users_roles_and_groups(tracker: Tracker) -> None:
    tracker.post("user-add-to-group", tracker.user.pk, group=tracker.group.pk)
    tracker.post("usergroup-add-to-group", tracker.group.pk, group=tracker.staff_group.pk)
    tracker.post("workspacerole-add-group", tracker.roles["workspace"].pk, group=tracker.group.pk)
    page = tracker.client.get(tracker.group.get_absolute_url()).text
    for label in (
        "User group created",
        "User added to group",
        "User group added to group",
        "Group added to workspace permission group",
    ):
        assert label in page
    assert (
        "User group added to group"
        in tracker.client.get(tracker.staff_group.get_absolute_url()).text
    )


def test_get_audit_log_is_the_whole_log(tracker: Tracker) -> None:
    administration = tracker.url("administration")
    export = "/api/audit-log/entries/export.csv"
    assert export in tracker.client.get(administration).text
    tracker.account.user_permissions.add(Permission.objects.get(codename="view_auditentry"))
    User.objects.create_user("somebody-elsewhere")

    count = AuditEntry.objects.count()
    answer = tracker.client.get(export)
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == count
    assert "somebody-elsewhere" in {row["target_repr"] for row in rows}


def test_who_reads_only_the_trackers_log_gets_only_that(tracker: Tracker) -> None:
    User.objects.create_user("somebody-elsewhere")
    answer = tracker.client.get("/api/audit-log/entries/?page_size=200").json()
    assert {entry["tenant"] for entry in answer["results"]} == {"tracker"}
    tracker.system_role.set_permissions(["manage_accounts"])
    assert tracker.client.get("/api/audit-log/entries/").json()["count"] == 0
    page = tracker.client.get(tracker.workspace.get_absolute_url()).text
    assert "Back office" in page
    assert "audit-log-history" not in page


def test_whoever_manages_accounts_does_not_reach_the_staffs(tracker: Tracker) -> None:
    root = User.objects.create_superuser("root")
    for view in ("detail", "update", "delete", "password"):
        assert tracker.client.get(tracker.url(f"user-{view}", root.pk)).status_code == 404
    tracker.account.is_superuser = True
    tracker.account.save()
    assert tracker.client.get(tracker.url("user-password", root.pk)).status_code == 200


def test_nobody_deletes_their_own_account(tracker: Tracker) -> None:
    tracker.post("user-delete", tracker.account.pk)
    assert User.objects.filter(pk=tracker.account.pk).exists()


def test_two_different_passwords_change_nothing(tracker: Tracker) -> None:
    before = AuditEntry.objects.count()
    url = tracker.url("user-password", tracker.user.pk)
    answer = tracker.client.post(url, {"password1": "correct horse", "password2": "battery"})
    assert "The two are not the same." in answer.text
    assert AuditEntry.objects.count() == before


def test_a_name_that_is_taken_is_an_error_of_the_form(tracker: Tracker) -> None:
    url = tracker.url("application-create", tracker.workspace.pk)
    answer = tracker.client.post(url, {"name": "Invoices", "prefix": "I"})
    assert "There is one of this name already." in answer.text
    other = models.Workspace.objects.create(name="Other")
    tracker.post("application-create", other.pk, name="Invoices", prefix="I")


def test_workspace_in_use_stays(tracker: Tracker) -> None:
    tracker.post("workspace-delete", tracker.workspace.pk)
    tracker.rest("delete", f"/api/tracker/workspaces/{tracker.workspace.pk}/", status=409)
    assert models.Workspace.objects.filter(pk=tracker.workspace.pk).exists()


def test_rest_asks_the_permission_groups(tracker: Tracker) -> None:
    tracker.system_role.set_permissions([])
    tracker.roles["app"].set_permissions(["manage_applications"])
    tracker.roles["app"].users.add(tracker.account)
    tracker.rest("get", "/api/tracker/applications/")
    tracker.rest("patch", f"/api/tracker/applications/{tracker.application.pk}/", {"prefix": "I"})
    new = {"workspace": tracker.workspace.pk, "name": "New", "prefix": "N"}
    tracker.rest("post", "/api/tracker/applications/", new, 403)
    # Nor can it be moved where somebody else decides.
    other = models.Workspace.objects.create(name="Other")
    url = f"/api/tracker/applications/{tracker.application.pk}/"
    tracker.rest("patch", url, {"workspace": other.pk}, 403)
    tracker.rest("put", url, {**new, "description": "as before"})
    tracker.roles["app"].users.clear()
    tracker.system_role.users.clear()
    tracker.rest("get", "/api/tracker/applications/", status=403)


def test_without_any_role_there_is_nothing_to_see(tracker: Tracker) -> None:
    tracker.client.force_login(tracker.user)
    assert tracker.client.get(tracker.url("home")).status_code == 403


def test_closed_account_and_why(tracker: Tracker) -> None:
    tracker.post("user-action", tracker.user.pk, "deactivate")
    tracker.post("user-action", tracker.user.pk, "activate")
    entries = AuditEntry.objects.for_object(tracker.user)[:2]
    assert [entry.action for entry in entries] == ["user.activate", "user.deactivate"]
    assert {entry.reason for entry in entries} == {"ticket 811"}
