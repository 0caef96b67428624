"""Tells the journal which request is being served."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from audit_log.journal.context import enter_request, restore

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
            return cast(HttpResponseBase, self.get_response(request))
        finally:
            restore(before)

    async def _acall(self, request: HttpRequest) -> HttpResponseBase:
        before = enter_request(request)
        try:
            return await cast(Awaitable[HttpResponseBase], self.get_response(request))
        finally:
            restore(before)
