"""Tells the journal which request is being served."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

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

    async def _acall(self, request: HttpRequest) -> HttpResponseBase:
        before = enter_request(request)
        try:
            response = await cast(Awaitable[HttpResponseBase], self.get_response(request))
            return self._streaming(response)
        finally:
            restore(before)

    def _streaming(self, response: HttpResponseBase) -> HttpResponseBase:
        # The body of such a response is made after this middleware has returned.
        if isinstance(response, StreamingHttpResponse):
            content = response.streaming_content
            if response.is_async:
                response.streaming_content = _each_async(current(), content)  # type: ignore[arg-type]
            else:
                response.streaming_content = _each(current(), content)  # type: ignore[arg-type]
        return response


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
