"""What people read for each action that the models' registrations do not label by themselves.

``license.create``, ``order.update``, … have labels already, made of the model's name. The
verbs of transitions, of many-to-many fields and of ``record()`` get theirs here.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit_log import action

action(
    "platform_user.add",
    label=_("Platform user added"),
    event_type="create",
    sentence=_("{actor} added platform user {target}"),
)
action(
    "platform_user.remove",
    label=_("Platform user removed"),
    event_type="delete",
    sentence=_("{actor} removed platform user {target}"),
)

action(
    "user_permission_template.set_permissions",
    label=_("Permissions of a template set"),
    sentence=_("{actor} set the permissions of template {target}"),
)

action("product.activate", label=_("Product activated"))
action("product.deactivate", label=_("Product deactivated"))
action("product.archive", label=_("Product archived"))
action("product.unarchive", label=_("Product unarchived"))

action(
    "order.add_manager",
    label=_("Order manager added"),
    sentence=_("{actor} added {related} as a manager of order {target}"),
)
action(
    "order.remove_manager",
    label=_("Order manager removed"),
    sentence=_("{actor} removed {related} as a manager of order {target}"),
)

action("license.enable", label=_("License enabled"))
action("license.disable", label=_("License disabled"))
action("license.reset", label=_("License reset"))
action(
    "license.reset_consumption",
    label=_("License consumption reset"),
    sentence=_("{actor} reset the consumption of license {target}"),
)
action(
    "license.update_features",
    label=_("License features updated"),
    sentence=_("{actor} updated the features of license {target}"),
)
action(
    "license.assign_user",
    label=_("License user assigned"),
    sentence=_("{actor} assigned {related} to license {target}"),
)
action(
    "license.unassign_user",
    label=_("License user unassigned"),
    sentence=_("{actor} unassigned {related} from license {target}"),
)

action("device.reset", label=_("Device reset"))
action("device.blacklist", label=_("Device blacklisted"))
action("device.borrow", label=_("Device borrowed"), sentence=_("{actor} borrowed device {target}"))
action(
    "device.release_borrow",
    label=_("Device borrow released"),
    sentence=_("{actor} released the borrowing of device {target}"),
)
