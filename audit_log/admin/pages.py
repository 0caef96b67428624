"""What all pages in the admin have in common."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

import django
from django.db import DatabaseError
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst

from audit_log.reading.missing import MESSAGE, tables_are_missing

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite, ModelAdmin
    from django.db.models import Model
    from django.http import HttpRequest

View = TypeVar("View", bound=Callable[..., Any])
Crumb: TypeAlias = tuple[str, str]
"""A page's name and its address; the address of the page itself is empty."""


def page_context(
    model_admin: ModelAdmin[Any], request: HttpRequest, title: str, crumbs: list[Crumb]
) -> dict[str, Any]:
    """Return the context of a page that extends the admin's base template."""
    site = model_admin.admin_site
    request.current_app = site.name  # as ModelAdmin's views do
    return {
        **site.each_context(request),
        "title": title,
        "subtitle": None,
        "opts": model_admin.opts,
        "breadcrumbs": crumbs,
        # The admin's stylesheet knows one form of them from Django 6.1 on, another before.
        "breadcrumbs_are_a_list": django.VERSION >= (6, 1),
    }


def app_crumb(model_admin: ModelAdmin[Any]) -> Crumb:
    """Return the way to the page of the model's app."""
    opts = model_admin.opts
    site = model_admin.admin_site.name
    url = reverse("admin:app_list", kwargs={"app_label": opts.app_label}, current_app=site)
    return str(opts.app_config.verbose_name), url


def admin_url(site: AdminSite, model: type[Model], view: str, *args: Any) -> str:
    """Return the address of one of a model's pages on ``site``.

    Raises ``NoReverseMatch`` where it has none.
    """
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}"
    return reverse(name, args=args, current_app=site.name)


def explained(view: View) -> View:
    """Let a view of a ``ModelAdmin`` say so, with 503, where the log has no tables yet."""

    @functools.wraps(view)
    def explaining(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return view(self, request, *args, **kwargs)
        except DatabaseError as error:
            if not tables_are_missing(error):
                raise
        name = capfirst(str(self.opts.verbose_name_plural))
        context = page_context(self, request, name, [app_crumb(self), (name, "")])
        template = "audit_log/admin/no_tables.html"
        return TemplateResponse(request, template, context | {"message": MESSAGE}, status=503)

    return cast("View", explaining)
