"""The results of verifications. Only `verification` writes them."""

from django.db import models
from django.db.models.functions import Now


class Verification(models.Model):
    """A finished verification of the complete ledger. Verifications of a part are not stored: the rest may be wrong."""

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
