"""What people read for each action that the models' registrations do not label by themselves."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit_log import action

action(
    "tenant.add_user",
    label=_("User added to tenant"),
    sentence=_("{actor} added {related} to {target}"),
)
action(
    "tenant.remove_user",
    label=_("User removed from tenant"),
    sentence=_("{actor} removed {related} from {target}"),
)

action(
    "component_access.assign",
    label=_("Component access assigned"),
    event_type="create",
    sentence=_("{actor} gave access to a component: {target}"),
)
action(
    "component_access.withdraw",
    label=_("Component access withdrawn"),
    event_type="delete",
    sentence=_("{actor} withdrew access to a component: {target}"),
)

action("flow.start", label=_("Flow started"))
action("flow.stop", label=_("Flow stopped"))
action("flow.clone", label=_("Flow cloned"), event_type="create")

action("integration_template.publish", label=_("Integration template published"))
action(
    "integration_template.unpublish",
    label=_("Integration template withdrawn"),
    sentence=_("{actor} withdrew integration template {target}"),
)
action(
    "integration_template.update_published",
    label=_("Published template updated"),
    sentence=_("{actor} changed published template {target}"),
)

action(
    "template_test.start",
    label=_("Test of template started"),
    event_type="create",
    sentence=_("{actor} started a test: {target}"),
)
action(
    "template_test.stop",
    label=_("Test of template stopped"),
    sentence=_("{actor} stopped a test: {target}"),
)
action(
    "template_test.delete",
    label=_("Test of template deleted"),
    event_type="delete",
    sentence=_("{actor} deleted a test: {target}"),
)

action("connector.install", label=_("Connector installed"), event_type="create")
action("connector.uninstall", label=_("Connector uninstalled"), event_type="delete")
