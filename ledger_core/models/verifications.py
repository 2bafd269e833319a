"""What verifications of the books found. Only `verification` writes it."""

from django.db import models
from django.db.models.functions import Now


class Verification(models.Model):
    """A verification of all the books that came to its end. Of a part of them none is kept: the rest may be wrong."""

    started_on = models.DateTimeField(help_text="What was posted later may not have been looked at.")
    finished_on = models.DateTimeField(db_default=Now())
    accounts = models.BigIntegerField()
    entries = models.BigIntegerField()
    faults = models.BigIntegerField()

    class Meta:
        db_table = "ledger_verification"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.started_on:%Y-%m-%d %H:%M} UTC: {self.faults} faults"
