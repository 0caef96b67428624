"""What the pages have in common: an account, a permission where something changes, a reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.db.models import ProtectedError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import generic
from django.views.generic.detail import SingleObjectMixin

import audit_log
from example_project.licensing.exceptions import Refused
from example_project.licensing.forms import ReasonForm
from example_project.licensing.permissions import may


class PlatformMixin(LoginRequiredMixin):
    """Only for people with an account."""

    login_url = reverse_lazy("login")
    permission = ""
    """What the platform must allow to change what the page shows."""
    url_prefix = ""
    """The beginning of the names of the model's URLs."""

    def may_change(self) -> bool:
        """Whether the person may, for buttons that would be refused are not shown."""
        return may(self.request.user, self.permission)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if model := getattr(self, "model", None):
            context["meta"] = model._meta
        context["list_url"] = reverse(f"licensing:{self.url_prefix}-list")
        context["may_change"] = self.may_change()
        return context


class ChangeMixin(PlatformMixin):
    """Only for people who may change it."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated and not self.may_change():
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)


class ObjectList(PlatformMixin, generic.ListView):
    paginate_by = 50


class ObjectDetail(PlatformMixin, generic.DetailView):
    """One object, with everything that happened to it at the bottom."""


class SaveMixin(ChangeMixin):
    """Saves the form's object, with the form's reason."""

    template_name = "licensing/form.html"

    def get_initial(self) -> dict[str, Any]:
        # A link may choose the customer of a new order, the order of a new license.
        return {**super().get_initial(), **self.request.GET.dict()}

    def form_valid(self, form: Any) -> HttpResponse:
        with audit_log.context(reason=form.cleaned_data["reason"]):
            response = super().form_valid(form)
        messages.success(self.request, _("%(object)s was saved.") % {"object": self.object})
        return response


class ObjectCreate(SaveMixin, generic.CreateView):
    pass


class ObjectUpdate(SaveMixin, generic.UpdateView):
    title = gettext_lazy("Edit")


class PartCreate(ObjectCreate):
    """Adds something that belongs to another object: a device to a license."""

    parent: Any = None
    """The other object's model; the foreign key has its name."""

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = super().get_form_kwargs()
        name = self.parent._meta.model_name
        parent = self.parent._default_manager.filter(pk=self.kwargs["pk"]).first()
        if parent is None:
            raise Http404
        kwargs["instance"] = self.model(**{name: parent})
        return kwargs


class ObjectDelete(ChangeMixin, generic.DeleteView):
    template_name = "licensing/confirm_delete.html"
    form_class = ReasonForm
    is_part = False
    """Whether it belongs to another object, whose page comes next."""

    def get_success_url(self) -> str:
        if self.is_part:
            return self.object.get_absolute_url()
        return reverse(f"licensing:{self.url_prefix}-list")

    def form_valid(self, form: Any) -> HttpResponse:
        name = str(self.object)
        with audit_log.context(reason=form.cleaned_data["reason"]):
            try:
                response = super().form_valid(form)
            except ProtectedError:
                messages.error(self.request, _("%(object)s is still in use.") % {"object": name})
                return HttpResponseRedirect(self.object.get_absolute_url())
        messages.success(self.request, _("%(object)s was deleted.") % {"object": name})
        return response


class ObjectAction(ChangeMixin, SingleObjectMixin, generic.View):
    """A button: does one thing to one object."""

    http_method_names = ["post"]
    actions: Mapping[str, Callable[[Any], None]] = {}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        action = self.actions.get(kwargs["action"])
        if action is None:
            raise Http404
        target = self.get_object()
        form = ReasonForm(request.POST)
        if not form.is_valid():
            messages.error(request, _("The reason is too long."))
        else:
            perform(request, lambda: action(target), form.cleaned_data["reason"])
        return HttpResponseRedirect(target.get_absolute_url())


class ObjectForm(ChangeMixin, SingleObjectMixin, generic.FormView):
    """A button that needs to know more: whom to assign, until when."""

    template_name = "licensing/form.html"
    title: Any = ""
    action: Any = None
    """Called with the object and the form's values, but for the reason, by their names."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.object = self.get_object() if request.user.is_authenticated else None
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "instance": self.object}

    def form_valid(self, form: Any) -> HttpResponse:
        values = dict(form.cleaned_data)
        reason = values.pop("reason")
        perform(self.request, lambda: self.action(self.object, **values), reason)
        return HttpResponseRedirect(self.object.get_absolute_url())


def perform(request: HttpRequest, action: Callable[[], None], reason: str) -> None:
    """Do it for that reason, and tell the person what came of it."""
    with audit_log.context(reason=reason):
        try:
            action()
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Done."))
