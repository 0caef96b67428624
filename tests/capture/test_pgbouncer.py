"""pgbouncer in transaction mode: each transaction may get another connection of the server."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.capture.test_crashes import run, start
from tests.capture.test_on_error import WAYS, begin

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

# A cursor ends with its transaction, unless it is declared WITH HOLD.
STATE = re.compile(
    r"^\s*(SET|RESET|PREPARE|EXECUTE|DEALLOCATE|LISTEN|UNLISTEN|LOAD|DISCARD)\b"
    r"|\b(ADVISORY|TEMP|TEMPORARY|WITH HOLD)\b",
    re.IGNORECASE,
)


def test_nothing_is_left_in_the_session():
    """Whatever is written, no statement sets what the next transaction would need."""
    with CaptureQueriesContext(connection) as captured:
        for way in WAYS.values():
            begin()
            way()
            begin()
            with transaction.atomic():
                way()
    assert len(captured) > 200
    assert [q["sql"] for q in captured.captured_queries if STATE.search(q["sql"])] == []
    with connection.cursor() as cursor:
        for what in (
            "pg_prepared_statements",
            "pg_cursors WHERE is_holdable",
            "pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
            "pg_class WHERE relpersistence = 't' AND relnamespace = pg_my_temp_schema()",
            "pg_listening_channels() AS channel",
        ):
            cursor.execute(f"SELECT count(*) FROM {what}")
            assert cursor.fetchone() == (0,), what


@pytest.fixture
def pooled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the processes that a test starts connect through pgbouncer, two connections for all."""
    settings = connection.settings_dict
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = Path(f"/tmp/pgbouncer{os.getpid()}")
    folder.mkdir(mode=0o755)
    (folder / "pgbouncer.ini").write_text(
        "[databases]\n"
        f"* = host={settings['HOST']} port={settings['PORT']} user={settings['USER']}"
        f"{' password=' + settings['PASSWORD'] if settings['PASSWORD'] else ''}\n"
        "[pgbouncer]\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        "auth_type = any\npool_mode = transaction\ndefault_pool_size = 2\n"
        "server_reset_query =\nignore_startup_parameters = options\n"
    )
    # It does not run as root.
    as_user = []
    if os.geteuid() == 0:
        as_user = ["-u", "nobody"]
        os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)
    program = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
    with (folder / "log").open("w") as log:
        command = [program, *as_user, str(folder / "pgbouncer.ini")]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                assert process.poll() is None, (folder / "log").read_text()
                time.sleep(0.05)
        monkeypatch.setenv("PGPORT", str(port))
        monkeypatch.setenv("AUDIT_LOG_POOLED", "yes")
        yield
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)


@pytest.mark.pgbouncer
def test_many_writers_share_two_connections(pooled):
    """As many entries as changes, and each object's entries chain."""
    database = str(connection.settings_dict["NAME"])
    processes, threads, writes = 2, 4, 3
    run("shared", database)
    running = [start("load", database, seed, threads, writes) for seed in range(processes)]
    for process in running:
        out, errors = process.communicate()
        assert process.returncode == 0, errors
        assert out == ""
    run("check_load", database, processes * threads, writes)
    with connection.cursor() as cursor:
        # Through the pool there were never more.
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [database])
        assert cursor.fetchone()[0] <= 1 + 2
