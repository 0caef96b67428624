"""What may stand in a query string."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.settings import api_settings

from audit_log.reading.fields import shown
from audit_log.reading.filters import AuditEntryFilter


def refuse_unknown(request: Request, own: Iterable[str] = ()) -> None:
    """Raise ``ValidationError`` for a parameter that is no filter and none of ``own``.

    A filter whose name is mistyped would be ignored otherwise, and show what was not asked
    for. So would all but one of the values of a parameter that is given several times.
    """
    _refuse(request, [*AuditEntryFilter.base_filters], own)


def refuse_all_but(request: Request, own: Iterable[str]) -> None:
    """Like :func:`refuse_unknown`, where the filters do not apply."""
    _refuse(request, [], own)


def _refuse(request: Request, filters: list[str], own: Iterable[str]) -> None:
    host = {api_settings.URL_FORMAT_OVERRIDE, api_settings.VERSION_PARAM}
    known = {*filters, *own, *host}
    errors: dict[str, list[str]] = {}
    for name, values in request.query_params.lists():
        if name not in known:
            near = difflib.get_close_matches(name[:100], [*filters, *own], n=1)
            message = (
                _("There is no such parameter. Near to it: %(near)s.")
                if near
                else _("There is no such parameter. There are: %(known)s.")
            )
            params = {"near": ", ".join(near), "known": ", ".join([*filters, *own])}
            errors[shown(name)] = [message % params]
        elif name in own and len(set(values)) > 1:
            errors[name] = [_("%(name)s is given more than once: give one value.") % {"name": name}]
    if errors:
        raise ValidationError(errors)
