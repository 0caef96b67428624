"""One row for each programming language; a column for each field that the records ever had."""

from __future__ import annotations

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class Language(models.Model):
    """A programming language. A field that its record does not have is ``NULL``.

    Columns have the types of the records, so that a change is recorded field by field.
    Early records spelled their fields with a colon, and for a while both spellings were in
    use: ``legacy_lexer`` is ``:lexer``. The table of names is
    :data:`example_project.languages.history.COLUMNS`.

    ``name`` is not unique: names that differ in case alone followed each other within one
    transaction, and some databases would take them for one.
    """

    name = models.CharField(_("name"), max_length=100, db_index=True)

    type = models.CharField(_("type"), max_length=40, null=True, blank=True)
    group = models.CharField(_("group"), max_length=100, null=True, blank=True)
    color = models.CharField(_("color"), max_length=20, null=True, blank=True)
    fs_name = models.CharField(_("name in file systems"), max_length=100, null=True, blank=True)
    language_id = models.BigIntegerField(_("language id"), null=True, blank=True)

    aliases = models.JSONField(_("aliases"), null=True, blank=True)
    alias = models.JSONField(
        _("alias"), null=True, blank=True, help_text=_("A text in some records, a list in others.")
    )
    extensions = models.JSONField(_("extensions"), null=True, blank=True)
    primary_extension = models.CharField(
        _("primary extension"), max_length=40, null=True, blank=True
    )
    filenames = models.JSONField(_("file names"), null=True, blank=True)
    interpreters = models.JSONField(_("interpreters"), null=True, blank=True)
    overrides = models.JSONField(_("overrides"), null=True, blank=True)

    lexer = models.CharField(_("lexer"), max_length=60, null=True, blank=True)
    ace_mode = models.CharField(_("Ace mode"), max_length=60, null=True, blank=True)
    tm_scope = models.CharField(_("TextMate scope"), max_length=100, null=True, blank=True)
    codemirror_mode = models.CharField(_("CodeMirror mode"), max_length=60, null=True, blank=True)
    codemirror_mime_type = models.CharField(
        _("CodeMirror MIME type"), max_length=100, null=True, blank=True
    )
    search_term = models.CharField(_("search term"), max_length=60, null=True, blank=True)
    searchable = models.BooleanField(_("searchable"), null=True, blank=True)
    major = models.BooleanField(_("major"), null=True, blank=True)
    wrap = models.BooleanField(_("wrap lines"), null=True, blank=True)

    legacy_lexer = models.CharField(_("lexer (early)"), max_length=60, null=True, blank=True)
    legacy_default_lexer = models.BooleanField(_("default lexer (early)"), null=True, blank=True)
    legacy_ext = models.JSONField(_("extensions (early)"), null=True, blank=True)
    legacy_aliases = models.JSONField(_("aliases (early)"), null=True, blank=True)
    legacy_filenames = models.JSONField(_("file names (early)"), null=True, blank=True)
    legacy_search_term = models.CharField(
        _("search term (early)"), max_length=60, null=True, blank=True
    )
    legacy_searchable = models.BooleanField(_("searchable (early)"), null=True, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("language")
        verbose_name_plural = _("languages")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("languages:language-detail", args=[self.pk])

    def facts(self) -> list[tuple[str, str]]:
        """The record's fields, as pairs of a label and a text, without those it has not."""
        facts = []
        for field in self._meta.concrete_fields:
            value = getattr(self, field.attname)
            if value is not None and not field.primary_key:
                text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
                facts.append((str(field.verbose_name), text))
        return facts
