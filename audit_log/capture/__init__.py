"""The hearing side: what the ORM does, told to the journal."""

from __future__ import annotations


def install() -> None:
    """Put every hook in place; harmless when called twice."""
    from audit_log.capture import (
        authentication,
        commands,
        deleting,
        inserting,
        saving,
        tasks,
        updating,
    )

    saving.install()
    deleting.install()
    updating.install()
    inserting.install()
    authentication.install()
    commands.install()
    tasks.install()
