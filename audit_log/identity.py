"""How an object is named in the log: its type, its key and its text."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.encoding import force_str

MAX_ID_LENGTH = 255
MAX_REPR_LENGTH = 255


def type_of(model: type[models.Model] | models.Model) -> str:
    """Return ``"app_label.model"`` of the model whose table holds the row (not of a proxy)."""
    concrete = model._meta.concrete_model
    label: str = (concrete or model)._meta.label_lower
    return label


def key_text(value: Any) -> str:
    """Return a primary key as text.

    A composite key becomes a JSON array of its parts' texts. A key longer than
    255 characters keeps its beginning and ends in its SHA-256, so that it stays unique.
    """
    if isinstance(value, tuple | list):
        text = json.dumps([key_text(part) for part in value], ensure_ascii=False)
    else:
        text = clean(str(value))
    if len(text) > MAX_ID_LENGTH:
        digest = hashlib.sha256(text.encode()).hexdigest()
        text = f"{text[: MAX_ID_LENGTH - 72]}…sha256:{digest}"
    return text


def secret_key_text(value: Any) -> str:
    """Return what stands for a key that is itself a secret: ``"sha256:"`` and its digest."""
    return "sha256:" + hashlib.sha256(key_text(value).encode()).hexdigest()


def parents_of(obj: models.Model) -> list[tuple[str, str]]:
    """Return ``(target_type, target_id)`` of each parent in multi-table inheritance."""
    from audit_log.registry import key_text_of  # a parent's key may be a secret

    return [
        (type_of(parent), key_text_of(parent, getattr(obj, parent._meta.pk.attname)))
        for parent in obj._meta.all_parents
        if not parent._meta.proxy
    ]


def parents_named(target_type: str, target_id: str) -> list[tuple[str, str]]:
    """Return what :func:`parents_of` does, of an object that is known by name only.

    Parents that do not share their key with the child are not among them.
    """
    try:
        model = apps.get_model(target_type)
    except (LookupError, ValueError):
        return []
    return [
        (type_of(parent), target_id)
        for parent in model._meta.all_parents
        if not parent._meta.proxy
        and all(
            getattr(step.join_field, "primary_key", False)
            for step in model._meta.get_path_to_parent(parent)
        )
    ]


def text_of(obj: models.Model) -> str:
    """Return ``str(obj)``, cleaned and cut to 255 characters; never raises.

    A ``__str__`` that fails must not lose the entry: then it is ``"License (7)"``.
    """
    try:
        text = force_str(str(obj))
    except Exception:  # noqa: BLE001  # whatever somebody's __str__ does
        text = f"{obj._meta.object_name} ({obj.pk})"
    return shorten(clean(text))


def shorten(text: str, length: int = MAX_REPR_LENGTH) -> str:
    """Cut ``text`` to ``length`` characters, the last an ellipsis where it was longer."""
    return text if len(text) <= length else text[: length - 1] + "…"


def clean(text: str) -> str:
    """Remove what no database stores: NUL and lone surrogates."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()
