"""Background tasks of ``django.tasks`` (Django 6.0 and later): what they do is done by the task."""

from __future__ import annotations

from contextvars import ContextVar
from importlib import import_module
from typing import Any

from audit_log.journal.actors import Actor
from audit_log.journal.context import context, current
from audit_log.vocabulary import ActorType

_running: ContextVar[tuple[context, ...]] = ContextVar("audit_log_tasks", default=())


def install() -> None:
    """Connect the receivers, once; nothing to do before Django 6.0."""
    try:
        signals = import_module("django.tasks.signals")
    except ModuleNotFoundError:
        return
    signals.task_started.connect(_started, dispatch_uid="audit_log.tasks")
    signals.task_finished.connect(_finished, dispatch_uid="audit_log.tasks")


def _started(sender: Any, task_result: Any, **kwargs: Any) -> None:
    name = task_result.task.module_path
    outer = current()
    # Run at once by a request or a block, it is their actor who runs it.
    nobody = outer.request is None and outer.actor is None
    block = context(
        actor=Actor(ActorType.TASK, name) if nobody else None,
        correlation_id=str(task_result.id)[:64] if nobody else None,
        task=name,
    )
    block.__enter__()
    _running.set((*_running.get(), block))


def _finished(sender: Any, task_result: Any, **kwargs: Any) -> None:
    if running := _running.get():
        _running.set(running[:-1])
        running[-1].__exit__()
