"""Tells the journal which request is being served."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from audit_log.journal.attempts import are_kept, settle
from audit_log.journal.context import Frame, current, enter, enter_request, restore

GetResponse = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]


class AuditLogMiddleware:
    """Entries written while a request is served name its user, address and correlation id.

    Its place in ``MIDDLEWARE`` does not matter much: the user is read when an entry is
    written. Before other middleware that writes, it covers that too.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self._async = iscoroutinefunction(get_response)
        if self._async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self._async:
            return self._acall(request)
        before = enter_request(request)
        try:
            return self._streaming(cast(HttpResponseBase, self.get_response(request)))
        finally:
            restore(before)
            if are_kept(request):
                settle(request)

    async def _acall(self, request: HttpRequest) -> HttpResponseBase:
        before = enter_request(request)
        try:
            response = await cast(Awaitable[HttpResponseBase], self.get_response(request))
            return self._streaming(response)
        finally:
            restore(before)
            if are_kept(request):
                await sync_to_async(settle)(request)

    def _streaming(self, response: HttpResponseBase) -> HttpResponseBase:
        # The body of such a response is made after this middleware has returned. That of a file
        # is the server's to send.
        if isinstance(response, StreamingHttpResponse) and not _is_file(response):
            frame, content = current(), response.streaming_content
            each: Any = _each_async if response.is_async else _each
            response.streaming_content = each(frame, content)
            # Where the client goes away, what the body does last is done by close().
            setattr(response, "close", _inside(frame, response.close))  # noqa: B010  # a method
        return response


def _is_file(response: StreamingHttpResponse) -> bool:
    return getattr(response, "file_to_stream", None) is not None


def _inside(frame: Frame, function: Callable[[], None]) -> Callable[[], None]:
    def call() -> None:
        before = enter(frame)
        try:
            function()
        finally:
            restore(before)

    return call


def _each(frame: Frame, content: Iterator[bytes]) -> Iterator[bytes]:
    while True:
        before = enter(frame)
        try:
            chunk = next(content)
        except StopIteration:
            return
        finally:
            restore(before)
        yield chunk


async def _each_async(frame: Frame, content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    while True:
        before = enter(frame)
        try:
            chunk = await anext(content)
        except StopAsyncIteration:
            return
        finally:
            restore(before)
        yield chunk
