"""Who, why and where from: what holds for everything done inside a block or a request."""

from __future__ import annotations

import datetime
import functools
import inspect
import os
import time
from base64 import b32hexencode
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.utils import timezone

from audit_log.identity import clean
from audit_log.journal import requests
from audit_log.journal.actors import SYSTEM, Actor, ActorLike, actor_of, actor_of_request
from audit_log.journal.subject import MAX_TENANT_LENGTH
from audit_log.values import to_json

if TYPE_CHECKING:
    from django.http import HttpRequest

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])
NOTHING: Mapping[str, Any] = MappingProxyType({})


class Correlation:
    """An id that is made when it is first asked for, and then stays."""

    __slots__ = ("_value",)

    def __init__(self, value: str | None = None) -> None:
        self._value = value

    @property
    def value(self) -> str:
        if self._value is None:
            # Increasing, as entries are: an index takes it where it took the last one. Each
            # entry has it twice, so 20 characters instead of the 32 of a UUID.
            made = int(time.time() * 1000).to_bytes(6, "big") + os.urandom(6)
            self._value = b32hexencode(made)[:20].decode().lower()
        return self._value


class Frame:
    """What one block or request says, with all that it inherits from those around it.

    Holds the request, never its user: who that is may be known only later.
    """

    __slots__ = (
        "actor",
        "before",
        "block",
        "circumstances",
        "correlation",
        "metadata",
        "occurred_at",
        "reason",
        "remote_addr",
        "request",
        "tenant",
    )

    def __init__(
        self,
        *,
        request: HttpRequest | None = None,
        actor: Actor | None = None,
        reason: str = "",
        tenant: str | None = None,
        correlation: Correlation | None = None,
        occurred_at: datetime.datetime | None = None,
        remote_addr: str | None = None,
        metadata: Mapping[str, Any] = NOTHING,
        block: context | None = None,
        before: Frame | None = None,
    ) -> None:
        self.request = request
        self.actor = actor
        self.reason = reason
        self.tenant = tenant
        self.correlation = correlation
        self.occurred_at = occurred_at
        self.remote_addr = remote_addr
        self.metadata = metadata
        # Kept here and not by the block, which threads and tasks may enter at once.
        self.block = block
        self.before = before
        # Worked out where it is first written down.
        self.circumstances: Any = None

    def current_actor(self) -> Actor:
        """Return who acts now: the block's actor, else the request's, else the system."""
        if self.actor is not None:
            return self.actor
        return SYSTEM if self.request is None else actor_of_request(self.request)

    def address(self) -> str | None:
        """Return the client's address, or ``None``."""
        if self.remote_addr is not None or self.request is None:
            return self.remote_addr
        return requests.client_address(self.request)

    def all_metadata(self) -> dict[str, Any]:
        """Return what the request and the blocks say about the circumstances."""
        if self.request is None:
            return dict(self.metadata)
        return requests.describe(self.request) | dict(self.metadata)

    def impersonator(self) -> Actor | None:
        """Return who is behind the actor of a request: its user, where a block gives another."""
        if self.actor is None:
            # As django-impersonate says it.
            behind = getattr(self.request, "impersonator", None)
            return None if behind is None else actor_of(behind)
        if self.request is None:
            return None
        user = actor_of_request(self.request)
        return user if user.id is not None and user.id != self.actor.id else None


OUTSIDE = Frame()
_frame: ContextVar[Frame] = ContextVar("audit_log_frame", default=OUTSIDE)


def current() -> Frame:
    """Return what holds here and now."""
    return _frame.get()


def enter_request(request: HttpRequest) -> Frame:
    """Let everything that follows be done by this request; return what held before."""
    correlation = Correlation(requests.incoming_correlation_id(request))
    return enter(Frame(request=request, correlation=correlation))


def enter(frame: Frame) -> Frame:
    """Let a frame hold; return what held before."""
    before = _frame.get()
    _frame.set(frame)
    return before


def restore(frame: Frame) -> None:
    """Let hold again what held before."""
    _frame.set(frame)


