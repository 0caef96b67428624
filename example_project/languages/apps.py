from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LanguagesConfig(AppConfig):
    name = "example_project.languages"
    label = "languages"
    verbose_name = _("Programming languages")
    default_auto_field = "django.db.models.BigAutoField"
