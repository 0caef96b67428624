"""The pages: an account, a permission where something changes, a reason, a place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, ProtectedError, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import generic
from django.views.generic.detail import SingleObjectMixin

import audit_log
from example_project.pages.cells import facts_of, label_of, value_of
from example_project.pages.exceptions import Refused
from example_project.pages.forms import ReasonForm
from example_project.pages.places import Place


class PageMixin(LoginRequiredMixin):
    """Only for people with an account, and with business at the place."""

    place_class: type[Place] = Place
    permission = ""
    """What the place must allow to change what the page shows."""
    url_prefix = ""
    """The beginning of the names of the model's URLs."""
    is_closed = False
    """Whether looking needs the permission, too."""
    model: type[Model] | None = None

    def get_login_url(self) -> str:
        return self.place_class.login_url(**self.kwargs)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        self.place = self.place_class(request, **kwargs)
        if not self.may_open():
            raise PermissionDenied
        # For what the place's pages change that is nobody's by itself: accounts.
        with audit_log.context(tenant=self.place.tenant):
            return super().dispatch(request, *args, **kwargs)

    def may_open(self) -> bool:
        """Whether the person may see the page at all."""
        return self.place.may_enter() and (not self.is_closed or self.may_change())

    def may_change(self) -> bool:
        """Whether the person may, for buttons that would be refused are not shown."""
        return self.place.may(self.permission, self.subject)

    @cached_property
    def subject(self) -> Model | None:
        """The object that the page is about, if it is about one."""
        return super().get_object() if "pk" in self.kwargs else None

    def get_object(self, queryset: Any = None) -> Any:
        return self.subject

    def get_queryset(self) -> QuerySet[Any]:
        return self.place.mine(super().get_queryset())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if self.model:
            context["meta"] = self.model._meta
        if self.url_prefix:
            context["list_url"] = self.place.reverse(f"{self.url_prefix}-list")
        context["place"] = self.place
        context["base_template"] = self.place.base_template
        context["may_change"] = self.may_change()
        return context


class ChangeMixin(PageMixin):
    """Only for people who may change it."""

    is_closed = True


class ObjectList(PageMixin, generic.ListView):
    """A table of objects; a template of the model's own is needed only for more than that."""

    paginate_by = 50
    fields: Sequence[str] = ()
    """What it shows besides each object's name."""
    adds = True
    """Whether there is a form of a new one."""

    def get_template_names(self) -> list[str]:
        return [*super().get_template_names(), "demo/list.html"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["labels"] = [label_of(self.model, name) for name in self.fields]
        context["rows"] = [
            (obj, [value_of(obj, name) for name in self.fields]) for obj in context["object_list"]
        ]
        context["has_states"] = hasattr(self.model, "state")
        return context


class ObjectDetail(PageMixin, generic.DetailView):
    """One object, with everything that happened to it at the bottom."""

    fields: Sequence[str] = ()
    """What it shows besides the object's name and state."""
    edits = True
    deletes = True
    """Whether there are pages for that."""

    def get_template_names(self) -> list[str]:
        return [*super().get_template_names(), "demo/detail.html"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(facts=facts_of(self.object, self.fields), **kwargs)


class SaveMixin(ChangeMixin):
    """Saves the form's object, with the form's reason."""

    template_name = "demo/form.html"

    def get_initial(self) -> dict[str, Any]:
        # A link may choose the customer of a new order, the order of a new license.
        return {**super().get_initial(), **self.request.GET.dict()}

    def form_valid(self, form: Any) -> HttpResponse:
        with audit_log.context(reason=form.cleaned_data["reason"]):
            response = super().form_valid(form)
        messages.success(self.request, _("%(object)s was saved.") % {"object": self.object})
        return response


class ObjectCreate(SaveMixin, generic.CreateView):
    def get_form_kwargs(self) -> dict[str, Any]:
        instance = self.model()
        self.place.settle(instance)
        return {**super().get_form_kwargs(), "instance": instance}


class ObjectUpdate(SaveMixin, generic.UpdateView):
    title = gettext_lazy("Edit")


class PartCreate(ObjectCreate):
    """Adds something that belongs to another object: a device to a license."""

    parent: Any = None
    """The other object's model; the foreign key has its name."""

    @cached_property
    def subject(self) -> Model:
        parent = self.place.mine(self.parent._default_manager.all())
        found: Model | None = parent.filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404
        return found

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = super().get_form_kwargs()
        setattr(kwargs["instance"], self.parent._meta.model_name, self.subject)
        return kwargs


class ObjectDelete(ChangeMixin, generic.DeleteView):
    template_name = "demo/confirm_delete.html"
    form_class = ReasonForm
    is_part = False
    """Whether it belongs to another object, whose page comes next."""

    def get_success_url(self) -> str:
        if self.is_part:
            return self.object.get_absolute_url()
        return self.place.reverse(f"{self.url_prefix}-list")

    def form_valid(self, form: Any) -> HttpResponse:
        name = str(self.object)
        with audit_log.context(reason=form.cleaned_data["reason"]):
            try:
                response = super().form_valid(form)
            except ProtectedError:
                return self.refuse(_("%(object)s is still in use.") % {"object": name})
        messages.success(self.request, _("%(object)s was deleted.") % {"object": name})
        return response

    def refuse(self, message: str) -> HttpResponse:
        """Say why not, on the object's page."""
        messages.error(self.request, message)
        return HttpResponseRedirect(self.object.get_absolute_url())


class ObjectAction(ChangeMixin, SingleObjectMixin, generic.View):
    """A button: does one thing to one object."""

    http_method_names = ["post"]
    actions: Mapping[str, Callable[[Any], Any]] = {}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        action = self.actions.get(kwargs["action"])
        if action is None:
            raise Http404
        target = self.subject
        form = ReasonForm(request.POST)
        if not form.is_valid():
            messages.error(request, _("The reason is too long."))
            done = None
        else:
            done = perform(request, lambda: action(target), form.cleaned_data["reason"])
        # An action that makes something new leads to it.
        return HttpResponseRedirect((done or target).get_absolute_url())


class ObjectForm(ChangeMixin, SingleObjectMixin, generic.FormView):
    """A button that needs to know more: whom to assign, until when."""

    template_name = "demo/form.html"
    title: Any = ""
    action: Any = None
    """Called with the object and the form's values, but for the reason, by their names."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.object: Any = None
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        self.object = self.subject
        return {**super().get_form_kwargs(), "instance": self.object}

    def form_valid(self, form: Any) -> HttpResponse:
        values = dict(form.cleaned_data)
        reason = values.pop("reason")
        perform(self.request, lambda: self.action(self.object, **values), reason)
        return HttpResponseRedirect(self.object.get_absolute_url())


def perform(request: HttpRequest, action: Callable[[], Any], reason: str) -> Any:
    """Do it for that reason, tell the person what came of it, and return what it returns."""
    with audit_log.context(reason=reason):
        try:
            done = action()
        except Refused as refusal:
            messages.error(request, str(refusal))
            return None
    messages.success(request, _("Done."))
    return done
