"""The addresses of a system: the same five for each model, then what is special about some."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.urls import URLPattern, path

from example_project.pages import forms, views
from example_project.pages.places import Place

EVERY = ("list", "create", "detail", "update", "delete")


@dataclass(frozen=True)
class Pages:
    """Makes the addresses of one system's pages.

    ``prefix`` is what they begin with where the system has several places:
    ``"<slug:workspace>/"``. A model is told by ``where`` its pages are, the ``name`` that their
    URL names begin with, and itself; ``permission`` is what changing it needs.
    """

    place: type[Place]
    prefix: str = ""

    def crud(
        self,
        where: str,
        name: str,
        model: type[Model],
        permission: str,
        form_class: type[forms.ReasonModelForm] | None = None,
        *,
        new_form_class: type[Any] | None = None,
        columns: Sequence[str] = (),
        facts: Sequence[str] = (),
        only: Collection[str] = EVERY,
        special: Mapping[str, type[views.PageMixin]] | None = None,
        is_closed: bool = False,
    ) -> list[URLPattern]:
        """List, page, form of a new one, form of one that is there, and deletion.

        ``new_form_class`` is the form of a new one where that differs. ``columns`` and ``facts``
        name the fields that the list and the page show, ``special`` has views of the model's own
        by these words, ``is_closed`` says that looking needs the permission, too.
        """
        kinds = {
            "list": (views.ObjectList, ""),
            "create": (views.ObjectCreate, "add/"),
            "detail": (views.ObjectDetail, "<int:pk>/"),
            "update": (views.ObjectUpdate, "<int:pk>/edit/"),
            "delete": (views.ObjectDelete, "<int:pk>/delete/"),
        }
        found = []
        for kind in only:
            view, end = kinds[kind]
            view = (special or {}).get(kind, view)
            options = self._common(model, permission, name)
            if kind in ("create", "update"):
                new = kind == "create" and new_form_class
                options["form_class"] = new or form_class
            if kind == "list":
                options |= {"fields": columns, "adds": "create" in only, "is_closed": is_closed}
            if kind == "detail":
                options |= {"fields": facts, "is_closed": is_closed}
                options |= {"edits": "update" in only, "deletes": "delete" in only}
            found.append(self.at(f"{where}/{end}", view, f"{name}-{kind}", **options))
        return found

    def part(
        self,
        where: str,
        name: str,
        model: type[Model],
        permission: str,
        form_class: type[forms.ReasonModelForm],
        parent: type[Model],
        parent_prefix: str,
    ) -> list[URLPattern]:
        """Adding to the parent's page; editing and deletion lead back to it."""
        common = self._common(model, permission, parent_prefix)
        form = {"form_class": form_class}
        add = f"{parent_prefix}s/<int:pk>/{where}/add/"
        return [
            self.at(add, views.PartCreate, f"{name}-create", parent=parent, **form, **common),
            self.at(
                f"{where}/<int:pk>/edit/", views.ObjectUpdate, f"{name}-update", **form, **common
            ),
            self.at(
                f"{where}/<int:pk>/delete/",
                views.ObjectDelete,
                f"{name}-delete",
                is_part=True,
                **common,
            ),
        ]

    def buttons(
        self, where: str, name: str, model: type[Model], permission: str, **actions: Any
    ) -> URLPattern:
        """One address for each action, by its name."""
        return self.at(
            f"{where}/<int:pk>/<slug:action>/",
            views.ObjectAction,
            f"{name}-action",
            actions=actions,
            **self._common(model, permission, name),
        )

    def ask(
        self,
        where: str,
        name: str,
        model: type[Model],
        permission: str,
        verb: str,
        title: Any,
        form_class: type[forms.ObjectForm],
        action: Any,
        parent_prefix: str = "",
    ) -> URLPattern:
        """An action that needs to know more."""
        return self.at(
            f"{where}/<int:pk>/{verb}/",
            views.ObjectForm,
            f"{name}-{verb}",
            title=title,
            form_class=form_class,
            action=action,
            **self._common(model, permission, parent_prefix or name),
        )

    def at(self, where: str, view: type[views.PageMixin], name: str, **options: Any) -> URLPattern:
        """Any page of the system."""
        return path(self.prefix + where, view.as_view(place_class=self.place, **options), name=name)

    def _common(self, model: type[Model], permission: str, url_prefix: str) -> dict[str, Any]:
        return {"model": model, "permission": permission, "url_prefix": url_prefix}
