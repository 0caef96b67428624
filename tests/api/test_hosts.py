"""What the host decides by its settings, and what it does not.

Classes of Django REST framework take their defaults from the settings when they are made, so
that the tests change the base class, from which the views inherit them.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.cache import cache
from django.test import Client, override_settings
from django.urls import include, path
from rest_framework.authentication import (
    BaseAuthentication,
    BasicAuthentication,
    SessionAuthentication,
    TokenAuthentication,
)
from rest_framework.authtoken.models import Token
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.test import APIClient
from rest_framework.throttling import AnonRateThrottle, ScopedRateThrottle, UserRateThrottle
from rest_framework.versioning import (
    AcceptHeaderVersioning,
    NamespaceVersioning,
    QueryParameterVersioning,
    URLPathVersioning,
)
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.tokens import AccessToken

from audit_log.models import AuditEntry
from tests.api.conftest import ROOT
from tests.api.test_access import EXPORTING, READING, ROW_BY_ROW, statuses
from tests.reading.helpers import make, make_many, make_user, unaudited

pytestmark = pytest.mark.django_db

Defaults = Callable[..., None]

nested = [path("log/", include("audit_log.api.urls"))]
urlpatterns = [
    path("v1/", include("audit_log.api.urls", namespace="v1")),
    path("v2/", include((nested, "v2"))),
    path("v3/", include("audit_log.api.urls", namespace="v3")),
    path("in/<str:version>/", include("audit_log.api.urls", namespace="by_path")),
]
MOUNTED = override_settings(ROOT_URLCONF=__name__)


@pytest.fixture
def defaults(monkeypatch: pytest.MonkeyPatch) -> Defaults:
    def set_defaults(**values: Any) -> None:
        for name, value in values.items():
            monkeypatch.setattr(APIView, name, value)

    return set_defaults


@pytest.fixture
def ann(db: None) -> User:
    return make_user("ann", "view_auditentry")


class TestAuthentication:
    def test_sessions(self, defaults: Defaults, ann: User) -> None:
        defaults(authentication_classes=[SessionAuthentication])
        client = Client()
        assert statuses(client, READING + EXPORTING) == {403}
        with unaudited():
            client.force_login(ann)
        assert statuses(client, READING) == {200}
        assert statuses(client, EXPORTING) == {403}

    def test_tokens(self, defaults: Defaults, ann: User) -> None:
        defaults(authentication_classes=[TokenAuthentication])
        with unaudited():
            token = Token.objects.create(user=ann)
        self.check("Token", token.key)

    def test_json_web_tokens(self, defaults: Defaults, ann: User) -> None:
        defaults(authentication_classes=[JWTAuthentication])
        self.check("Bearer", str(AccessToken.for_user(ann)))

    def check(self, scheme: str, token: str) -> None:
        client = APIClient()
        refused = client.get(ROOT + "entries/")
        assert (refused.status_code, refused["WWW-Authenticate"][: len(scheme)]) == (401, scheme)
        client.credentials(HTTP_AUTHORIZATION=f"{scheme} {token[:-1]}x")
        assert statuses(client, READING + EXPORTING) == {401}
        client.credentials(HTTP_AUTHORIZATION=f"{scheme} {token}")
        assert statuses(client, READING) == {200}
        assert statuses(client, EXPORTING) == {403}

    def test_who_took_an_export_by_token_is_told(self, defaults: Defaults, ann: User) -> None:
        defaults(authentication_classes=[JWTAuthentication])
        taker = make_user("bob", "export_auditentry")
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {AccessToken.for_user(taker)}")
        client.get(ROOT + "entries/export.csv").getvalue()
        entry = AuditEntry.objects.get(action="audit_log.export")
        assert (entry.actor_id, entry.actor_repr) == (taker.pk, "bob")

    def test_a_token_of_somebody_who_is_gone_or_may_not(
        self, defaults: Defaults, ann: User
    ) -> None:
        defaults(authentication_classes=[JWTAuthentication])
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {AccessToken.for_user(ann)}")
        with unaudited():
            User.objects.filter(pk=ann.pk).update(is_active=False)
        assert statuses(client, READING + EXPORTING) == {401}
        with unaudited():
            ann.delete()
        assert statuses(client, READING + EXPORTING) == {401}


class Odd(BaseAuthentication):
    """Says that somebody is there, of whatever kind."""

    somebody: Any = None

    def authenticate(self, request: Any) -> Any:
        if isinstance(self.somebody, Exception):
            raise self.somebody
        return self.somebody, "a token"


NOBODIES = {
    "none": None,
    "a text": "ann",
    "an object": object(),
    "anonymous": AnonymousUser(),
    "not authenticated": SimpleNamespace(is_authenticated=False),
    "not active": SimpleNamespace(is_authenticated=True, is_active=False),
    "not active any more": User(username="new", is_active=False, is_superuser=True),
    "refused": AuthenticationFailed(),
}


class TestPermission:
    """It sits on the views."""

    @pytest.mark.parametrize("row_by_row", [False, True])
    @pytest.mark.parametrize("somebody", NOBODIES.values(), ids=NOBODIES)
    def test_nobody_gets_in_by_default(
        self, defaults: Defaults, monkeypatch: pytest.MonkeyPatch, somebody: Any, row_by_row: bool
    ) -> None:
        defaults(permission_classes=[AllowAny], authentication_classes=[Odd])
        monkeypatch.setattr(Odd, "somebody", somebody)
        with override_settings(AUDIT_LOG=ROW_BY_ROW.options["AUDIT_LOG"] if row_by_row else {}):
            assert statuses(APIClient(), READING + EXPORTING) == {403}
            assert statuses(APIClient(), READING + EXPORTING, "options") == {403}

    def test_whoever_has_no_permissions_has_none(
        self, defaults: Defaults, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Of a service, say, for which there is no row.
        defaults(permission_classes=[], authentication_classes=[Odd])
        monkeypatch.setattr(Odd, "somebody", SimpleNamespace(is_authenticated=True))
        assert statuses(APIClient(), READING + EXPORTING) == {403}

    @ROW_BY_ROW
    def test_a_service_without_a_row_is_served(
        self, defaults: Defaults, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        defaults(permission_classes=[], authentication_classes=[Odd])
        service = SimpleNamespace(is_authenticated=True, get_username=lambda: "acme")
        monkeypatch.setattr(Odd, "somebody", service)
        mine = make(tenant="acme")
        make(tenant="other")
        client = APIClient()
        assert [one["id"] for one in client.get(ROOT + "entries/").json()["results"]] == [
            str(mine.pk)
        ]
        text = client.get(ROOT + "entries/export.csv").getvalue().decode()
        assert len(text.splitlines()) == 2

    def test_without_any_authentication(self, defaults: Defaults) -> None:
        defaults(permission_classes=[AllowAny], authentication_classes=[])
        assert statuses(APIClient(), READING + EXPORTING) == {403}

    def test_the_first_authenticator_chooses_the_status(self, defaults: Defaults) -> None:
        defaults(permission_classes=[AllowAny], authentication_classes=[BasicAuthentication])
        assert statuses(APIClient(), READING + EXPORTING) == {401}


class Twice(UserRateThrottle):
    rate = "2/hour"


class TestThrottling:
    @pytest.fixture(autouse=True)
    def forget(self) -> Any:
        cache.clear()
        yield
        cache.clear()

    @pytest.mark.parametrize("at", ["entries/", "actions/", "entries/export.csv"])
    def test_too_often(self, defaults: Defaults, api: APIClient, at: str) -> None:
        defaults(throttle_classes=[Twice])
        assert [api.get(ROOT + at).status_code for _ in range(3)] == [200, 200, 429]
        response = api.get(ROOT + at)
        assert 0 < int(response["Retry-After"]) <= 3600
        assert list(response.json()) == ["detail"]
        assert "ETag" not in response

    def test_a_scope_of_the_hosts_own(self, defaults: Defaults, api: APIClient) -> None:
        # By default no view has one.
        defaults(throttle_classes=[ScopedRateThrottle, AnonRateThrottle])
        assert {api.get(ROOT + "entries/").status_code for _ in range(3)} == {200}


class TestVersioning:
    @pytest.fixture(autouse=True)
    def versions(self, monkeypatch: pytest.MonkeyPatch) -> None:
        make_many(25)
        for scheme in (
            AcceptHeaderVersioning,
            NamespaceVersioning,
            QueryParameterVersioning,
            URLPathVersioning,
        ):
            monkeypatch.setattr(scheme, "allowed_versions", ["v1", "v2"])

    def follow(self, api: APIClient, at: str, **options: Any) -> str:
        """The link to the second page, which leads there."""
        data = api.get(at, **options).json()
        assert api.get(data["next"], **options).json()["page"] == 2
        return str(data["next"])

    @MOUNTED
    def test_by_namespace(self, defaults: Defaults, api: APIClient) -> None:
        defaults(versioning_class=NamespaceVersioning)
        assert self.follow(api, "/v1/entries/").startswith("http://testserver/v1/entries/?")
        assert self.follow(api, "/v2/log/entries/").startswith("http://testserver/v2/log/entries/?")
        for at in ("entries/", "entries/export.csv", "actions/"):
            assert api.get(f"/v1/{at}").status_code == 200
            assert api.get(f"/v3/{at}").status_code == 404

    @MOUNTED
    def test_by_path(self, defaults: Defaults, api: APIClient) -> None:
        defaults(versioning_class=URLPathVersioning)
        entry = make()
        assert self.follow(api, "/in/v1/entries/").startswith("http://testserver/in/v1/entries/?")
        for at in (f"entries/{entry.pk}/", "entries/export.jsonl", "objects/auth.user/7/"):
            assert api.get(f"/in/v2/{at}").status_code == 200
            assert api.get(f"/in/v3/{at}").status_code == 404

    @pytest.mark.parametrize("at", ["entries/", "actions/", "entries/export.csv"])
    def test_by_accept_header(self, defaults: Defaults, api: APIClient, at: str) -> None:
        defaults(versioning_class=AcceptHeaderVersioning)
        seen = {
            version: api.get(ROOT + at, HTTP_ACCEPT=f"application/json; version={version}")
            for version in ("v1", "v2", "v3")
        }
        assert [one.status_code for one in seen.values()] == [200, 200, 406]
        if at == "entries/export.csv":
            assert seen["v2"]["Content-Type"] == "text/csv; charset=utf-8"
            lists = "text/html, text/csv;version=v1;q=0.5"
            assert api.get(ROOT + at, HTTP_ACCEPT=lists).status_code == 200

    def test_by_query_parameter(self, defaults: Defaults, api: APIClient) -> None:
        defaults(versioning_class=QueryParameterVersioning)
        assert "version=v2" in self.follow(api, ROOT + "entries/?version=v2")
        assert api.get(ROOT + "entries/export.csv?version=v1").status_code == 200
        assert api.get(ROOT + "entries/?version=v3").status_code == 404

    def test_no_version_is_asked_for_where_there_is_none(self, api: APIClient) -> None:
        assert list(api.get(ROOT + "entries/?version=v1").json()) == ["version"]


class TestQueries:
    """Of the log's own there are three at most, and one for holds where entries may go."""

    @pytest.mark.parametrize(
        "query", ["", "page=2", "action=user.create", "search=ann", "fields=id"]
    )
    def test_a_list_by_token(
        self, defaults: Defaults, ann: User, query: str, django_assert_max_num_queries: Any
    ) -> None:
        defaults(authentication_classes=[TokenAuthentication])
        for number in range(45):
            make(references=[("auth.group", str(number))])
        with unaudited():
            token = Token.objects.create(user=ann)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {token.key}")
        # The token with its user, permissions of the user and of the groups; the log's.
        with django_assert_max_num_queries(1 + 2 + 3):
            data = client.get(f"{ROOT}entries/?{query}").json()
        assert data["count"] == 45

    @pytest.mark.parametrize("query", ["", "page=2", "action=user.create"])
    def test_a_list_by_session(
        self, defaults: Defaults, ann: User, query: str, django_assert_max_num_queries: Any
    ) -> None:
        defaults(authentication_classes=[SessionAuthentication])
        for number in range(45):
            make(references=[("auth.group", str(number))])
        client = Client()
        with unaudited():
            client.force_login(ann)
        # The session, its user, permissions of the user and of the groups; the log's.
        with django_assert_max_num_queries(4 + 3):
            assert client.get(f"{ROOT}entries/?{query}").json()["count"] == 45
        with django_assert_max_num_queries(4 + 2):
            assert client.get(f"{ROOT}entries/?{query}&fields=id,sentence").json()["count"] == 45
