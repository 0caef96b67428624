"""A process that reads the large log; it obeys commands, see ``obey.py``."""

from __future__ import annotations

import gc
import time
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from audit_log import __version__  # noqa: E402
from tests.benchmarks.obey import obey  # noqa: E402
from tests.benchmarks.project import environment  # noqa: E402
from tests.benchmarks.project.sessions import session_of  # noqa: E402
from tests.benchmarks.reading.project import generate, pages  # noqa: E402
from tests.benchmarks.reading.project.history import END  # noqa: E402

CLIENT = Client()
# The reader comes when the history ends: otherwise nothing would have happened of late, and the
# charts were empty.
timezone.now = lambda: END


def session() -> str:
    """Log a superuser in, here and for who asks over HTTP."""
    key = session_of(User.objects.get(pk=1))
    CLIENT.cookies[settings.SESSION_COOKIE_NAME] = key
    return key


def count(url: str) -> dict[str, Any]:
    """Return what a page is made with: its queries, and the bytes that it takes."""
    with CaptureQueriesContext(connection) as queries:
        response = CLIENT.get(url)
    assert response.status_code == 200, (url, response.status_code, response.content[:300])
    statements = [one["sql"] for one in queries.captured_queries]
    return {"queries": len(statements), "bytes": len(response.content), "statements": statements}


def get(url: str) -> float:
    """Return how many seconds a page takes."""
    gc.collect()
    start = time.perf_counter()
    response = CLIENT.get(url)
    seconds = time.perf_counter() - start
    assert response.status_code == 200
    return seconds


def versions() -> dict[str, str]:
    return {**environment.versions(), "audit_log": __version__}


if __name__ == "__main__":
    commands = (
        generate.is_generated,
        generate.generate,
        pages.pages,
        session,
        count,
        get,
        versions,
    )
    obey({one.__name__: one for one in commands})
