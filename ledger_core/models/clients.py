"""API clients and their keys. Only `access.clients` writes keys; the admin also creates and changes clients."""

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length, Now
from django.db.models.lookups import Range
from django.utils import timezone

from ledger_core.models import constraints
from ledger_core.operations import Scope
from ledger_core.operations.corrections import STAFF
from ledger_core.plugins import ledger_apps
from ledger_core.texts import as_text
from ledger_core.values import MAX_TEXT


class Client(models.Model):
    """A program that calls the API: the apps that it may call, and its scopes there.

    Entries keep the client's name, so a client is never renamed or deleted. To stop a client, revoke its keys.
    """

    name = models.TextField(db_collation="C", help_text="Entries that it posts keep this name for good.")
    apps = ArrayField(models.TextField(), help_text="The apps that it calls.")
    scopes = ArrayField(models.TextField(), help_text="What it may do there.")
    created_on = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "ledger_client"
        default_permissions = ("add", "change", "view")
        verbose_name = "API client"
        constraints = [
            models.UniqueConstraint(fields=["name"], name=constraints.CLIENT_NAME_ONCE),
            models.CheckConstraint(
                condition=Q(Range(Length("name"), (1, MAX_TEXT))) & ~Q(name__regex="[[:cntrl:]]"),
                name=constraints.CLIENT_NAME_PLAIN,
                violation_error_message="A name has 1 to 128 characters, and no control characters.",
            ),
            models.CheckConstraint(
                condition=~Q(name__startswith=STAFF),
                name=constraints.CLIENT_NAME_NOT_STAFF,
                violation_error_message=f"Names that begin with {STAFF} are those of people.",
            ),
            models.CheckConstraint(
                condition=Q(scopes__len__gte=1) & Q(scopes__contained_by=[scope.value for scope in Scope]),
                name=constraints.CLIENT_SCOPES_KNOWN,
            ),
        ]

    def __str__(self) -> str:
        return as_text(self.name)

    def clean(self) -> None:
        if unknown := set(self.apps or ()) - {app.label for app in ledger_apps()}:
            raise ValidationError({"apps": f"No such app of the ledger: {', '.join(sorted(unknown))}."})


class Key(models.Model):
    """An API key of a client. The database stores only its hash."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="keys")
    slot = models.SmallIntegerField(help_text="A client has two at most, so that one can follow the other.")
    prefix = models.TextField(help_text="How the key begins, to tell it from others.")
    digest = models.BinaryField(help_text="SHA-256 of the key.")
    created_on = models.DateTimeField(db_default=Now(), editable=False)
    expires_on = models.DateTimeField(null=True, blank=True, help_text="None for a key without an end.")
    revoked_on = models.DateTimeField(null=True)
    last_used_on = models.DateTimeField(null=True)

    class Meta:
        db_table = "ledger_key"
        default_permissions = ("add", "change", "view")  # change: to revoke it
        constraints = [
            models.UniqueConstraint(fields=["digest"], name=constraints.KEY_DIGEST_ONCE),
            models.UniqueConstraint(
                fields=["client", "slot"], condition=Q(revoked_on__isnull=True), name=constraints.KEY_SLOT_ONCE
            ),
            models.CheckConstraint(condition=Q(slot__in=[1, 2]), name=constraints.KEY_SLOT_OF_TWO),
        ]

    def __str__(self) -> str:
        return self.prefix

    @property
    def state(self) -> str:
        if self.revoked_on:
            return f"revoked on {self.revoked_on:%Y-%m-%d}"
        if self.expires_on:
            verb = "expired" if self.expires_on <= timezone.now() else "expires"
            return f"{verb} on {self.expires_on:%Y-%m-%d}"
        return "good"
