"""Where a request came from, by what the settings trust."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any

from audit_log.conf import settings
from audit_log.identity import clean, shorten

if TYPE_CHECKING:
    from django.http import HttpRequest

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,64}")
# W3C Trace Context: version, trace-id, parent-id, flags.
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")


def client_address(request: HttpRequest) -> str | None:
    """Return the client's IP address, or ``None`` where there is no valid one.

    With ``TRUSTED_PROXY_COUNT`` = n, the n-th address from the right of
    ``X-Forwarded-For`` (what is left of it, the client may have made up); with 0 the
    header is not read.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if count := settings.TRUSTED_PROXY_COUNT:
        hops = [hop for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop]
        if hops:
            address = hops[-min(count, len(hops))]
    return parse_address(address)


def parse_address(text: str) -> str | None:
    """Return an IP address in its canonical form, ports and zones removed, or ``None``."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return None


def incoming_correlation_id(request: HttpRequest) -> str | None:
    """Return the id that ``X-Request-ID`` or ``traceparent`` gives, where it is trusted.

    One that is not 1 to 64 plain characters, or no W3C trace context, is ignored.
    """
    if not settings.TRUST_REQUEST_ID:
        return None
    request_id: str = request.META.get("HTTP_X_REQUEST_ID", "")
    if _REQUEST_ID.fullmatch(request_id):
        return request_id
    if match := _TRACEPARENT.fullmatch(request.META.get("HTTP_TRACEPARENT", "")):
        return match[1]
    return None


def describe(request: HttpRequest) -> dict[str, Any]:
    """Return an entry's metadata of a request: method, path (no query), user agent."""
    description = {"method": request.method, "path": shorten(clean(request.path), 500)}
    if agent := request.META.get("HTTP_USER_AGENT"):
        description["user_agent"] = shorten(clean(agent), 500)
    return description
