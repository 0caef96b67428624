"""Who reads leaves a trace."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import DatabaseError
from django.http import HttpRequest, StreamingHttpResponse
from django.template import Context, Template
from django.test import AsyncRequestFactory, Client, RequestFactory, override_settings
from rest_framework.test import APIClient

from audit_log.access import EXPORT, VIEW, export_response
from audit_log.catalogue import all_actions
from audit_log.models import AuditEntry
from audit_log.reading import export, picture
from audit_log.reading.export import stream_csv
from tests.reading.helpers import make, make_many, make_user

pytestmark = pytest.mark.django_db

ALL = ["view_auditentry", "export_auditentry"]
REST = "/api/audit-log/"
PAGES = "/audit-log/"
ADMIN = "/admin/audit_log/auditentry/"
LOG_READS = override_settings(AUDIT_LOG={"LOG_READS": True})


def told(action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=action).order_by("id"))


class TestDownload:
    def test_a_file_to_download(self, rf: RequestFactory) -> None:
        make()
        wanted = "".join(stream_csv(AuditEntry.objects.all()))
        response = export_response(rf.get("/"), AuditEntry.objects.all(), "csv")
        assert isinstance(response, StreamingHttpResponse)
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert response["Content-Disposition"].startswith('attachment; filename="audit-log-20')
        assert response["Content-Disposition"].endswith('Z.csv"')
        assert "no-store" in response["Cache-Control"]
        assert response.getvalue().decode() == wanted

        users = AuditEntry.objects.filter(action="user.create")
        response = export_response(rf.get("/"), users, "jsonl")
        assert response["Content-Type"] == "application/x-ndjson"
        assert json.loads(response.getvalue())["action"] == "user.create"

    def test_an_empty_log(self, rf: RequestFactory) -> None:
        response = export_response(rf.get("/"), AuditEntry.objects.all(), "jsonl")
        assert response.getvalue() == b""

    def test_what_fails_at_once_is_no_torn_file(self, rf: RequestFactory) -> None:
        # A sliced queryset cannot be narrowed further.
        with pytest.raises(TypeError):
            export_response(rf.get("/"), AuditEntry.objects.all()[:3], "csv")
        assert told(EXPORT) == []

    def test_who_goes_away_ends_it(
        self, rf: RequestFactory, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
    ) -> None:
        monkeypatch.setattr(export, "BATCH", 10)
        monkeypatch.setattr(picture, "_IN_MEMORY", 16)
        make_many(50)
        response = export_response(rf.get("/"), AuditEntry.objects.all(), "csv")
        assert next(iter(response)).startswith(b"id,")
        with django_assert_num_queries(0):
            response.close()
            assert list(response) == []

    @pytest.mark.parametrize("wrapped", [False, True])
    def test_asynchronous_servers_get_an_asynchronous_stream(
        self, wrapped: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(export, "BATCH", 10)
        request: HttpRequest = AsyncRequestFactory().get("/")
        assert isinstance(request, ASGIRequest)
        if wrapped:
            outer = HttpRequest()
            outer.method = "GET"
            outer._request = request  # type: ignore[attr-defined]
            request = outer
        made: list[int] = []
        lines = export.CsvFormat.lines

        def counted(*args: Any) -> str:
            made.append(1)
            return lines(*args)

        monkeypatch.setattr(export.CsvFormat, "lines", counted)

        async def download() -> bytes:
            response = await sync_to_async(export_response)(
                request, AuditEntry.objects.all(), "csv"
            )
            assert response.is_async
            pieces = []
            async for piece in response:
                pieces.append(piece)
                # No piece is made before it is asked for.
                assert len(made) == len(pieces)
            return b"".join(pieces)

        entries = make_many(35)
        text = async_to_sync(download)().decode()
        assert len(made) == 4
        assert text.count("\r\n") == 36
        assert str(entries[-1].pk) in text

    def test_an_asynchronous_client_who_goes_away_ends_it(
        self, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
    ) -> None:
        monkeypatch.setattr(export, "BATCH", 10)
        make_many(50)

        async def look() -> None:
            response = await sync_to_async(export_response)(
                AsyncRequestFactory().get("/"), AuditEntry.objects.all(), "csv"
            )
            pieces = aiter(response)
            await anext(pieces)
            await pieces.aclose()  # type: ignore[attr-defined]
            response.close()

        # The keys, the entry that tells, one piece; and nothing further.
        with django_assert_num_queries(3):
            async_to_sync(look)()


class TestExports:
    def test_who_took_what(self) -> None:
        ann = make_user("ann", *ALL)
        client = APIClient()
        client.force_authenticate(ann)
        make_many(3, tenant="a")
        make_many(2)
        response = client.get(f"{REST}entries/export.jsonl?tenant=a&search=")
        (entry,) = told(EXPORT)
        assert (entry.event_type, entry.actor_id, entry.outcome) == ("access", ann.pk, "success")
        assert entry.action_label == "Audit log exported"
        assert entry.remote_addr == "127.0.0.1"
        assert entry.metadata["path"] == f"{REST}entries/export.jsonl"
        assert entry.metadata["export"] == {
            "format": "jsonl",
            "rows": 3,
            "filters": {"tenant": "a"},
        }
        # It was written before the first byte left, and is not in the file itself.
        assert response.getvalue().count(b"\n") == 3

    @pytest.mark.parametrize("url", [f"{ADMIN}export/", f"{PAGES}export.csv"])
    def test_on_pages(self, client: Client, url: str) -> None:
        root = make_user("root", is_superuser=True, is_staff=True)
        client.force_login(root)
        make(target_repr="bob")
        response = client.get(f"{url}?search=bob&event_type=create")
        assert response.getvalue().count(b"\r\n") == 2
        (entry,) = told(EXPORT)
        assert entry.actor_id == root.pk
        assert entry.metadata["export"] == {
            "format": "csv",
            "rows": 1,
            "filters": {"search": "bob", "event_type": "create"},
        }

    def test_what_was_refused_or_not_taken_is_not_told(self, client: Client) -> None:
        assert client.get(f"{REST}entries/export.csv").status_code in {401, 403}
        client.force_login(make_user("ann", *ALL, is_staff=True))
        assert client.get(f"{REST}entries/export.csv?actor=x").status_code == 400
        assert client.head(f"{REST}entries/export.csv").status_code == 200
        assert client.head(f"{ADMIN}export/").status_code == 200
        assert told(EXPORT) == []

    def test_no_trace_no_export(self, rf: RequestFactory, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*args: Any, **kwargs: Any) -> None:
            raise DatabaseError("read-only")

        monkeypatch.setattr("audit_log.access.record", fail)
        with pytest.raises(DatabaseError):
            export_response(rf.get("/"), AuditEntry.objects.all(), "csv")

    @override_settings(MIDDLEWARE=[])
    def test_the_user_is_known_without_the_middleware(self, rf: RequestFactory) -> None:
        request = rf.get("/export/")
        request.user = ann = make_user("ann")
        export_response(request, AuditEntry.objects.all(), "csv", {"tenant": "\x00a"})
        (entry,) = told(EXPORT)
        assert entry.actor_id == ann.pk
        assert entry.metadata["export"]["filters"] == {"tenant": "a"}


def test_both_actions_can_be_filtered_by() -> None:
    assert {EXPORT, VIEW} <= all_actions().keys()


class TestViews:
    @pytest.fixture
    def root(self, client: Client) -> Client:
        client.force_login(make_user("root", is_superuser=True, is_staff=True))
        AuditEntry.objects.all()._raw_delete("default")
        return client

    def urls(self, entry: AuditEntry) -> list[str]:
        return [
            f"{REST}entries/",
            f"{REST}entries/{entry.pk}/",
            ADMIN,
            f"{ADMIN}{entry.pk}/change/",
        ]

    def test_nothing_is_told_unless_asked_for(self, root: Client) -> None:
        for url in self.urls(make()):
            assert root.get(url).status_code == 200
        assert told(VIEW) == []

    @LOG_READS
    def test_each_view_leaves_one_entry(self, root: Client) -> None:
        entry = make(tenant="a")
        make()
        views = {
            f"{REST}entries/?tenant=a&page=1": {
                "what": "list",
                "rows": 1,
                "query": {"tenant": "a", "page": "1"},
            },
            f"{REST}entries/{entry.pk}/": {"what": "entry", "rows": 1, "id": str(entry.pk)},
            f"{ADMIN}?tenant=a": {"what": "list", "rows": 1, "query": {"tenant": "a"}},
            f"{ADMIN}{entry.pk}/change/": {"what": "entry", "rows": 1, "id": str(entry.pk)},
            f"{PAGES}?tenant=a": {"what": "list", "rows": 1, "query": {"tenant": "a"}},
            f"{PAGES}entries/{entry.pk}/": {"what": "entry", "rows": 1, "id": str(entry.pk)},
        }
        for url, wanted in views.items():
            assert root.get(url).status_code == 200
            found = told(VIEW)
            assert len(found) == 1, url
            assert found[0].event_type == "access"
            assert found[0].actor_repr == "root"
            assert found[0].metadata["view"] == wanted
            AuditEntry.objects.filter(action=VIEW)._raw_delete("default")

    @LOG_READS
    def test_what_shows_nothing_tells_nothing(self, root: Client) -> None:
        entry = make(tenant="a")
        for url in (
            f"{REST}entries/?tenant=b",
            f"{REST}entries/?tenant=b&tenant=c",
            f"{REST}entries/{uuid.uuid4()}/",
            f"{REST}actions/",
            f"{ADMIN}?tenant=b",
            f"{ADMIN}?acton=x",
        ):
            root.get(url)
        assert told(VIEW) == []
        assert root.head(f"{REST}entries/{entry.pk}/").status_code == 200

    @LOG_READS
    def test_who_polls_the_log_comes_to_an_end(self, root: Client) -> None:
        make()
        for _ in range(5):
            root.get(f"{REST}entries/?event_type=access")
        assert told(VIEW) == []
        root.get(f"{REST}entries/")
        assert len(told(VIEW)) == 1
        newest = told(VIEW)[0]
        root.get(f"{REST}entries/{newest.pk}/")
        root.get(f"{REST}entries/?event_type=access")
        assert len(told(VIEW)) == 1

    @LOG_READS
    def test_a_history_names_its_object_once(self, root: Client) -> None:
        user = make_user("ann")
        make(target_id=str(user.pk))
        AuditEntry.objects.exclude(action="user.create")._raw_delete("default")
        tag = f"{{% audit_history target_type='auth.user' target_id='{user.pk}' %}}"
        request = RequestFactory().get("/x/?token=secret")
        request.user = make_user("reader", is_superuser=True)
        Template("{% load audit_log %}" + tag + tag).render(Context({"request": request}))
        (entry,) = told(VIEW)
        assert entry.actor_repr == "reader"
        assert entry.metadata["view"] == {
            "what": "history",
            "rows": 1,
            "object": f"auth.user:{user.pk}",
        }
