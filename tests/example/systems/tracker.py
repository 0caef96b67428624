"""A: the tracker, by its forms, the admin and REST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Model

from example_project.tracker import models
from example_project.tracker.models.roles import Permission
from tests.example.systems.common import (
    Expected,
    Performers,
    Steps,
    World,
    gone,
    linked,
    masked,
    moved,
    named,
    set_to,
    user_values,
    was,
)

performs = Performers()
PASSWORD = "correct horse battery"


class Tracker(World):
    namespace = "tracker"
    tenant = "tracker"

    def __init__(self) -> None:
        super().__init__()
        self.system_role = models.SystemPermissionGroup.objects.create(
            name="Administrators", permissions=Permission.values
        )
        self.system_role.users.add(self.account)
        self.user = User.objects.create_user("ravi", "ravi@tracker.example")
        self.staff_group = models.UserGroup.objects.create(name="Staff")
        self.group = models.UserGroup.objects.create(name="Finance")
        self.workspace = models.Workspace.objects.create(name="Back office")
        self.application = models.Application.objects.create(
            workspace=self.workspace, name="Invoices", prefix="INV"
        )
        self.roles = {
            "system": models.SystemPermissionGroup.objects.create(name="Auditors"),
            "workspace": models.WorkspacePermissionGroup.objects.create(
                name="Bookkeepers", workspace=self.workspace
            ),
            "app": models.AppPermissionGroup.objects.create(
                name="Approvers", application=self.application
            ),
        }

    def owners(self, level: str) -> list[Model]:
        """What a permission group of the level belongs to."""
        return {"system": [], "workspace": [self.workspace], "app": [self.application]}[level]

    def plain(self, group: models.UserGroup) -> Any:
        """Django's group, which a user group is a part of."""
        return group.group_ptr


@performs("user.create")
def _(p: Tracker) -> Steps:
    yield None
    p.post(
        "user-create", username="yuki", first_name="Yuki", password1=PASSWORD, password2=PASSWORD
    )
    user = User.objects.get(username="yuki")
    yield Expected(user, set_to(**user_values(user)) | masked("password"))


@performs("user.create", "admin")
def _(p: Tracker) -> Steps:
    p.make_staff()
    yield None
    p.post(
        "admin:auth_user_add",
        username="yuki",
        usable_password="true",
        password1=PASSWORD,
        password2=PASSWORD,
    )
    user = User.objects.get(username="yuki")
    changes = set_to(**user_values(user)) | masked("password")
    yield Expected(user, changes, reason="", tenant="")


@performs("user.update (login name)")
def _(p: Tracker) -> Steps:
    yield None
    p.edit("user-update", p.user.pk, username="ravi.menon")
    yield Expected(User.objects.get(pk=p.user.pk), moved("username", "ravi", "ravi.menon"))


@performs("user.update (full name)")
def _(p: Tracker) -> Steps:
    yield None
    p.edit("user-update", p.user.pk, first_name="Ravi", last_name="Menon")
    changes = moved("first_name", "", "Ravi") | moved("last_name", "", "Menon")
    yield Expected(p.user, changes)


@performs("user.update (e-mail)")
def _(p: Tracker) -> Steps:
    yield None
    p.edit("user-update", p.user.pk, email="menon@tracker.example")
    changes = moved("email", "ravi@tracker.example", "menon@tracker.example")
    yield Expected(p.user, changes)


@performs("user.change_password")
def _(p: Tracker) -> Steps:
    yield None
    p.post("user-password", p.user.pk, password1=PASSWORD, password2=PASSWORD)
    yield Expected(p.user, masked("password"))


@performs("user.change_password", "admin")
def _(p: Tracker) -> Steps:
    p.make_staff()
    yield None
    p.post(
        "admin:auth_user_password_change",
        p.user.pk,
        usable_password="true",
        password1=PASSWORD,
        password2=PASSWORD,
    )
    yield Expected(p.user, masked("password"), reason="", tenant="")


@performs("user.delete")
def _(p: Tracker) -> Steps:
    target = gone(p.user)
    yield None
    p.post("user-delete", p.user.pk)
    yield Expected(target, was(**user_values(p.user)) | masked("password"))


