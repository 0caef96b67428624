"""``AUDIT_LOG["RETENTION"]``: how long which entries are kept."""

from __future__ import annotations

import datetime
import inspect
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from audit_log.conf import settings

logger = logging.getLogger("audit_log")

ALL = "*"
MAX_DAYS = 100_000
"""Some 270 years: what is to be kept longer is kept for ever."""

Period: TypeAlias = int | Callable[[str], int | None] | None
"""Days; ``None``: for ever; or ``f(tenant)`` that says which of the two."""

KEPT: Mapping[str, Period] = {
    "audit_log.prune": None,
    "audit_log.hold": None,
    "audit_log.change_hold": None,
    "audit_log.release": None,
    "audit_log.remove_hold": None,
}
"""What tells why entries are gone or had to stay is kept unless a rule names it."""


class Dated(Protocol):
    """What a rule looks at: an entry, or a row with these of its values."""

    @property
    def occurred_at(self) -> datetime.datetime: ...
    @property
    def event_type(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def target_type(self) -> str: ...
    @property
    def tenant(self) -> str: ...


@dataclass(frozen=True)
class Rule:
    """One line of the table: ``key`` is an action, a target type, an event type or ``*``."""

    key: str
    period: Period


class Rules:
    """The rules that hold now, and what the tenants' function answered.

    The function is asked once for each tenant: make one object for a page or a run.
    Raises ``ImproperlyConfigured`` for a setting that the system checks refuse.
    """

    def __init__(self, retention: Any = ...) -> None:
        value = settings.RETENTION if retention is ... else retention
        table = value if isinstance(value, Mapping) else {ALL: value}
        periods = {str(key).lower(): _period(key, period) for key, period in table.items()}
        if any(period is not None for period in periods.values()):
            periods = {**KEPT, **periods}
        self.rules = {key: Rule(key, period) for key, period in periods.items()}
        self._asked: dict[tuple[str, str], int | None] = {}
        self.failures: dict[str, str] = {}
        """Tenants whose period could not be had, and why. Their entries are kept."""

    @classmethod
    def all_older_than(cls, days: int) -> Rules:
        """Return the rule that nothing is kept for longer than ``days``, whatever the setting."""
        rules = cls(None)
        table = {**KEPT, ALL: days}
        rules.rules = {key: Rule(key, period) for key, period in table.items()}
        return rules

    @property
    def keep_everything(self) -> bool:
        """Whether no rule ever lets an entry go."""
        return all(rule.period is None for rule in self.rules.values())

    def rule_of(self, entry: Dated) -> Rule | None:
        """Return the one rule that holds for an entry; ``None``: it is kept for ever.

        The most specific wins: that of the action, then of the target type, then of the
        event type, then ``*``.
        """
        for key in (entry.action, entry.target_type, entry.event_type, ALL):
            if (rule := self.rules.get(key)) is not None:
                return rule
        return None

    def days_of(self, rule: Rule, tenant: str) -> int | None:
        """Return a rule's period for a tenant, in days; ``None``: for ever.

        Where the rule's function fails, or answers something else, the entries are kept: the
        failure is logged and in :attr:`failures`.
        """
        if not callable(rule.period):
            return rule.period
        if (rule.key, tenant) not in self._asked:
            self._asked[rule.key, tenant] = self._ask(rule.period, tenant)
        return self._asked[rule.key, tenant]

    def end_of(self, entry: Dated) -> datetime.datetime | None:
        """Return when an entry's period ends; ``None``: never."""
        rule = self.rule_of(entry)
        days = None if rule is None else self.days_of(rule, entry.tenant)
        if days is None:
            return None
        try:
            return entry.occurred_at + datetime.timedelta(days=days)
        except OverflowError:
            return None

    def _ask(self, function: Callable[[str], int | None], tenant: str) -> int | None:
        try:
            days = function(tenant)
            if days is not None and not _is_days(days):
                raise ValueError(f"it answered {days!r}, neither a number of days nor None")
        except Exception as error:
            logger.exception("RETENTION gives no period for the tenant %r: kept.", tenant)
            self.failures[tenant] = f"{type(error).__name__}: {error}"
            return None
        return days


def problems(retention: Any) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the periods of a setting, and what would be right."""
    table = retention if isinstance(retention, Mapping) else {ALL: retention}
    for key, period in table.items():
        where = f"has for {key!r} " if isinstance(retention, Mapping) else "is "
        try:
            _resolved(period)
        except (TypeError, ValueError) as error:
            yield f"{where}{error}", _RIGHT


_RIGHT = (
    f"A whole number of days from 1 to {MAX_DAYS}, None (for ever), or the dotted path of "
    "f(tenant) that returns one of the two is right."
)


def _is_days(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_DAYS


def _period(key: str, value: Any) -> Period:
    try:
        return _resolved(value)
    except (TypeError, ValueError) as error:
        raise ImproperlyConfigured(
            f'AUDIT_LOG["RETENTION"] has for {key!r} {error} {_RIGHT}'
        ) from error


def _resolved(value: Any) -> Period:
    """Return a period as a rule has it. Raises ``ValueError`` for anything else."""
    if value is None or _is_days(value):
        days: int | None = value
        return days
    function = value
    if isinstance(value, str):
        try:
            function = import_string(value)
        except Exception as error:
            # Whatever that module does when it is imported.
            raise ValueError(f"{value!r}, which cannot be imported: {error}") from error
    if not callable(function):
        raise ValueError(f"{value!r:.60} ({type(value).__name__}).")
    if not _takes_tenant(function):
        raise ValueError(f"{value!r:.60}, which does not take one argument, the tenant.")
    asked: Callable[[str], int | None] = function
    return asked


def _takes_tenant(function: Callable[..., Any]) -> bool:
    try:
        inspect.signature(function).bind("tenant")
    except TypeError:
        return False
    except ValueError:
        # Written in C: it will show.
        return True
    return True
