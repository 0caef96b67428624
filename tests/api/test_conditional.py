"""Asking again for what one has: ``ETag`` and ``If-None-Match``."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.http import HttpRequest, JsonResponse
from django.test import override_settings
from django.utils import timezone, translation
from rest_framework.views import APIView

from audit_log.querysets import AuditEntryQuerySet
from audit_log.retention import hold, release
from tests.api.conftest import ROOT
from tests.reading.helpers import make, make_user, unaudited


def of_acme(request: HttpRequest, queryset: AuditEntryQuerySet) -> AuditEntryQuerySet:
    return queryset.filter(tenant="acme")


def tag(api: Any, path: str, **headers: str) -> str:
    response = api.get(ROOT + path, **headers)
    assert response.status_code == 200
    return str(response["ETag"])


def again(api: Any, path: str, known: str, **headers: str) -> Any:
    return api.get(ROOT + path, HTTP_IF_NONE_MATCH=known, **headers)


@pytest.fixture
def path(db: None) -> str:
    return f"entries/{make(tenant='acme').pk}/"


def test_what_is_known_is_not_sent_again(api: Any, path: str) -> None:
    first = api.get(ROOT + path)
    known = first["ETag"]
    assert known[0] == '"'  # Strong: the same bytes.
    assert first["Cache-Control"] == "private, no-cache"
    for text in (known, f"W/{known}", f'"other", {known}', "*"):
        response = again(api, path, text)
        assert response.status_code == 304
        assert response.content == b""
        assert response["ETag"] == known
        assert response["Cache-Control"] == "private, no-cache"
        assert response["Vary"] == first["Vary"]
    assert again(api, path, '"other"').json() == first.json()
    assert again(api, path, "nonsense").status_code == 200


def test_head(api: Any, path: str) -> None:
    known = tag(api, path)
    assert api.head(ROOT + path)["ETag"] == known
    assert api.head(ROOT + path, HTTP_IF_NONE_MATCH=known).status_code == 304


def test_another_representation_has_another_tag(api: Any, path: str) -> None:
    known = tag(api, path)
    with translation.override("de"):
        assert again(api, path, known).status_code == 200
    assert again(api, path + "?fields=id", known).status_code == 200
    assert again(api, path, known, HTTP_ACCEPT="application/json; indent=4").status_code == 200
    assert again(api, path, known, HTTP_ACCEPT="text/html").status_code == 200


@override_settings(AUDIT_LOG={"RETENTION": 30})
def test_until_when_it_is_kept_is_a_part_of_it(api: Any, path: str) -> None:
    known = tag(api, path)
    with unaudited():
        held = hold(tenant="acme", reason="case 7")
    assert again(api, path, known).json()["kept_until"] is None
    held_tag = tag(api, path)
    with unaudited():
        release(held)
    assert again(api, path, held_tag).status_code == 200
    assert again(api, path, known).status_code == 304
    with override_settings(AUDIT_LOG={"RETENTION": 60}):
        assert again(api, path, known).status_code == 200


def test_who_may_not_see_it_learns_nothing_by_its_tag(api: Any, path: str) -> None:
    known = tag(api, path)
    with override_settings(AUDIT_LOG={"VISIBILITY": f"{__name__}.of_acme"}):
        assert again(api, path, known).status_code == 304
        hidden = f"entries/{make(tenant='other').pk}/"
        for text in (known, "*"):
            response = again(api, hidden, text)
            assert response.status_code == 404
            assert "ETag" not in response
    api.force_authenticate(make_user("bob"))
    assert again(api, path, known).status_code == 403
    assert again(api, path, "*").status_code == 403
    api.force_authenticate(None)
    assert again(api, path, "*").status_code in {401, 403}


def test_lists_and_states(api: Any) -> None:
    entry = make()
    for path in ("entries/", "entries/?cursor=", "actions/", "target-types/"):
        assert again(api, path, tag(api, path)).status_code == 304
    at = (timezone.now() + datetime.timedelta(days=1)).isoformat().replace("+", "%2B")
    path = f"objects/auth.user/{entry.target_id}/?at={at}"
    assert again(api, path, tag(api, path)).status_code == 304
    known = tag(api, "entries/")
    make()
    assert again(api, "entries/", known).status_code == 200


def test_what_is_wrong_and_what_is_streamed_has_none(api: Any) -> None:
    make()
    for path in ("entries/?x=1", "entries/export.csv", "entries/export.jsonl"):
        response = again(api, path, "*")
        assert response.status_code in {200, 400}
        assert "ETag" not in response


def test_what_is_not_read_is_not_compared(api: Any, path: str) -> None:
    for method in (api.options, api.post):
        response = method(ROOT + path, HTTP_IF_NONE_MATCH="*")
        assert response.status_code in {200, 405}
        assert "ETag" not in response


def test_an_exception_handler_of_the_hosts(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(error: Exception, context: Any) -> JsonResponse:
        return JsonResponse({"oh": "no"}, status=400)

    monkeypatch.setattr(APIView, "get_exception_handler", lambda view: answer)
    assert api.get(ROOT + "entries/?x=1").json() == {"oh": "no"}
