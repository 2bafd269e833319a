import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.lookups
from django.db import migrations, models

from ledger_core import sql


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                (
                    "owner_id",
                    models.TextField(db_collation="C", primary_key=True, serialize=False, verbose_name="owner"),
                ),
                ("balance", models.BigIntegerField(verbose_name="balance")),
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
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("balance__gte", 0)), name="ledger_account_balance_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("owner_id__regex", "^[^[:cntrl:]]{1,128}$")),
                        name="ledger_account_owner_plain",
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
                ("nonce", models.TextField(db_collation="C")),
                (
                    "claim",
                    models.TextField(
                        db_collation="C",
                        help_text="The slot that only one entry of the owner may take.",
                        null=True,
                    ),
                ),
                ("client", models.TextField(db_collation="C", help_text="Who posted it.")),
                ("created_on", models.DateTimeField()),
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
                (
                    "reverses",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversals",
                        to="ledger_core.entry",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "entries",
                "db_table": "ledger_entry",
                "indexes": [
                    models.Index(fields=["owner", "app", "seq"], name="ledger_entry_of_app"),
                    models.Index(
                        condition=models.Q(("reverses__isnull", False)),
                        fields=["owner", "reverses"],
                        name="ledger_entry_reversals",
                    ),
                    models.Index(fields=["app", "operation", "id"], name="ledger_entry_operation"),
                    django.contrib.postgres.indexes.BrinIndex(fields=["created_on"], name="ledger_entry_created_on"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("nonce", "owner"), name="ledger_entry_nonce_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("claim__isnull", False)),
                        fields=("owner", "claim"),
                        name="ledger_entry_claim_once",
                    ),
                    models.UniqueConstraint(fields=("owner", "seq"), name="ledger_entry_sequence"),
                    models.CheckConstraint(
                        condition=models.Q(("seq__gt", 1), ("balance_after", models.F("delta")), _connector="OR"),
                        name="ledger_entry_starts_from_zero",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("balance_after__gte", 0)), name="ledger_entry_balance_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(
                            django.db.models.expressions.CombinedExpression(
                                models.F("delta"), "%%", models.F("amount")
                            ),
                            0,
                        ),
                        name="ledger_entry_whole_units",
                    ),
                    models.CheckConstraint(condition=models.Q(("amount__gte", 1)), name="ledger_entry_amount_positive"),
                    models.CheckConstraint(
                        condition=models.Q(("nonce__regex", "^[^[:cntrl:]]{1,128}$")),
                        name="ledger_entry_nonce_plain",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("client", ""), ("client__regex", "^[^[:cntrl:]]{1,128}$"), _connector="OR"),
                        name="ledger_entry_client_plain",
                    ),
                ],
            },
        ),
        migrations.RunSQL(sql.load("migrations/0001_books"), reverse_sql=sql.load("migrations/0001_books_reverse")),
    ]
