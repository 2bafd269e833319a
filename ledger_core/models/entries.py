"""The ledger: accounts and their entries. Only `posting` and `import_export.importing` write them."""

from collections.abc import Collection
from typing import Any, Self

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from ledger_core.models import constraints
from ledger_core.speed.instances import instance_of_row, instances_of_rows
from ledger_core.texts import as_text


class Account(models.Model):
    """An owner's balance in credits, and the end of the owner's history. The owner's first entry creates it."""

    owner_id = models.TextField("owner", primary_key=True, db_collation="C")
    balance = models.BigIntegerField("balance")
    seq = models.BigIntegerField(
        "entries", help_text="The number of entries, and so the sequence number of the newest."
    )
    head = models.BinaryField(help_text="The hash of the newest entry.")
    created_on = models.DateTimeField("first entry")
    updated_on = models.DateTimeField("newest entry")

    class Meta:
        db_table = "ledger_account"
        permissions = [("post_correction", "Can post a correction")]
        constraints = [
            models.CheckConstraint(condition=Q(balance__gte=0), name=constraints.BALANCE_NOT_NEGATIVE),
        ]

    def __str__(self) -> str:
        return as_text(self.owner_id)


class EntryManager(models.Manager["Entry"]):
    """All entries. For an app's proxy of Entry, only the entries of that app."""

    def get_queryset(self) -> models.QuerySet["Entry"]:
        entries = super().get_queryset()
        meta = self.model._meta
        return entries.filter(app=meta.app_label) if meta.proxy else entries


class Entry(models.Model):
    """One posted operation. Append-only: a trigger of the database rejects changes and deletions."""

    # In the database the primary key is (id, owner_id): see sql/migrations/0001_tables.sql. Django's admin needs a
    # single column, and the id is enough to find an entry.
    id = models.BigAutoField(primary_key=True)
    # The same file adds the foreign keys, and the constraints below are the indexes.
    owner = models.ForeignKey(
        Account, on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="entries"
    )
    seq = models.BigIntegerField("sequence number", help_text="1, 2, 3 … within the owner's entries.")
    app = models.TextField(db_collation="C")
    operation = models.TextField(db_collation="C")
    amount = models.BigIntegerField(help_text="The units asked for.")
    delta = models.BigIntegerField(help_text="The signed change of the balance, in credits.")
    balance_after = models.BigIntegerField()
    nonce = models.TextField(db_collation="C")
    claim = models.TextField(  # noqa: DJ001  null: no claim. Any number of entries have none.
        null=True, db_collation="C", help_text="The slot that only one entry of the owner may take."
    )
    reverses = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        db_index=False,
        db_constraint=False,
        related_name="reversals",
    )
    client = models.TextField(db_collation="C", help_text="Who posted it.")
    created_on = models.DateTimeField()
    hash = models.BinaryField()

    objects = EntryManager()

    class Meta:
        db_table = "ledger_entry"
        verbose_name_plural = "entries"
        constraints = [
            # The nonce comes first, so that staff can search for a nonce by this index.
            models.UniqueConstraint(fields=["nonce", "owner"], name=constraints.NONCE_ONCE),
            models.UniqueConstraint(
                fields=["owner", "claim"], condition=Q(claim__isnull=False), name=constraints.CLAIM_ONCE
            ),
            models.UniqueConstraint(fields=["owner", "seq"], name=constraints.SEQUENCE),
            # The account's constraint sees only the end of a batch. This one sees each entry of it.
            models.CheckConstraint(condition=Q(balance_after__gte=0), name=constraints.ENTRY_BALANCE_NOT_NEGATIVE),
        ]
        indexes = [
            # For the entries of one app, however many the owner has of others.
            models.Index(fields=["owner", "app", "seq"], name="ledger_entry_of_app"),
            models.Index(
                fields=["owner", "reverses"], condition=Q(reverses__isnull=False), name="ledger_entry_reversals"
            ),
            # For the admin.
            models.Index(fields=["app", "operation", "id"], name="ledger_entry_operation"),
            BrinIndex(fields=["created_on"], name="ledger_entry_created_on"),
        ]

    def __str__(self) -> str:
        return f"{as_text(self.owner_id)} #{self.seq}: {self.app} {self.operation} {self.delta:+d}"

    @classmethod
    def from_db(  # type: ignore[override]  # the stubs are of a later Django
        cls, db: str | None, field_names: Collection[str], values: Collection[Any]
    ) -> Self:
        return instance_of_row(cls, db, field_names, values)

    @classmethod
    def of_rows(cls, rows: Collection[Collection[Any]]) -> list[Self]:
        """Return the entries of a Statement's rows, whose columns are in the model's order."""
        return instances_of_rows(cls, rows)


class Reversible(models.Model):
    """How many units of an entry can still be reversed. The entry's first reversal creates it."""

    # In the database the primary key is (entry_id, owner_id), and refers to the entry's: see
    # sql/migrations/0001_tables.sql.
    entry = models.OneToOneField(Entry, primary_key=True, on_delete=models.PROTECT, db_constraint=False)
    owner_id = models.TextField("owner", db_collation="C")
    remaining = models.BigIntegerField(help_text="Units of the entry that are not reversed.")

    class Meta:
        db_table = "ledger_reversible"
        constraints = [
            models.CheckConstraint(condition=Q(remaining__gte=0), name=constraints.REMAINING_NOT_NEGATIVE),
        ]

    def __str__(self) -> str:
        return f"entry {self.entry_id}: {self.remaining} left"
