"""What may stand in a query string."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.versioning import QueryParameterVersioning

from audit_log.reading.fields import shown
from audit_log.reading.filters import AuditEntryFilter


def refuse_unknown(request: Request, known: Sequence[str]) -> None:
    """Raise ``ValidationError`` for a parameter that is none of ``known``.

    One whose name is mistyped would be ignored otherwise, and show what was not asked for. So
    would all but one of the values of a parameter that is given several times.
    """
    errors: dict[str, list[str]] = {}
    for name, values in request.query_params.lists():
        if name not in known:
            if name not in _of_the_host(request):
                errors[shown(name)] = [_not_there(name, known)]
        # Of the filters, their form says so.
        elif name not in AuditEntryFilter.base_filters and len(set(values)) > 1:
            errors[name] = [_("%(name)s is given more than once: give one value.") % {"name": name}]
    if errors:
        raise ValidationError(errors)


def _of_the_host(request: Request) -> set[str | None]:
    names: set[str | None] = set()
    if isinstance(request.negotiator, DefaultContentNegotiation):
        names.add(api_settings.URL_FORMAT_OVERRIDE)
    scheme = request.versioning_scheme
    if isinstance(scheme, QueryParameterVersioning):
        names.add(scheme.version_param)
    return names


def _not_there(name: str, known: Sequence[str]) -> str:
    if not known:
        return _("There are no parameters here.")
    if near := difflib.get_close_matches(name[:100], known, n=1):
        return _("There is no such parameter. Near to it: %(near)s.") % {"near": near[0]}
    return _("There is no such parameter. There are: %(known)s.") % {"known": ", ".join(known)}
