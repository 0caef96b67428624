"""What the code marks for translation, and what the catalogues say of it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path

import django
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.template.base import Lexer, Token, TokenType
from django.utils.translation.template import templatize

import audit_log

PACKAGE = Path(audit_log.__file__).parent
DJANGO = Path(django.__file__).parent
LANGUAGES = ("de", "es", "fr", "ru", "zh_Hans")
"""As their directories are called; Django calls the last one ``zh-hans``."""

Key = tuple[str, str | tuple[str, str]]
"""A context, or nothing, and a text, or its singular and its plural."""

KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), None),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[a-z]|\{\w*\}")
SEEN_ATTRIBUTES = {"alt", "aria-description", "aria-label", "label", "placeholder", "title"}


def templates() -> list[Path]:
    return sorted(PACKAGE.rglob("templates/**/*.html"))


def sources() -> Iterator[tuple[Path, str]]:
    """Every file that may mark texts, as Python, which is what Django turns templates into."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path, path.read_text("utf-8")
    for path in templates():
        # What stands for the template's own text is no Python, nor are its indents.
        python = templatize(path.read_text("utf-8"), origin=str(path))
        yield path, re.sub(r"(?m)^[ \t]+", "", python)


def marked() -> dict[Key, str]:
    """Every text that is marked, and where."""
    found: dict[Key, str] = {}
    for path, source in sources():
        file = io.BytesIO(source.encode())
        for line, text, _comments, context in extract("python", file, keywords=KEYWORDS):
            found[context or "", text] = f"{path.relative_to(PACKAGE)}:{line}"
    return found


def catalogue(language: str) -> Catalog:
    """What translators write."""
    with path_of(language).open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def compiled(language: str, package: str = "audit_log") -> Catalog:
    """What Django reads: this package's catalogue, or Django's own."""
    path = path_of(language).with_suffix(".mo")
    if package == "django":
        path = DJANGO / "conf" / path.relative_to(PACKAGE)
    with path.open("rb") as file:
        return read_mo(file)


def plural_forms(catalogue: Catalog) -> str:
    """The rule, as the header has it."""
    header = dict(catalogue.mime_headers)["Plural-Forms"]
    return "".join(header.rstrip(";").split())


def path_of(language: str) -> Path:
    return PACKAGE / "locale" / language / "LC_MESSAGES" / "django.po"


def messages(catalogue: Catalog) -> list[Message]:
    """All but the header."""
    return [message for message in catalogue if message.id]


def key_of(message: Message) -> Key:
    text = message.id if isinstance(message.id, str) else tuple(message.id)
    context = message.context or ""
    # Babel leaves those of compiled catalogues as bytes.
    return context.decode() if isinstance(context, bytes) else context, text


def texts(either: str | Sequence[str]) -> tuple[str, ...]:
    """A message's text or texts, in English or in the other language."""
    return (either,) if isinstance(either, str) else tuple(either)


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._unseen = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        self.found += [values[name] or "" for name in SEEN_ATTRIBUTES & values.keys()]
        if tag == "input" and values.get("type") in {"submit", "button", "reset"}:
            self.found.append(values.get("value") or "")
        if tag in {"script", "style"}:
            self._unseen = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._unseen:
            self._unseen = ""

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.found.append(data)


def texts_of(html: str) -> list[str]:
    """What people read in a page or hear of it: its texts, and attributes such as titles."""
    parser = _Texts()
    parser.feed(html)
    parser.close()
    return [" ".join(text.split()) for text in parser.found if text.strip()]


def untagged(path: Path) -> list[str]:
    """The texts of a template that no tag and no variable writes."""
    html, is_translated = "", False
    for token in Lexer(path.read_text("utf-8")).tokenize():
        if _is(token, "blocktranslate", "blocktrans"):
            is_translated = True
        elif _is(token, "endblocktranslate", "endblocktrans"):
            is_translated = False
        elif token.token_type == TokenType.TEXT and not is_translated:
            html += token.contents
    return texts_of(html)


def _is(token: Token, *tags: str) -> bool:
    return token.token_type == TokenType.BLOCK and token.contents.split()[0] in tags
