"""Log in, log out and failed log in, by the signals of ``django.contrib.auth``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model, signals
from django.db import models, router
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audit_log import catalogue, registry
from audit_log.identity import clean, shorten
from audit_log.journal.attempts import keep
from audit_log.journal.failures import guard
from audit_log.journal.operations import Event
from audit_log.journal.recorder import record, write
from audit_log.vocabulary import EventType, Outcome

LOG_IN = "user.log_in"
LOG_OUT = "user.log_out"

Words = Mapping[str, tuple[Promise, Promise]]
"""By verb: label and sentence."""

_GAVE = _("{actor} gave {target} the permission {related}")
_TOOK = _("{actor} took the permission {related} from {target}")

# The verbs that policies of users and groups have by themselves.
OF_USERS: Words = {
    "activate": (_("User activated"), _("{actor} activated {target}")),
    "add_permission": (_("Permission given to user"), _GAVE),
    "add_to_group": (_("User added to group"), _("{actor} added {target} to {related}")),
    "change_password": (_("Password changed"), _("{actor} changed the password of {target}")),
    "deactivate": (_("User deactivated"), _("{actor} deactivated {target}")),
    "make_staff": (_("User made staff"), _("{actor} made {target} staff")),
    "make_superuser": (_("User made superuser"), _("{actor} made {target} a superuser")),
    "remove_from_group": (
        _("User removed from group"),
        _("{actor} removed {target} from {related}"),
    ),
    "remove_permission": (_("Permission taken from user"), _TOOK),
    "unmake_staff": (_("User no longer staff"), _("{actor} took staff access from {target}")),
    "unmake_superuser": (
        _("User no longer superuser"),
        _("{actor} took superuser access from {target}"),
    ),
}
OF_GROUPS: Words = {
    "add_permission": (_("Permission given to group"), _GAVE),
    "remove_permission": (_("Permission taken from group"), _TOOK),
}


def install() -> None:
    """Declare the actions and connect the receivers, once."""
    catalogue.provide(
        LOG_IN, pgettext_lazy("action", "Log in"), EventType.ACCESS, _("{target} logged in")
    )
    catalogue.provide(
        LOG_OUT, pgettext_lazy("action", "Log out"), EventType.ACCESS, _("{target} logged out")
    )
    _declare(get_user_model(), OF_USERS)
    if apps.is_installed("django.contrib.auth"):
        _declare(apps.get_model("auth", "Group"), OF_GROUPS)
    uid = "audit_log.authentication"
    signals.user_logged_in.connect(_logged_in, dispatch_uid=uid)
    signals.user_logged_out.connect(_logged_out, dispatch_uid=uid)
    signals.user_login_failed.connect(_login_failed, dispatch_uid=uid)


def _declare(model: type[models.Model], words: Words) -> None:
    if (policy := registry.policy_for(model)) is not None:
        for verb in {verb for verb, _, _ in policy.actions()} & words.keys():
            label, sentence = words[verb]
            catalogue.provide(policy.action(verb), label=label, sentence=sentence)


def _logged_in(sender: Any, user: Any, **kwargs: Any) -> None:
    if _is_audited():
        record(LOG_IN, target=user)


def _logged_out(sender: Any, user: Any, **kwargs: Any) -> None:
    if user is not None and _is_audited():
        record(LOG_OUT, target=user)


def _login_failed(sender: Any, credentials: dict[str, Any], **kwargs: Any) -> None:
    from audit_log.models import AuditEntry

    if not _is_audited():
        return
    # The outcome tells it from a log in. Of what was sent only the name is kept: the rest
    # may be secret.
    text = _name_in(credentials)
    using = router.db_for_write(AuditEntry)
    with guard(using, LOG_IN):
        # The name is the target's text, so that lists show it and searches find it.
        event = Event(
            action=LOG_IN,
            event_type=EventType.ACCESS,
            target_repr=text,
            outcome=Outcome.FAILURE,
            metadata={"username": text},
        )
        operation = write([event], using)
        if operation is not None:
            keep(operation, using)


def _name_in(credentials: Mapping[str, Any]) -> str:
    model = get_user_model()
    for field in (model.USERNAME_FIELD, "username", getattr(model, "EMAIL_FIELD", ""), "email"):
        if field and credentials.get(field) is not None:
            return shorten(clean(str(credentials[field])))
    return ""


def _is_audited() -> bool:
    return registry.policy_for(get_user_model()) is not None
