"""Who did it, read when the entry is written."""

from __future__ import annotations

import logging
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models

from audit_log.identity import clean, shorten, type_of
from audit_log.policies import user_model
from audit_log.registry import text_of
from audit_log.untouched import untouched
from audit_log.vocabulary import ActorType

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.http import HttpRequest

logger = logging.getLogger("audit_log")


@dataclass(frozen=True)
class Actor:
    """Who did something.

    ``type`` is one of ``user``, ``anonymous``, ``system``, ``command``, ``task``, ``token``;
    ``repr`` is what people read; ``id`` is the key of the user, where it is one.
    """

    type: str = ActorType.SYSTEM
    repr: str = ""
    id: Any = None

    def __post_init__(self) -> None:
        if self.type not in ActorType.values:
            raise ValueError(
                f"{self.type!r} is no actor type: it is one of {', '.join(ActorType.values)}."
            )


SYSTEM = Actor()
ANONYMOUS = Actor(ActorType.ANONYMOUS)

# Context variables go where the reading goes, be it to another thread.
_reading: ContextVar[HttpRequest | None] = ContextVar("audit_log_reading", default=None)

ActorLike: TypeAlias = Union["AbstractBaseUser", "AnonymousUser", Actor, str]


def actor_of(value: Any) -> Actor:
    """Return the actor that a user, an :class:`Actor` or a system's name stands for."""
    if isinstance(value, Actor):
        return value
    if isinstance(value, str):
        return Actor(ActorType.SYSTEM, shorten(clean(value)))
    if getattr(value, "is_anonymous", False):
        return ANONYMOUS
    model = user_model()
    if isinstance(value, models.Model):
        with untouched(value):
            name = name_of(value)
    else:
        name = name_of(value)
    if model is None or not _is_of(value, model):
        # Its key is no user's, and would name somebody else.
        return Actor(ActorType.SYSTEM, name)
    return Actor(ActorType.USER, name, getattr(value, model._meta.pk.attname))


def _is_of(value: Any, model: type[models.Model]) -> bool:
    if isinstance(value, model):
        return True
    # A migration's user is of another class, and of the same table.
    return isinstance(value, models.Model) and type_of(value) == type_of(model)


def actor_of_request(request: HttpRequest) -> Actor:
    """Return the actor of a request as it stands now; ``anonymous`` where nobody logged in.

    DRF puts the user that it authenticated on this request too, so that tokens are right.
    """
    if _reading.get() is request:
        # Whoever finds out the user writes something on the way ("last seen").
        return Actor(ActorType.ANONYMOUS, "unknown: the user was being read")
    token = _reading.set(request)
    try:
        user = getattr(request, "user", None)
        if user is None:
            return ANONYMOUS
        actor = actor_of(user)
        if actor.type == ActorType.SYSTEM and not isinstance(user, Actor):
            known = getattr(user, "is_authenticated", False)
            return replace(actor, type=ActorType.TOKEN if known else ActorType.ANONYMOUS)
        return actor
    except Exception:
        # An unreachable session or user backend must not lose the entry.
        logger.exception("The user of the request could not be read; recorded as unknown.")
        return Actor(ActorType.ANONYMOUS, "unknown: the user could not be read")
    finally:
        _reading.reset(token)


def name_of(user: Any) -> str:
    """Return ``"Full Name <address>"``, else the user name, else its text; never raises."""
    try:
        if not hasattr(user, "get_username"):
            text = text_of(user) if isinstance(user, models.Model) else str(user)
            return shorten(clean(text))
        full_name = user.get_full_name().strip() if hasattr(user, "get_full_name") else ""
        address = _address_of(user)
        text = f"{full_name} <{address}>" if full_name and address else user.get_username()
    except Exception:
        logger.exception("The name of an actor could not be read.")
        text = f"{user.__class__.__name__} ({getattr(user, 'pk', None)})"
    return shorten(clean(str(text)))


def _address_of(user: Any) -> str:
    if not isinstance(user, AbstractBaseUser):
        return str(getattr(user, "email", "") or "")
    try:
        return str(getattr(user, user.get_email_field_name(), "") or "")
    except AttributeError:
        return ""
