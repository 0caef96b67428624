"""What the documentation says holds: its examples run, its links lead somewhere."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import models
from django.test.utils import isolate_apps
from django.urls import include, path

import audit_log
from audit_log import catalogue, conf, policies, registry
from audit_log.api.serializers import AuditEntrySerializer
from audit_log.checks import check_settings
from audit_log.checks.policies import _check_model, check_policies
from audit_log.models import AuditEntry
from example_project.licensing.models import Customer, License, Order, Product

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = {
    document.relative_to(ROOT).as_posix(): document.read_text(encoding="utf-8")
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
}
# Those whose Python is whole; the others show fragments.
EXAMPLES = [
    "README.md",
    "docs/capture.md",
    "docs/context.md",
    "docs/cookbook.md",
    "docs/design.md",
    "docs/getting-started.md",
    "docs/limits.md",
    "docs/policies.md",
    "docs/retention.md",
    "docs/security.md",
    "docs/settings.md",
]


def blocks(document: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENTS[document], re.MULTILINE | re.DOTALL)


@pytest.fixture
def undone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What examples register and declare is forgotten again."""
    monkeypatch.setattr(registry, "_declared", dict(registry._declared))
    monkeypatch.setattr(catalogue, "_declared", dict(catalogue._declared))
    with isolate_apps("tests.testapp"):
        yield
    registry.reset()


@pytest.fixture
def namespace(db: None) -> dict[str, Any]:
    """What the examples take for granted."""
    product = Product.objects.create(name="Atlas", code="atlas")
    customer = Customer.objects.create(company_name="Fjord", email="a@example.com")
    order = Order.objects.create(customer=customer, placed_on=datetime.date(2026, 3, 1))
    return {
        "__name__": "tests.testapp.models",  # where the models of the examples belong
        "AuditEntry": AuditEntry,
        "INSTALLED_APPS": [],
        "License": License,
        "MIDDLEWARE": [],
        "include": include,
        "license": License.objects.create(product=product, order=order),
        "order": order,
        "path": path,
        "urlpatterns": [],
        "user": User.objects.create_user("ann", "ann@example.com"),
    }


@pytest.mark.parametrize("document", EXAMPLES)
@pytest.mark.usefixtures("undone")
def test_examples_run(document: str, namespace: dict[str, Any], settings: Any) -> None:
    for block in blocks(document, "python"):
        exec(compile(block, document, "exec"), namespace)
        if "AUDIT_LOG" in namespace:
            settings.AUDIT_LOG = namespace.pop("AUDIT_LOG")
            wrong = [one for one in check_policies() if "register()" not in one.msg]
            assert check_settings() == wrong == []
            del settings.AUDIT_LOG
    for made in namespace.values():
        if isinstance(made, models.base.ModelBase) and made.__module__ == namespace["__name__"]:
            assert list(_check_model(made, document)) == []


@pytest.mark.parametrize("document", EXAMPLES)
def test_json_is_json(document: str) -> None:
    for block in blocks(document, "json"):
        json.loads(block)


def test_entry_in_the_readme_has_the_fields_of_the_api() -> None:
    (entry,) = blocks("README.md", "json")
    assert list(json.loads(entry)) == AuditEntrySerializer.Meta.fields


def test_every_setting_and_option_is_described() -> None:
    for key in conf.DEFAULTS:
        assert f"### {key}\n" in DOCUMENTS["docs/settings.md"]
    for word in conf.DEFAULT_MASKED:
        assert f"`{word}`" in DOCUMENTS["docs/settings.md"]
    for option in policies.OPTIONS:
        assert f"`{option}`" in DOCUMENTS["docs/policies.md"]


def test_public_names_are_described() -> None:
    text = "\n".join(DOCUMENTS.values())
    for name in audit_log.__all__:
        assert f"audit_log.{name}" in text


@pytest.mark.skipif(not (ROOT / "LICENSE").exists(), reason="needs the whole checkout")
@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    text = re.sub(r"^```.*?^```$", "", DOCUMENTS[document], flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text):
        name, _, anchor = link.partition("#")
        target = (ROOT / document).parent / name if name else ROOT / document
        assert target.exists(), link
        if anchor:
            titles = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {anchor_of(title) for title in titles}, link


def anchor_of(title: str) -> str:
    """The anchor that a heading gets where Markdown is shown."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def test_pictures_are_small_and_shown() -> None:
    shown = {
        name for text in DOCUMENTS.values() for name in re.findall(r"images/([\w.-]+)\)", text)
    }
    kept = {path.name: path.stat().st_size for path in (ROOT / "docs" / "images").iterdir()}
    assert shown == kept.keys()
    assert [name for name, size in kept.items() if size >= 120_000] == []