class context:  # noqa: N801  # used like a function
    """Say who does what follows, and why: ``with context(actor=user, reason="ticket 811"):``.

    Also a decorator, for plain and for ``async`` functions. Blocks nest: what the inner one
    does not say, the outer one's holds; ``metadata`` adds up. One correlation id belongs to
    the outermost block, or to the request that it is in, unless an inner one gives its own.

    ``actor``           a user, an :class:`audit_log.Actor`, or the name of a system
    ``reason``          text
    ``tenant``          text of at most 100 characters, for models whose policy names none
    ``correlation_id``  text of at most 64 characters
    ``occurred_at``     aware datetime, for history that is imported: entries get this time,
                        and ``metadata["recorded_at"]`` says when they were really written
    ``remote_addr``     IP address
    ``metadata``        further keywords, values as in JSON

    Raises ``TypeError`` or ``ValueError`` for anything else.
    """

    def __init__(
        self,
        actor: ActorLike | None = None,
        reason: str | None = None,
        tenant: str | None = None,
        correlation_id: str | None = None,
        *,
        occurred_at: datetime.datetime | None = None,
        remote_addr: str | None = None,
        **metadata: Any,
    ) -> None:
        if correlation_id is not None and not 0 < len(str(correlation_id)) <= 64:
            raise ValueError("correlation_id has 1 to 64 characters.")
        if tenant is not None and len(str(tenant)) > MAX_TENANT_LENGTH:
            raise ValueError(f"tenant has at most {MAX_TENANT_LENGTH} characters.")
        if occurred_at is not None and timezone.is_naive(occurred_at):
            raise ValueError("occurred_at is an aware datetime: give it a time zone.")
        if remote_addr is not None and requests.parse_address(remote_addr) is None:
            raise ValueError(f"remote_addr is an IP address, not {remote_addr!r}.")
        self._actor = actor
        self._reason = reason
        self._tenant = tenant
        self._correlation_id = correlation_id
        self._occurred_at = occurred_at
        self._remote_addr = remote_addr and requests.parse_address(remote_addr)
        self._metadata: dict[str, Any] = to_json(metadata)

    def __enter__(self) -> None:
        _frame.set(self._inside(_frame.get()))

    def __exit__(self, *exc_info: object) -> None:
        # A generator may be closed elsewhere than it began, where something else holds.
        frame = _frame.get()
        if frame.block is self and frame.before is not None:
            _frame.set(frame.before)

    async def __aenter__(self) -> None:
        self.__enter__()

    async def __aexit__(self, *exc_info: object) -> None:
        self.__exit__(*exc_info)

    def __call__(self, function: FunctionT) -> FunctionT:
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                "audit_log.context cannot decorate a generator, whose body runs after the "
                "call has returned: use 'with' inside it."
            )

        @functools.wraps(function)
        def decorated(*args: Any, **kwargs: Any) -> Any:
            with self._again():
                return function(*args, **kwargs)

        @functools.wraps(function)
        async def decorated_async(*args: Any, **kwargs: Any) -> Any:
            with self._again():
                return await function(*args, **kwargs)

        chosen = decorated_async if inspect.iscoroutinefunction(function) else decorated
        return cast(FunctionT, chosen)

    def _again(self) -> context:
        # Calls may overlap, in threads and tasks: each has a block of its own.
        return context(
            self._actor,
            self._reason,
            self._tenant,
            self._correlation_id,
            occurred_at=self._occurred_at,
            remote_addr=self._remote_addr,
            **self._metadata,
        )

    def _inside(self, outer: Frame) -> Frame:
        correlation = outer.correlation
        if self._correlation_id is not None or correlation is None:
            given = self._correlation_id
            correlation = Correlation(None if given is None else str(given))
        return Frame(
            request=outer.request,
            actor=outer.actor if self._actor is None else actor_of(self._actor),
            reason=outer.reason if self._reason is None else str(self._reason),
            tenant=outer.tenant if self._tenant is None else clean(str(self._tenant)),
            correlation=correlation,
            occurred_at=outer.occurred_at if self._occurred_at is None else self._occurred_at,
            remote_addr=outer.remote_addr if self._remote_addr is None else self._remote_addr,
            metadata={**outer.metadata, **self._metadata} if self._metadata else outer.metadata,
            block=self,
            before=outer,
        )
