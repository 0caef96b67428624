"""``python manage.py demo``: four systems with a past, served on this machine alone."""

from __future__ import annotations

import socket
from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.urls import reverse
from django.utils.translation import gettext as _

from audit_log.models import AuditEntry
from example_project.demo.guide import surfaces, tours
from example_project.demo.story import PASSWORD, is_told, tell

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
            self.stdout.write("Living through eight weeks in four systems …")
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
        self.line("What is where", base + reverse("home"))
        self.stdout.write("")
        for tour in tours():
            self.stdout.write(self.style.MIGRATE_HEADING(str(tour.title)))
            for username, sees in tour.logins:
                self.line(f"log in: {username} / {PASSWORD}", f"sees {sees}")
            for what, where in tour.places:
                self.line(what, base + where)
            self.stdout.write("")
        self.stdout.write(self.style.MIGRATE_HEADING(_("Everything")))
        self.line(f"log in: admin / {PASSWORD}", "sees everything, may do everything")
        for what, where in surfaces():
            self.line(what, base + where)
        token = base + reverse("api-token")
        self.line(
            _("A token for the REST API"), f"curl -d 'username=admin&password={PASSWORD}' {token}"
        )
        self.stdout.write("")

    def line(self, what: Any, where: str) -> None:
        """Write two columns."""
        self.stdout.write(f"  {str(what).ljust(34)}{where}")


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
