"""Entries as JSON lines: each as the REST API returns it, with every value as it is stored."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, repeat
from json.encoder import encode_basestring
from typing import Any

from audit_log import catalogue
from audit_log.reading.json_text import json_text, uniform
from audit_log.reading.stored import each

_LINE = (
    '{"id": "%(id)s", "occurred_at": "%(occurred_at)s", "event_type": %(event_type)s, '
    '"action": %(action)s, "action_label": %(action_label)s, "outcome": %(outcome)s, '
    '"actor": {"id": %(actor_id)s, "type": %(actor_type)s, "repr": %(actor_repr)s}, '
    '"target": {"type": %(target_type)s, "id": %(target_id)s, "repr": %(target_repr)s}, '
    '"references": %(references)s, "tenant": %(tenant)s, "changes": %(changes)s, '
    '"reason": %(reason)s, "remote_addr": %(remote_addr)s, '
    '"correlation_id": %(correlation_id)s, "metadata": %(metadata)s}\n'
)
# What stands between the values, and their names: text, name, text, name, …, text.
_PARTS = re.split(r"%\((\w+)\)s", _LINE)


class JsonLinesFormat:
    """``changes`` and ``metadata`` are passed through as the database has them."""

    content_type = "application/x-ndjson"
    head = ""
    has_references = True

    def __init__(self, *, stored_uniformly: bool) -> None:
        self._labels = action_labels()

    def lines(
        self, columns: Mapping[str, Sequence[Any]], references: Iterable[tuple[str, str, str]]
    ) -> str:
        """Return the lines of some entries, from their fields by name.

        ``references`` are ``(id of the entry, target type, target id)``. Woven by column:
        what stands between the values, and the values, one after the other.
        """
        values: dict[str, Iterable[str]] = {
            **{name: map(encode_basestring, column) for name, column in columns.items()},
            "id": columns["id"],
            "occurred_at": columns["occurred_at"],
            "action_label": each(self._label, columns["action"]),
            "actor_id": each(lambda key: json_text(json_key(key)), columns["actor_id"]),
            "remote_addr": [
                "null" if one is None else encode_basestring(one) for one in columns["remote_addr"]
            ],
            "references": map(_grouped(references).get, columns["id"], repeat("[]")),
            "changes": _on_one_line(columns["changes"]),
            "metadata": _on_one_line(columns["metadata"]),
        }
        parts = [values[part] if index % 2 else repeat(part) for index, part in enumerate(_PARTS)]
        return "".join(chain.from_iterable(zip(*parts, strict=False)))

    def _label(self, action: str) -> str:
        return json_text(self._labels.get(action, action))


def action_labels() -> dict[str, str]:
    """Return what people call each action, by its name, in the current language."""
    return {name: str(known.label) for name, known in catalogue.all_actions().items()}


def json_key(key: Any) -> int | str | None:
    """Return a primary key as JSON has it: numbers and texts as they are, else its text."""
    return key if key is None or isinstance(key, int | str) else str(key)


def _grouped(references: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    found: dict[str, list[dict[str, str]]] = {}
    for entry, target_type, target_id in references:
        found.setdefault(entry, []).append({"type": target_type, "id": target_id})
    return {entry: json_text(listed) for entry, listed in found.items()}


def _on_one_line(column: Sequence[str]) -> Sequence[str]:
    # Only another program could have stored it on several.
    if "\n" in "".join(column) or "\r" in "".join(column):
        return list(map(uniform, column))
    return column
