"""What people read for each action that the models' registrations do not label by themselves."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit_log import action

LABELS = {
    "user_group.add_to_group": _("User group added to group"),
    "user_group.remove_from_group": _("User group removed from group"),
    "system_permission_group.add_user": _("User added to system permission group"),
    "system_permission_group.remove_user": _("User removed from system permission group"),
    "system_permission_group.add_group": _("Group added to system permission group"),
    "system_permission_group.remove_group": _("Group removed from system permission group"),
    "system_permission_group.set_permissions": _("Permissions of system permission group set"),
    "workspace_permission_group.add_user": _("User added to workspace permission group"),
    "workspace_permission_group.remove_user": _("User removed from workspace permission group"),
    "workspace_permission_group.add_group": _("Group added to workspace permission group"),
    "workspace_permission_group.remove_group": _("Group removed from workspace permission group"),
    "workspace_permission_group.set_permissions": _(
        "Permissions of workspace permission group set"
    ),
    "app_permission_group.add_user": _("User added to app permission group"),
    "app_permission_group.remove_user": _("User removed from app permission group"),
    "app_permission_group.add_group": _("Group added to app permission group"),
    "app_permission_group.remove_group": _("Group removed from app permission group"),
    "app_permission_group.set_permissions": _("Permissions of app permission group set"),
}
SENTENCES = {
    "add_user": _("{actor} added {related} to {type} {target}"),
    "remove_user": _("{actor} removed {related} from {type} {target}"),
    "add_group": _("{actor} added {related} to {type} {target}"),
    "remove_group": _("{actor} removed {related} from {type} {target}"),
    "add_to_group": _("{actor} added {target} to {related}"),
    "remove_from_group": _("{actor} removed {target} from {related}"),
    "set_permissions": _("{actor} set the permissions of {type} {target}"),
}
"""By verb."""

for name, label in LABELS.items():
    action(name, label=label, sentence=SENTENCES.get(name.partition(".")[2], ""))
