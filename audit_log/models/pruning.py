"""How far a run of pruning has come."""

from __future__ import annotations

from django.db import models


class PruningState(models.Model):
    """What one database knows of its pruning: a single row.

    Each batch of a run changes it in the transaction that removes the entries. So it says
    after a crash what is gone, and which part of the archive is true.
    """

    ONLY = 1

    id = models.SmallIntegerField(primary_key=True, default=ONLY)
    disturbances = models.BigIntegerField(default=0)
    """Counts what a batch that was read before must be looked at again for."""
    run = models.UUIDField(null=True)
    """The run at work, or the one that was killed; ``None``: none."""
    batches = models.BigIntegerField(default=0)
    host = models.CharField(max_length=255, default="")
    process = models.BigIntegerField(default=0)
    seen_at = models.DateTimeField(null=True)
    """When the run did its last batch."""
    archive = models.TextField(default="")
    """Path of the last run's archive."""
    archive_start = models.BigIntegerField(default=0)
    archive_end = models.BigIntegerField(default=0)
    """Where in it that run's entries begin and end, in bytes."""
    report = models.JSONField(default=dict)
    """What the run has removed so far."""

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return "idle" if self.run is None else f"run {self.run}"

    @classmethod
    def disturb(cls, using: str) -> None:
        """Let the run's next batch be looked at again. Call it first in a transaction.

        It waits for the batch that is being removed, and the next waits for the transaction.
        """
        state = cls._base_manager.using(using)
        state.get_or_create(pk=cls.ONLY)
        state.filter(pk=cls.ONLY).update(disturbances=models.F("disturbances") + 1)