@performs("user.add_to_group")
def _(p: Tracker) -> Steps:
    yield None
    p.post("user-add-to-group", p.user.pk, group=p.group.pk)
    group = p.plain(p.group)
    yield Expected(p.user, linked("groups", "added", group), [group])


@performs("user.remove_from_group")
def _(p: Tracker) -> Steps:
    p.user.groups.add(p.group)
    yield None
    p.post("user-remove-from-group", p.user.pk, group=p.group.pk)
    group = p.plain(p.group)
    yield Expected(p.user, linked("groups", "removed", group), [group])


@performs("user_group.create")
def _(p: Tracker) -> Steps:
    yield None
    p.post("usergroup-create", name="Sales", description="since May")
    group = models.UserGroup.objects.get(name="Sales")
    changes = set_to(name="Sales", description="since May")
    yield Expected(group, changes, [p.plain(group)])


@performs("user_group.update")
def _(p: Tracker) -> Steps:
    yield None
    p.edit("usergroup-update", p.group.pk, name="Finances")
    group = models.UserGroup.objects.get(pk=p.group.pk)
    yield Expected(group, moved("name", "Finance", "Finances"), [p.plain(group)])


@performs("user_group.delete")
def _(p: Tracker) -> Steps:
    target, plain = gone(p.group), ("auth.group", str(p.group.pk))
    yield None
    p.post("usergroup-delete", p.group.pk)
    yield Expected(target, was(name="Finance", description=""), [plain])


@performs("user_group.add_to_group")
def _(p: Tracker) -> Steps:
    yield None
    p.post("usergroup-add-to-group", p.group.pk, group=p.staff_group.pk)
    outer = p.plain(p.staff_group)
    yield Expected(p.group, linked("groups", "added", outer), [p.plain(p.group), outer])


@performs("user_group.add_to_group", "admin")
def _(p: Tracker) -> Steps:
    p.make_staff()
    yield None
    p.edit("admin:tracker_usergroup_change", p.group.pk, groups=[p.staff_group.pk])
    outer = p.plain(p.staff_group)
    changes = linked("groups", "added", outer)
    yield Expected(p.group, changes, [p.plain(p.group), outer], reason="")


@performs("user_group.remove_from_group")
def _(p: Tracker) -> Steps:
    p.group.add_to(p.staff_group)
    yield None
    p.post("usergroup-remove-from-group", p.group.pk, group=p.staff_group.pk)
    outer = p.plain(p.staff_group)
    yield Expected(p.group, linked("groups", "removed", outer), [p.plain(p.group), outer])


def application_values(p: Tracker) -> dict[str, Any]:
    return {"workspace": p.workspace.pk, "name": "Holidays", "prefix": "HOL", "description": ""}


@performs("application.create")
def _(p: Tracker) -> Steps:
    yield None
    p.post("application-create", p.workspace.pk, name="Holidays", prefix="HOL")
    changes = named(set_to(**application_values(p)), workspace="Back office")
    yield Expected(models.Application.objects.get(name="Holidays"), changes, [p.workspace])


@performs("application.create", "rest")
def _(p: Tracker) -> Steps:
    yield None
    p.rest("post", "/api/tracker/applications/", application_values(p), 201)
    changes = named(set_to(**application_values(p)), workspace="Back office")
    application = models.Application.objects.get(name="Holidays")
    yield Expected(application, changes, [p.workspace], reason="")


@performs("application.update")
def _(p: Tracker) -> Steps:
    yield None
    p.edit("application-update", p.application.pk, prefix="I")
    yield Expected(p.application, moved("prefix", "INV", "I"), [p.workspace])


@performs("application.update", "rest")
def _(p: Tracker) -> Steps:
    yield None
    p.rest("patch", f"/api/tracker/applications/{p.application.pk}/", {"prefix": "I"})
    yield Expected(p.application, moved("prefix", "INV", "I"), [p.workspace], reason="")


def old_application(p: Tracker) -> models.Application:
    return models.Application.objects.create(
        workspace=p.workspace, name="Telex", prefix="TX", description="not used any more"
    )


