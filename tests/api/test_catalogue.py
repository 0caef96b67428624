"""What can be asked for."""

from __future__ import annotations

from typing import Any

from django.utils import translation


def test_actions(get: Any) -> None:
    data = get("actions/").json()
    assert {"action": "user.create", "label": "User created", "event_type": "create"} in data
    names = [one["action"] for one in data]
    assert names == sorted(names)


def test_target_types(get: Any) -> None:
    data = get("target-types/").json()
    assert {"target_type": "auth.user", "label": "User"} in data
    names = [one["target_type"] for one in data]
    assert names == sorted(names)
    assert "sessions.session" not in names


def test_labels_are_in_the_readers_language(get: Any) -> None:
    with translation.override("de"):
        assert {"target_type": "auth.user", "label": "Benutzer"} in get("target-types/").json()


def test_every_value_can_be_asked_for(get: Any, django_assert_max_num_queries: Any) -> None:
    for one in get("actions/").json():
        assert get("entries/?action=" + one["action"]).status_code == 200
    for one in get("target-types/").json():
        assert get("entries/?target_type=" + one["target_type"]).status_code == 200
        assert get(f"entries/?object={one['target_type']}:1").status_code == 200
