"""What people read for each action that the models' registrations do not label by themselves."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit_log import action

action(
    "team_workspace.change_plan",
    label=_("Plan changed"),
    sentence=_("{actor} changed the plan of {target}"),
)
action(
    "member.invite",
    label=_("Member invited"),
    event_type="create",
    sentence=_("{actor} invited {target}"),
)
action("member.join", label=_("Member joined"), sentence=_("{target} joined"))
action(
    "member.change_role",
    label=_("Role of member changed"),
    sentence=_("{actor} changed the role of {target}"),
)
action(
    "member.remove",
    label=_("Member removed"),
    event_type="delete",
    sentence=_("{actor} removed {target}"),
)
action("api_key.revoke", label=_("API key revoked"))
action("integration.connect", label=_("Integration connected"), event_type="create")
action("integration.disconnect", label=_("Integration disconnected"), event_type="delete")