def lost_application(p: Tracker) -> dict[str, Any]:
    values = {"name": "Telex", "prefix": "TX", "description": "not used any more"}
    return was(workspace=p.workspace.pk, **values)


@performs("application.delete")
def _(p: Tracker) -> Steps:
    application = old_application(p)
    target = gone(application)
    yield None
    p.post("application-delete", application.pk)
    yield Expected(target, lost_application(p), [p.workspace])


@performs("application.delete", "admin")
def _(p: Tracker) -> Steps:
    p.make_staff()
    application = old_application(p)
    target = gone(application)
    yield None
    p.post("admin:tracker_application_delete", application.pk, post="yes")
    yield Expected(target, lost_application(p), [p.workspace], reason="")


@performs("application.delete", "rest")
def _(p: Tracker) -> Steps:
    application = old_application(p)
    target = gone(application)
    yield None
    p.rest("delete", f"/api/tracker/applications/{application.pk}/", status=204)
    yield Expected(target, lost_application(p), [p.workspace], reason="")


@performs("workspace.create")
def _(p: Tracker) -> Steps:
    yield None
    p.post("workspace-create", name="Sales", description="North and south")
    workspace = models.Workspace.objects.get(name="Sales")
    yield Expected(workspace, set_to(name="Sales", description="North and south"))


@performs("workspace.create", "rest")
def _(p: Tracker) -> Steps:
    values = {"name": "Sales", "description": "North and south"}
    yield None
    p.rest("post", "/api/tracker/workspaces/", values, 201)
    yield Expected(models.Workspace.objects.get(name="Sales"), set_to(**values), reason="")


@performs("workspace.update")
def _(p: Tracker) -> Steps:
    yield None
    p.edit("workspace-update", p.workspace.pk, description="First floor")
    yield Expected(p.workspace, moved("description", "", "First floor"))


@performs("workspace.update", "admin")
def _(p: Tracker) -> Steps:
    p.make_staff()
    yield None
    p.edit("admin:tracker_workspace_change", p.workspace.pk, description="First floor")
    yield Expected(p.workspace, moved("description", "", "First floor"), reason="")


@performs("workspace.delete")
def _(p: Tracker) -> Steps:
    workspace = models.Workspace.objects.create(name="Attic")
    target = gone(workspace)
    yield None
    p.post("workspace-delete", workspace.pk)
    yield Expected(target, was(name="Attic", description=""))


def performs_at(level: str, noun: str) -> None:
    """What happens to permission groups is the same at each level."""

    def about(p: Tracker, what: str, verb: str, changed: Callable[[Tracker], Model]) -> Steps:
        role, related = p.roles[level], changed(p)
        name = f"{what}s"
        if verb == "removed":
            getattr(role, name).add(related)
        yield None
        view = f"{level}role-{'add' if verb == 'added' else 'remove'}-{what}"
        p.post(view, role.pk, **{what: related.pk})
        yield Expected(role, linked(name, verb, related), [*p.owners(level), related])

    def user(p: Tracker) -> Model:
        return p.user

    def group(p: Tracker) -> Model:
        return p.group.group_ptr

    for what, changed in (("user", user), ("group", group)):
        for word, verb in (("add", "added"), ("remove", "removed")):

            def step(
                p: Tracker,
                what: str = what,
                verb: str = verb,
                changed: Callable[[Tracker], Model] = changed,
            ) -> Steps:
                return about(p, what, verb, changed)

            performs(f"{noun}.{word}_{what}")(step)


performs_at("system", "system_permission_group")
performs_at("workspace", "workspace_permission_group")
performs_at("app", "app_permission_group")


@performs("workspace_permission_group.add_group", "admin")
def _(p: Tracker) -> Steps:
    p.make_staff()
    role, group = p.roles["workspace"], p.plain(p.group)
    yield None
    p.edit("admin:tracker_workspacepermissiongroup_change", role.pk, groups=[group.pk])
    yield Expected(role, linked("groups", "added", group), [p.workspace, group], reason="")
