"""A project whose user model is its own; prints its log as JSON. Run by the test beside."""

from __future__ import annotations

import json
import os
from io import StringIO

import django
from django.conf import settings
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse
from django.urls import path


def create_group(request: HttpRequest) -> HttpResponse:
    from django.contrib.auth.models import Group

    Group.objects.create(name="of a request")
    return HttpResponse()


urlpatterns = [path("", create_group)]


def main() -> None:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        AUTH_USER_MODEL="swapped.Member",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=[
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "django.contrib.sessions",
            "tests.swapped",
            "audit_log",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "audit_log.middleware.AuditLogMiddleware",
        ],
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        ROOT_URLCONF=__name__,
        SECRET_KEY="only for this test",
    )
    django.setup()
    call_command("check", fail_level="WARNING", stdout=StringIO())
    call_command("migrate", run_syncdb=True, verbosity=0)

    from django.contrib.auth.models import Group, User
    from django.core.checks import run_checks
    from django.test import Client

    import audit_log
    from audit_log.models import AuditEntry
    from tests.swapped.models import Member

    os.environ["DJANGO_SUPERUSER_PASSWORD"] = "secret words"
    call_command("createsuperuser", email="root@example.com", interactive=False, verbosity=0)
    ann = Member.objects.create_user("ann@example.com", "secret words")
    client = Client()
    client.login(email="ann@example.com", password="secret words")
    client.post("/")
    client.logout()
    client.login(email="nobody@example.com", password="secret words")
    ann.is_superuser = True
    ann.save()
    ann.groups.add(Group.objects.get())
    ann.set_password("other words")
    ann.save()

    audit_log.register(User)
    entries = AuditEntry.objects.order_by("id")
    told = [
        [e.action, e.outcome, e.actor_repr, str(e.actor_id or ""), e.target_repr] for e in entries
    ]
    print(
        json.dumps(
            {
                "ann": str(ann.pk),
                "told": told,
                "secret": "words" in str(list(entries.values())),
                "refused": [message.id for message in run_checks(tags=["audit_log"])],
            }
        )
    )


if __name__ == "__main__":
    import sys

    sys.modules["tests.swapped.project"] = sys.modules[__name__]
    main()
