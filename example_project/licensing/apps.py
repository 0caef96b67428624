from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LicensingConfig(AppConfig):
    name = "example_project.licensing"
    label = "licensing"
    verbose_name = _("Licensing platform")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from example_project.licensing import actions  # noqa: F401 (declares the actions)
