"""Which models are audited, and by what policy.

Every model is audited unless something says otherwise. What is said, from the strongest:
an exact label in ``EXCLUDE_MODELS``; ``MODELS`` and :func:`register`; a pattern in
``EXCLUDE_MODELS``; the models excluded by default. ``MODELS`` overrides ``register()``
option by option: the project has the last word over its apps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, overload

from django.apps import apps
from django.core.signals import setting_changed
from django.db import models

from audit_log import conf
from audit_log.identity import type_of
from audit_log.policies import BUILT_IN, OPTIONS, Policy, build, of_users

ModelT = TypeVar("ModelT", bound=type[models.Model])

_declared: dict[str, dict[str, Any]] = {}
_policies: dict[type[models.Model], Policy | None] = {}
_unaudited: dict[type[models.Model], Policy] = {}
_version = 0


@overload
def register(model: ModelT, **options: Any) -> ModelT: ...
@overload
def register(model: str, **options: Any) -> None: ...
@overload
def register(model: None = None, **options: Any) -> Callable[[ModelT], ModelT]: ...
def register(model: Any = None, **options: Any) -> Any:
    """Say how a model is audited: a decorator, or a call with the model or its label.

    Options:

    ``exclude``      names of fields (also many-to-many) that the log ignores
    ``mask``         names of fields of which only the fact of a change is recorded
    ``unmask``       names of fields that look secret and are not
    ``transitions``  ``{field: {value: verb}}``: an update that moves the field to the value
                     takes that verb; ``{field: verb}`` for any change of the field;
                     ``{field: f}`` with ``f(instance) -> verb or None``, which lists its verbs
                     in ``f.verbs``. The first that matches wins.
    ``m2m``          ``{field: (verb of adding, verb of removing)}``
    ``references``   names of foreign keys whose objects show this model's entries too
    ``tenant``       attribute path (``"project.workspace_id"``) or ``f(instance)``
    ``bulk``         ``update()``, ``bulk_create()`` and ``bulk_update()`` leave an entry a row
                     (``"rows"``, the default), one with the count and the values
                     (``"summary"``) or none (``"off"``)
    ``noun``         instead of the class's name in snake_case
    ``verbs``        ``{"create": …, "update": …, "delete": …}``, instead of these words

    Raises ``TypeError`` for an unknown option and ``ValueError`` for an abstract model or
    one registered before with other options. Names of fields are checked by the system
    checks, once all models are there.
    """
    unknown = options.keys() - OPTIONS
    if unknown:
        raise TypeError(
            f"register() got unknown options {sorted(unknown)}; known are {sorted(OPTIONS)}."
        )
    if model is None:

        def decorator(cls: ModelT) -> ModelT:
            register(cls, **options)
            return cls

        return decorator
    if isinstance(model, str):
        label = model
        if label.count(".") != 1:
            raise ValueError(f"register() takes a model or 'app_label.Model', not {model!r}.")
    elif isinstance(model, type) and issubclass(model, models.Model):
        if model._meta.abstract:
            raise ValueError(
                f"{model.__name__} is abstract and has no rows: register the models made of it."
            )
        label = (model._meta.concrete_model or model)._meta.label
    else:
        raise ValueError(f"register() takes a model or 'app_label.Model', not {model!r}.")
    key = label.lower()
    if _declared.get(key, options) != options:
        raise ValueError(f"{label} is registered already, with other options.")
    _declared[key] = options
    reset()
    return None if isinstance(model, str) else model


def policy_for(model: type[models.Model]) -> Policy | None:
    """Return the policy of a model, or ``None`` where it is not audited.

    A proxy has its concrete model's policy.
    """
    try:
        return _policies[model]
    except KeyError:
        concrete = model._meta.concrete_model or model
        policy = None
        if not why_not(concrete):
            policy = build(concrete, options_of) if concrete is model else policy_for(concrete)
        _policies[model] = policy
        return policy


def target_of(obj: models.Model) -> tuple[str, str]:
    """Return ``(target_type, target_id)`` of an object.

    Raises ``ValueError`` when it has no primary key, as after ``delete()``.
    """
    key = obj.pk
    if key is None:
        raise ValueError(f"{obj._meta.label} without a primary key has no history to look up.")
    # Not type(): an object may be a lazy one, as request.user is, and stand for another.
    return type_of(obj), key_text_of(obj.__class__, key)


def key_text_of(model: type[models.Model], key: Any) -> str:
    """Return a primary key of any model, audited or not, as ``target_id`` has it."""
    return _telling(model).key_text(key)


def text_of(obj: models.Model) -> str:
    """Return the text of an object of any model, audited or not, as ``target_repr`` has it."""
    return _telling(obj.__class__).text_of(obj)


def _telling(model: type[models.Model]) -> Policy:
    # Entries name objects of models that are not audited, too; their secrets are no less secret.
    policy = policy_for(model) or _unaudited.get(model)
    if policy is None:
        policy = _unaudited[model] = build(model._meta.concrete_model or model, options_of)
    return policy


def audited_models() -> list[type[models.Model]]:
    """Return the audited models of all installed apps, without proxies, in their order."""
    return [
        model
        for model in apps.get_models()
        if not model._meta.proxy and policy_for(model) is not None
    ]


def declared_labels() -> list[str]:
    """Return what ``register()`` was called for, as ``"app_label.model"``."""
    return list(_declared)


def why_not(model: type[models.Model]) -> str:
    """Return why a model is not audited, for people; empty where it is."""
    label = model._meta.label_lower
    if is_own(model):
        return "it is part of the audit log"
    patterns = [pattern.lower() for pattern in conf.settings.EXCLUDE_MODELS]
    if model._meta.auto_created:
        return "its rows are recorded as changes of a many-to-many field"
    if label in patterns:
        return "EXCLUDE_MODELS names it"
    if label in _declared or label in {name.lower() for name in conf.settings.MODELS}:
        return ""
    for pattern in patterns:
        if pattern in {"*", f"{model._meta.app_label}.*"}:
            return f"EXCLUDE_MODELS has {pattern!r}"
    if label in {name.lower() for name in conf.DEFAULT_EXCLUDED} or _is_session(model):
        return "it is excluded by default"
    return ""


def is_own(model: type[models.Model]) -> bool:
    """Whether a model is part of the log itself. What people do to holds is audited."""
    return model._meta.app_label == "audit_log" and model._meta.model_name != "audithold"


def _is_session(model: type[models.Model]) -> bool:
    # Needs no installed app. The models of migrations have lost their base classes.
    from django.contrib.sessions.base_session import AbstractBaseSession

    meta = model._meta
    known = apps.all_models[meta.app_label].get(meta.model_name or "", model)
    return issubclass(known, AbstractBaseSession) or issubclass(model, AbstractBaseSession)


def options_of(model: type[models.Model]) -> dict[str, Any]:
    """Return the options that hold for a model: built in, registered, from ``MODELS``."""
    label = model._meta.label_lower
    options = {**of_users(model), **BUILT_IN.get(label, {}), **_declared.get(label, {})}
    for name, value in conf.settings.MODELS.items():
        if name.lower() == label and isinstance(value, Mapping):
            options.update(value)
    return options


def reset(**kwargs: Any) -> None:
    """Forget the policies made so far; they are made again from what is declared."""
    global _version  # noqa: PLW0603  # counts, nothing else
    if kwargs.get("setting") in {None, "AUDIT_LOG", "INSTALLED_APPS", "AUTH_USER_MODEL"}:
        _policies.clear()
        _unaudited.clear()
        _version += 1


def version() -> int:
    """Return a number that is another one whenever policies may have changed."""
    return _version


setting_changed.connect(reset, dispatch_uid="audit_log.registry")
