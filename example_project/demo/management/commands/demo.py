"""``python manage.py demo``: a platform with a past, served on this machine alone."""

from __future__ import annotations

import socket
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.urls import reverse

from audit_log.models import AuditEntry
from example_project.demo.story import PASSWORD, is_told, tell
from example_project.demo.story.cast import PEOPLE
from example_project.licensing.models import License

HOST = "127.0.0.1"


class Command(BaseCommand):
    help = "Fills the database with a sample history, once, and starts the server."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="8000 unless said otherwise")
        parser.add_argument("--no-server", action="store_true", help="only fill the database")

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        if is_told():
            self.stdout.write("The sample history is there already; nothing was added.")
        else:
            self.stdout.write("Living through eight weeks at a software vendor's …")
            tell()
        self.stdout.write(f"The audit log has {AuditEntry.objects.count()} entries.\n\n")
        if options["no_server"]:
            self.point_the_way(options["port"])
            return
        port = free_port(options["port"])
        if port != options["port"]:
            self.stdout.write(
                self.style.WARNING(f"Port {options['port']} is taken; using {port} instead.\n")
            )
        self.point_the_way(port)
        call_command("runserver", f"{HOST}:{port}", use_reloader=False)

    def point_the_way(self, port: int) -> None:
        """Say how to log in and where to look."""
        base = f"http://{HOST}:{port}"
        accounts = get_user_model()._default_manager
        self.stdout.write(self.style.MIGRATE_HEADING("Log in"))
        for person in PEOPLE[:2]:
            if accounts.filter(username=person.username).exists():
                what = "may do everything" if person.username == "admin" else "reads, helps"
                self.stdout.write(
                    f"  {person.username} / {PASSWORD}".ljust(20) + f"{person.full_name}, {what}"
                )
        self.stdout.write("\n" + self.style.MIGRATE_HEADING("Look at"))
        for what, where in places():
            self.stdout.write(f"  {what.ljust(30)}{base}{where}")
        self.stdout.write("")


def places() -> list[tuple[str, str]]:
    """What there is to see, and where: pairs of words and a path."""
    found = [
        ("What is where", reverse("home")),
        ("The whole log, in the admin", reverse("admin:audit_log_auditentry_changelist")),
    ]
    license = License.objects.filter(number="L-3001").first() or License.objects.first()
    if license is not None:
        found.append(("A license with its table", license.get_absolute_url()))
    deleted = AuditEntry.objects.filter(action="license.delete").order_by("-id").first()
    if deleted is not None:
        history = reverse("admin:licensing_license_history", args=[deleted.target_id])
        found.append(("A deleted license's history", history))
    found.append(("The REST API", reverse("audit_log_api:entries")))
    return found


def free_port(wanted: int) -> int:
    """Return the port, or the next one that nobody listens on."""
    for port in range(wanted, min(wanted + 100, 65_536)):
        with socket.socket() as probe:
            # As the server itself does: a port that was just left is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    return wanted
