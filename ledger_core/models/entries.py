"""The ledger: accounts and their entries. Only `posting` and `import_export.importing` write them.

`sql/migrations/0001_tables.sql` creates the tables.
"""

from collections.abc import Collection
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Func, Q, Value

from ledger_core.models import constraints
from ledger_core.speed.instances import instance_of_row, instances_of_rows
from ledger_core.texts import as_text


class Account(models.Model):
    """An owner's balance in credits, and the end of the owner's history. The owner's first entry creates it."""

    owner_id = models.TextField("owner", primary_key=True, db_collation="C")
    balance = models.BigIntegerField("balance")
    held = models.BigIntegerField(help_text="The credits of the balance that holds reserve.")
    lots = models.BigIntegerField(help_text="The credits of the balance that expire and are not held.")
    seq = models.BigIntegerField(
        "entries", help_text="The number of entries, and so the sequence number of the newest."
    )
    head = models.BinaryField(help_text="The hash of the newest entry.")
    created_on = models.DateTimeField("first entry")
    updated_on = models.DateTimeField("newest entry")

    class Meta:
        db_table = "ledger_account"
        default_permissions = ("view",)  # nobody adds, changes or deletes a row in the admin
        permissions = [
            ("post_correction", "Can post a correction"),
            ("release_hold", "Can release a hold"),
            ("end_lot", "Can end credits before they expire"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(lots__gte=0, lots__lte=F("balance") - F("held")), name=constraints.AVAILABLE_NOT_NEGATIVE
            ),
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
    """One posted operation. Append-only: a trigger of the database rejects changes and deletions.

    The fields, in this order, are what an entry is. `{entry}` in an SQL file stands for their columns. Tests compare
    them with the table, with the hashed form, and with the types of exports and responses.
    """

    # In the database the primary key is (id, owner_id). Django's admin needs a single column, and the id is enough to
    # find an entry.
    id = models.BigAutoField(primary_key=True)
    owner = models.ForeignKey(
        Account, on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="entries"
    )
    seq = models.BigIntegerField("sequence number", help_text="1, 2, 3 … within the owner's entries.")
    app = models.TextField(db_collation="C")
    operation = models.TextField(db_collation="C")
    amount = models.BigIntegerField(help_text="The units asked for.")
    delta = models.BigIntegerField(help_text="The signed change of the balance, in credits.")
    balance_after = models.BigIntegerField()
    held = models.BigIntegerField(help_text="The signed change of the credits that holds reserve.")
    held_after = models.BigIntegerField(help_text="The credits that holds reserve after the entry.")
    nonce = models.TextField(db_collation="C")
    claim = models.TextField(  # noqa: DJ001  null: no claim. Any number of entries have none.
        null=True, db_collation="C", help_text="The slot that only one entry of the owner may take."
    )
    reverses = models.BigIntegerField(null=True, help_text="The id of the owner's entry that this one reverses.")
    hold = models.BigIntegerField(null=True, help_text="The id of the hold that this entry captures or releases.")
    batch = models.BigIntegerField(null=True, help_text="The number of the batch that posted it.")
    transfer = models.BigIntegerField(null=True, help_text="The id of the other side of the transfer.")
    counterparty = models.TextField(  # noqa: DJ001  null: no transfer
        null=True, db_collation="C", help_text="The other owner of the transfer."
    )
    expires_on = models.DateTimeField(null=True, help_text="When the units that it leaves open expire.")
    priority = models.SmallIntegerField(null=True, help_text="Which open units are used first: the lowest.")
    client = models.TextField(db_collation="C", help_text="Who posted it.")
    reference = models.TextField(  # noqa: DJ001  null: none was sent
        null=True, db_collation="C", help_text="The client's own id of what it is about."
    )
    metadata = models.JSONField(null=True, help_text="Texts that the client attached.")
    drawn = ArrayField(
        ArrayField(models.BigIntegerField()),
        null=True,
        help_text="For each lot that it draws on: the entry that gave it, the credits that the lot loses, and those "
        "that leave the balance.",
    )
    created_on = models.DateTimeField()
    form = models.SmallIntegerField(help_text="The version of the canonical form that its hash covers.")
    hash = models.BinaryField()

    objects = EntryManager()

    class Meta:
        db_table = "ledger_entry"
        default_permissions = ("view",)
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(fields=["nonce", "owner"], name=constraints.NONCE_ONCE),
            models.UniqueConstraint(
                fields=["owner", "claim"], condition=Q(claim__isnull=False), name=constraints.CLAIM_ONCE
            ),
            models.UniqueConstraint(fields=["owner", "seq"], name=constraints.SEQUENCE),
            models.CheckConstraint(
                condition=Q(balance_after__gte=F("held_after")), name=constraints.ENTRY_AVAILABLE_NOT_NEGATIVE
            ),
        ]
        indexes = [
            models.Index(fields=["app", "operation", "created_on"], name="ledger_entry_of_app"),
            models.Index(
                fields=["app", "reference", "operation", "created_on"],
                condition=Q(reference__isnull=False),
                name="ledger_entry_reference",
            ),
            models.Index(
                fields=["owner", "reverses"], condition=Q(reverses__isnull=False), name="ledger_entry_reversals"
            ),
            models.Index(
                fields=["owner", "expires_on"], condition=Q(expires_on__isnull=False), name="ledger_entry_expiring"
            ),
            models.Index(fields=["owner", "seq"], condition=Q(drawn__isnull=False), name="ledger_entry_drawing"),
            models.Index(fields=["owner", "hold"], condition=Q(hold__isnull=False), name="ledger_entry_of_hold"),
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
        """Return the entries of a Statement's rows, whose columns are `{entry}`."""
        return instances_of_rows(cls, rows)


# For `{entry}` in SQL files. The columns are named, so that a result stays the same when the table gets another.
ENTRY_COLUMNS = ", ".join(field.column or "" for field in Entry._meta.concrete_fields)


class OpenUnits(models.Model):
    """What later entries can draw on: the units of an entry to reverse or of a hold, or the credits of a lot.

    The first reversal of an entry creates its row.
    """

    # In the database the primary key is (owner_id, entry_id).
    entry = models.OneToOneField(Entry, primary_key=True, on_delete=models.PROTECT, db_constraint=False)
    owner_id = models.TextField("owner", db_collation="C")
    remaining = models.BigIntegerField(help_text="Units or credits of the entry that no entry has drawn on.")
    expires_on = models.DateTimeField(null=True, help_text="Until when they are open.")
    priority = models.SmallIntegerField(
        null=True,
        help_text="Which lots are used first: the lowest. Null for debits and holds.",
    )

    class Meta:
        db_table = "ledger_open_units"
        default_permissions = ()
        verbose_name_plural = "open units"
        constraints = [
            models.CheckConstraint(condition=Q(remaining__gte=0), name=constraints.REMAINING_NOT_NEGATIVE),
        ]
        indexes = [
            models.Index(
                fields=["owner_id", "priority", "expires_on", "entry"],
                condition=Q(expires_on__isnull=False),
                name="ledger_open_units_of_owner",
            ),
            models.Index(
                Func(Value("UTC"), F("expires_on"), function="timezone"),
                condition=Q(expires_on__isnull=False),
                name="ledger_open_units_due",
            ),
        ]

    def __str__(self) -> str:
        return f"entry {self.entry_id}: {self.remaining} left"
