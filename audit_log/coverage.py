"""What the audit log covers of a project, and what it does not: for people and for CI."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.apps import apps
from django.db import models
from django.db.models.fields.related import ForeignKey

from audit_log import registry
from audit_log.policies import Policy


@dataclass(frozen=True)
class Gap:
    """A way in which rows of a model change without an entry."""

    code: str
    text: str


@dataclass(frozen=True)
class ModelCoverage:
    """What holds for one model."""

    label: str
    audited: bool
    why_not: str
    policy: Policy | None
    gaps: tuple[Gap, ...] = field(default=())


def coverage() -> list[ModelCoverage]:
    """Return what holds for each model of the installed apps, proxies aside, by label."""
    found = []
    for model in apps.get_models():
        if model._meta.proxy:
            continue
        policy = registry.policy_for(model)
        gaps = tuple(gaps_of(model, policy)) if policy is not None else ()
        found.append(
            ModelCoverage(
                model._meta.label, policy is not None, registry.why_not(model), policy, gaps
            )
        )
    return sorted(found, key=lambda each: each.label)


def gaps_of(model: type[models.Model], policy: Policy) -> Iterator[Gap]:
    """Yield the ways in which rows of an audited model change unseen, where code shows them."""
    for key in model._meta.concrete_fields:
        if isinstance(key, ForeignKey) and _in_the_database(key.remote_field.on_delete):
            yield Gap(
                "database-cascade",
                f"{key.name}: {key.remote_field.on_delete} is carried out by the database, "
                "which tells nobody which rows it changed",
            )
    if not model._meta.managed:
        yield Gap("unmanaged", "not managed by Django: others may write to its table")
    if policy.bulk != "rows":
        told = "one entry for all rows" if policy.bulk == "summary" else "no entry"
        yield Gap("bulk", f"bulk={policy.bulk!r}: a bulk operation leaves {told}")
    owners: list[tuple[type, str]] = [(model, "_save_table")]
    for manager in (model._default_manager, *model._meta.managers):
        for owner in (type(manager), type(manager.get_queryset())):
            owners += [(owner, "update"), (owner, "bulk_create")]
    for owner, name in dict.fromkeys(owners):
        if not _ends_with_django(owner, name):
            yield Gap("override", f"{owner.__name__}.{name} does not call Django's own")


def _in_the_database(on_delete: object) -> bool:
    # Django 6.1: models.DB_CASCADE, DB_SET_NULL and DB_SET_DEFAULT.
    return hasattr(on_delete, "on_delete_sql")


def _ends_with_django(owner: type, name: str) -> bool:
    for cls in owner.__mro__:
        method = vars(cls).get(name)
        if method is None:
            continue
        if cls in {models.Model, models.QuerySet}:
            return True
        code = getattr(method, "__code__", None)
        if code is not None and code.co_name == "manager_method":
            return True  # which Django makes of a queryset's
        if code is not None and name not in code.co_names:
            return False
    return True
