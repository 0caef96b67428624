"""Does again what the recorded history tells, through the ordinary ORM."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

import audit_log
from example_project.languages.history import BrokenHistory, Change, Commit
from example_project.languages.models import Language


def create_contributors(names: Iterable[str]) -> dict[str, AbstractBaseUser]:
    """Return an account for each name, making those that are missing; they cannot log in.

    That is preparation, not history: the log has one entry about all of them.
    """
    model = get_user_model()
    field = model.USERNAME_FIELD
    wanted = sorted(set(names))
    known = model._default_manager.in_bulk(wanted, field_name=field)
    with audit_log.pause(model, reason="contributors of the replayed history"):
        for name in wanted:
            if name not in known:
                known[name] = account = model(**{field: name})
                account.set_unusable_password()
                account.save()
    return known


def replay(commits: Iterable[Commit]) -> Iterator[Commit]:
    """Do what each commit did, in a transaction of its own, and yield the commit when done.

    Everything is told to the log as the commit's: its contributor is the actor, its name the
    correlation id, its time the time. Some commits went back in time: their entries get the
    time of the one before, and ``metadata["committed_at"]`` tells what the clock said.
    """
    commits = list(commits)
    contributors = create_contributors(commit.by for commit in commits)
    # By exact name: some databases take names for equal that differ in case alone.
    keys: dict[str, int] = dict(Language.objects.values_list("name", "pk"))
    now: datetime | None = None
    for commit in commits:
        now = commit.at if now is None else max(now, commit.at)
        with (
            audit_log.context(
                actor=contributors[commit.by],
                correlation_id=commit.ref,
                occurred_at=now,
                committed_at=commit.at.isoformat(),
            ),
            transaction.atomic(),
        ):
            for change in commit.changes:
                apply(change, keys)
        yield commit


def apply(change: Change, keys: dict[str, int]) -> None:
    """Do one change; ``keys``, the primary keys by name, follow it."""
    if change.kind == "create":
        keys[change.name] = Language.objects.create(name=change.name, **change.values).pk
        return
    try:
        language = Language.objects.get(pk=keys[change.name])
    except KeyError as error:
        raise BrokenHistory(f"there is no language {change.name!r} to {change.kind}") from error
    if change.kind == "delete":
        language.delete()
        del keys[change.name]
        return
    for column, value in change.values.items():
        setattr(language, column, value)
    language.save()
