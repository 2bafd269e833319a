import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models

from ledger_core import sql


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        # Made by SQL: Django has no types with limits, and no keys of two columns.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    sql.load("migrations/0001_tables"), reverse_sql=sql.load("migrations/0001_tables_reverse")
                ),
            ],
            state_operations=[
                migrations.CreateModel(
                    name="Account",
                    fields=[
                        (
                            "owner_id",
                            models.TextField(db_collation="C", primary_key=True, serialize=False, verbose_name="owner"),
                        ),
                        ("balance", models.BigIntegerField(verbose_name="balance")),
                        ("held", models.BigIntegerField(help_text="The credits of the balance that holds reserve.")),
                        (
                            "lots",
                            models.BigIntegerField(
                                help_text="The credits of the balance that expire and are not held."
                            ),
                        ),
                        (
                            "seq",
                            models.BigIntegerField(
                                help_text="The number of entries, and so the sequence number of the newest.",
                                verbose_name="entries",
                            ),
                        ),
                        ("head", models.BinaryField(help_text="The hash of the newest entry.")),
                        ("created_on", models.DateTimeField(verbose_name="first entry")),
                        ("updated_on", models.DateTimeField(verbose_name="newest entry")),
                    ],
                    options={
                        "db_table": "ledger_account",
                        "default_permissions": ("view",),
                        "permissions": [
                            ("post_correction", "Can post a correction"),
                            ("release_hold", "Can release a hold"),
                            ("end_lot", "Can end credits before they expire"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("lots__gte", 0), ("lots__lte", models.F("balance") - models.F("held"))
                                ),
                                name="ledger_account_available_not_negative",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Entry",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        (
                            "seq",
                            models.BigIntegerField(
                                help_text="1, 2, 3 … within the owner's entries.", verbose_name="sequence number"
                            ),
                        ),
                        ("app", models.TextField(db_collation="C")),
                        ("operation", models.TextField(db_collation="C")),
                        ("amount", models.BigIntegerField(help_text="The units asked for.")),
                        ("delta", models.BigIntegerField(help_text="The signed change of the balance, in credits.")),
                        ("balance_after", models.BigIntegerField()),
                        (
                            "held",
                            models.BigIntegerField(help_text="The signed change of the credits that holds reserve."),
                        ),
                        (
                            "held_after",
                            models.BigIntegerField(help_text="The credits that holds reserve after the entry."),
                        ),
                        ("nonce", models.TextField(db_collation="C")),
                        (
                            "claim",
                            models.TextField(
                                db_collation="C",
                                help_text="The slot that only one entry of the owner may take.",
                                null=True,
                            ),
                        ),
                        (
                            "reverses",
                            models.BigIntegerField(
                                help_text="The id of the owner's entry that this one reverses.", null=True
                            ),
                        ),
                        (
                            "hold",
                            models.BigIntegerField(
                                help_text="The id of the hold that this entry captures or releases.", null=True
                            ),
                        ),
                        (
                            "batch",
                            models.BigIntegerField(help_text="The number of the batch that posted it.", null=True),
                        ),
                        (
                            "transfer",
                            models.BigIntegerField(help_text="The id of the other side of the transfer.", null=True),
                        ),
                        (
                            "counterparty",
                            models.TextField(db_collation="C", help_text="The other owner of the transfer.", null=True),
                        ),
                        (
                            "expires_on",
                            models.DateTimeField(help_text="When the units that it leaves open expire.", null=True),
                        ),
                        (
                            "priority",
                            models.SmallIntegerField(
                                help_text="Which open units are used first: the lowest.", null=True
                            ),
                        ),
                        ("client", models.TextField(db_collation="C", help_text="Who posted it.")),
                        (
                            "reference",
                            models.TextField(
                                db_collation="C", help_text="The client's own id of what it is about.", null=True
                            ),
                        ),
                        ("metadata", models.JSONField(help_text="Texts that the client attached.", null=True)),
                        (
                            "drawn",
                            django.contrib.postgres.fields.ArrayField(
                                django.contrib.postgres.fields.ArrayField(models.BigIntegerField()),
                                help_text="For each lot that it draws on: the entry that gave it, the credits that the "
                                "lot loses, and those that leave the balance.",
                                null=True,
                            ),
                        ),
                        ("created_on", models.DateTimeField()),
                        (
                            "form",
                            models.SmallIntegerField(
                                help_text="The version of the canonical form that its hash covers."
                            ),
                        ),
                        ("hash", models.BinaryField()),
                        (
                            "owner",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="entries",
                                to="ledger_core.account",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("nonce", "owner"), name="ledger_entry_nonce_once"),
                            models.UniqueConstraint(
                                condition=models.Q(("claim__isnull", False)),
                                fields=("owner", "claim"),
                                name="ledger_entry_claim_once",
                            ),
                            models.UniqueConstraint(fields=("owner", "seq"), name="ledger_entry_sequence"),
                            models.CheckConstraint(
                                condition=models.Q(("balance_after__gte", models.F("held_after"))),
                                name="ledger_entry_available_not_negative",
                            ),
                        ],
                        "indexes": [
                            models.Index(fields=["app", "operation", "created_on"], name="ledger_entry_of_app"),
                            models.Index(
                                condition=models.Q(("reference__isnull", False)),
                                fields=["app", "reference", "operation", "created_on"],
                                name="ledger_entry_reference",
                            ),
                            models.Index(
                                condition=models.Q(("reverses__isnull", False)),
                                fields=["owner", "reverses"],
                                name="ledger_entry_reversals",
                            ),
                            models.Index(
                                condition=models.Q(("expires_on__isnull", False)),
                                fields=["owner", "expires_on"],
                                name="ledger_entry_expiring",
                            ),
                            models.Index(
                                condition=models.Q(("drawn__isnull", False)),
                                fields=["owner", "seq"],
                                name="ledger_entry_drawing",
                            ),
                            models.Index(
                                condition=models.Q(("hold__isnull", False)),
                                fields=["owner", "hold"],
                                name="ledger_entry_of_hold",
                            ),
                            django.contrib.postgres.indexes.BrinIndex(
                                fields=["created_on"], name="ledger_entry_created_on"
                            ),
                        ],
                        "verbose_name_plural": "entries",
                        "db_table": "ledger_entry",
                        "default_permissions": ("view",),
                    },
                ),
                migrations.CreateModel(
                    name="OpenUnits",
                    fields=[
                        (
                            "entry",
                            models.OneToOneField(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                primary_key=True,
                                serialize=False,
                                to="ledger_core.entry",
                            ),
                        ),
                        ("owner_id", models.TextField(db_collation="C", verbose_name="owner")),
                        (
                            "remaining",
                            models.BigIntegerField(
                                help_text="Units or credits of the entry that no entry has drawn on."
                            ),
                        ),
                        ("expires_on", models.DateTimeField(help_text="Until when they are open.", null=True)),
                        (
                            "priority",
                            models.SmallIntegerField(
                                help_text="Which lots are used first: the lowest. Null for debits and holds.",
                                null=True,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "open units",
                        "db_table": "ledger_open_units",
                        "default_permissions": (),
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("remaining__gte", 0)),
                                name="ledger_open_units_remaining_not_negative",
                            )
                        ],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("expires_on__isnull", False)),
                                fields=["owner_id", "priority", "expires_on", "entry"],
                                name="ledger_open_units_of_owner",
                            ),
                            models.Index(
                                models.Func(models.Value("UTC"), models.F("expires_on"), function="timezone"),
                                condition=models.Q(("expires_on__isnull", False)),
                                name="ledger_open_units_due",
                            ),
                        ],
                    },
                ),
            ],
        ),
        migrations.RunSQL(sql.load("migrations/0001_posting"), reverse_sql=sql.load("migrations/0001_posting_reverse")),
        migrations.RunSQL(sql.load("migrations/0001_moments"), reverse_sql=sql.load("migrations/0001_moments_reverse")),
    ]
