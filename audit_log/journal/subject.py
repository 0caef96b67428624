"""What an entry says of its object by the model's policy: tenant and references."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist, FieldError, ObjectDoesNotExist
from django.db import models

from audit_log.identity import clean, key_text, parents_of, type_of
from audit_log.policies import Policy
from audit_log.registry import key_text_of, policy_for

Reference = tuple[str, str]
"""``(target_type, target_id)``."""

MAX_TENANT_LENGTH = 100


def tenant_of(instance: models.Model, policy: Policy | None = None) -> str:
    """Return whose log an object's entries belong to; empty where its policy names nobody.

    Raises whatever the policy's callable raises, ``AttributeError`` for a path that leads
    nowhere, ``ValueError`` for a tenant of more than 100 characters. The models of migrations
    lack methods and later fields: there such an object is of no tenant.
    """
    policy = policy or policy_for(instance.__class__)
    if policy is None or policy.tenant is None:
        return ""
    try:
        value = _tenant(instance, policy.tenant)
    except (AttributeError, FieldDoesNotExist, FieldError):
        if not _is_historical(instance):
            raise
        return ""
    text = "" if value is None else clean(str(value.pk if hasattr(value, "pk") else value))
    if len(text) > MAX_TENANT_LENGTH:
        raise ValueError(
            f"The tenant of {policy.model._meta.label} has {len(text)} characters; "
            f"at most {MAX_TENANT_LENGTH} are stored."
        )
    return text


def _tenant(instance: models.Model, tenant: str | Callable[[Any], Any]) -> Any:
    if callable(tenant):
        return tenant(instance)
    value: Any = instance
    for name in tenant.replace("__", ".").split("."):
        try:
            value = getattr(value, name)
        except ObjectDoesNotExist:
            return None
        if value is None:
            return None
    return value


def _is_historical(instance: models.Model) -> bool:
    return instance._meta.apps is not apps


def references_of(
    instance: models.Model,
    policy: Policy | None = None,
    rows: Iterable[Mapping[str, Any] | None] = (),
) -> tuple[Reference, ...]:
    """Return the further objects that an entry of ``instance`` belongs to.

    These are the parents of multi-table inheritance, and the objects of the foreign keys (also
    generic ones) that the policy names, as they are in ``rows`` (before and after a change), else
    on the instance.
    """
    policy = policy or policy_for(instance.__class__)
    if policy is None:
        return ()
    found: list[Reference] = parents_of(instance)
    known = [row for row in rows if row is not None]
    for name in policy.references:
        try:
            field: Any = policy.model._meta.get_field(name)
        except FieldDoesNotExist:
            if not _is_historical(instance):
                raise
            continue
        if not isinstance(field, models.ForeignKey):
            found += _generic(field, instance, known)
            continue
        attname = field.attname
        keys = [row[attname] for row in known if attname in row] or [getattr(instance, attname)]
        related_model = field.remote_field.model
        for key in keys:
            if key is None:
                continue
            behind = key if field.target_field.primary_key else _key_behind(field, key, instance)
            if behind is not None:
                found.append((type_of(related_model), key_text_of(related_model, behind)))
    return tuple(dict.fromkeys(found))


def _generic(
    field: Any, instance: models.Model, rows: Iterable[Mapping[str, Any]]
) -> Iterator[Reference]:
    # By their keys: the objects need not be read, nor be there any more.
    kind, key = (field.model._meta.get_field(n).attname for n in (field.ct_field, field.fk_field))
    pairs = [(row[kind], row[key]) for row in rows if kind in row and key in row]
    for kind_key, object_key in pairs or [(getattr(instance, kind), getattr(instance, key))]:
        if kind_key is None or object_key is None:
            continue
        try:
            content_type = field.get_content_type(id=kind_key, using=instance._state.db)
        except ObjectDoesNotExist:
            continue
        model = content_type.model_class()
        if model is None:
            yield f"{content_type.app_label}.{content_type.model}", key_text(object_key)
        else:
            yield type_of(model), key_text_of(model, object_key)


def _key_behind(field: models.ForeignKey[Any, Any], value: Any, instance: models.Model) -> Any:
    # A foreign key to another column than the key (to_field).
    related = field.remote_field.model._base_manager.using(instance._state.db)
    return (
        related.filter(**{field.target_field.attname: value}).values_list("pk", flat=True).first()
    )
