from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FlowsConfig(AppConfig):
    name = "example_project.flows"
    label = "flows"
    verbose_name = _("Flow automation")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from example_project.flows import actions  # noqa: F401 (declares the actions)
