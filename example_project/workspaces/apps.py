from importlib.util import find_spec

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkspacesConfig(AppConfig):
    name = "example_project.workspaces"
    label = "workspaces"
    verbose_name = _("Team workspaces")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from example_project.workspaces import actions  # noqa: F401 (declares the actions)

        if find_spec("drf_spectacular"):
            from example_project.workspaces import schema  # noqa: F401 (registers itself)
