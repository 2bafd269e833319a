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
        migrations.CreateModel(
            name="Verification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_on", models.DateTimeField(help_text="What was posted later may not have been looked at.")),
                ("finished_on", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("accounts", models.BigIntegerField()),
                ("entries", models.BigIntegerField()),
                ("faults", models.BigIntegerField()),
            ],
            options={
                "db_table": "ledger_verification",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Account",
            fields=[
                (
                    "owner_id",
                    models.TextField(db_collation="C", primary_key=True, serialize=False, verbose_name="owner"),
                ),
                # First what a post does not change: WAL then holds only the end of a row.
                ("created_on", models.DateTimeField(verbose_name="first entry")),
                ("balance", models.BigIntegerField(verbose_name="balance")),
                (
                    "seq",
                    models.BigIntegerField(
                        help_text="The number of entries, and so the sequence number of the newest.",
                        verbose_name="entries",
                    ),
                ),
                ("head", models.BinaryField(help_text="The hash of the newest entry.")),
                ("updated_on", models.DateTimeField(verbose_name="newest entry")),
            ],
            options={
                "db_table": "ledger_account",
                "permissions": [("post_correction", "Can post a correction")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("balance__gte", 0)), name="ledger_account_balance_not_negative"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Client",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.TextField(db_collation="C", help_text="Entries that it posts keep this name for good."),
                ),
                (
                    "apps",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), help_text="The apps that it calls.", size=None
                    ),
                ),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), help_text="What it may do there.", size=None
                    ),
                ),
                (
                    "created_on",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
            options={
                "verbose_name": "API client",
                "db_table": "ledger_client",
                "constraints": [
                    models.UniqueConstraint(fields=("name",), name="ledger_client_name_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.Range(django.db.models.functions.text.Length("name"), (1, 128)),
                            models.Q(("name__regex", "[[:cntrl:]]"), _negated=True),
                        ),
                        name="ledger_client_name_plain",
                        violation_error_message="A name has 1 to 128 characters, and no control characters.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name__startswith", "staff:"), _negated=True),
                        name="ledger_client_name_not_staff",
                        violation_error_message="Names that begin with staff: are those of people.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("scopes__len__gte", 1), ("scopes__contained_by", ["read", "post", "mint"])),
                        name="ledger_client_scopes_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                # First the columns of a fixed length, which need no padding between them.
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "seq",
                    models.BigIntegerField(
                        help_text="1, 2, 3 … within the owner's entries.", verbose_name="sequence number"
                    ),
                ),
                ("amount", models.BigIntegerField(help_text="The units asked for.")),
                ("delta", models.BigIntegerField(help_text="The signed change of the balance, in credits.")),
                ("balance_after", models.BigIntegerField()),
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
                ("created_on", models.DateTimeField()),
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
                ("app", models.TextField(db_collation="C")),
                ("operation", models.TextField(db_collation="C")),
                ("nonce", models.TextField(db_collation="C")),
                (
                    "claim",
                    models.TextField(
                        db_collation="C", help_text="The slot that only one entry of the owner may take.", null=True
                    ),
                ),
                ("client", models.TextField(db_collation="C", help_text="Who posted it.")),
                ("hash", models.BinaryField()),
            ],
            options={
                "verbose_name_plural": "entries",
                "db_table": "ledger_entry",
            },
        ),
        migrations.CreateModel(
            name="Key",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "slot",
                    models.SmallIntegerField(help_text="A client has two at most, so that one can follow the other."),
                ),
                ("prefix", models.TextField(help_text="How the key begins, to tell it from others.")),
                ("digest", models.BinaryField(help_text="SHA-256 of the key.")),
                (
                    "created_on",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("expires_on", models.DateTimeField(blank=True, help_text="None for a key without an end.", null=True)),
                ("revoked_on", models.DateTimeField(null=True)),
                ("last_used_on", models.DateTimeField(null=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="keys", to="ledger_core.client"
                    ),
                ),
            ],
            options={
                "db_table": "ledger_key",
            },
        ),
        migrations.CreateModel(
            name="Reversible",
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
                ("remaining", models.BigIntegerField(help_text="Units of the entry that are not reversed.")),
            ],
            options={
                "db_table": "ledger_reversible",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("remaining__gte", 0)), name="ledger_reversible_remaining_not_negative"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["owner", "app", "seq"], name="ledger_entry_of_app"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("reverses__isnull", False)),
                fields=["owner", "reverses"],
                name="ledger_entry_reversals",
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["app", "operation", "id"], name="ledger_entry_operation"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=django.contrib.postgres.indexes.BrinIndex(fields=["created_on"], name="ledger_entry_created_on"),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.UniqueConstraint(fields=("nonce", "owner"), name="ledger_entry_nonce_once"),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("claim__isnull", False)), fields=("owner", "claim"), name="ledger_entry_claim_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.UniqueConstraint(fields=("owner", "seq"), name="ledger_entry_sequence"),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(("balance_after__gte", 0)), name="ledger_entry_balance_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="key",
            constraint=models.UniqueConstraint(fields=("digest",), name="ledger_key_digest_once"),
        ),
        migrations.AddConstraint(
            model_name="key",
            constraint=models.UniqueConstraint(
                condition=models.Q(("revoked_on__isnull", True)), fields=("client", "slot"), name="ledger_key_slot_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="key",
            constraint=models.CheckConstraint(condition=models.Q(("slot__in", [1, 2])), name="ledger_key_slot_of_two"),
        ),
        migrations.RunSQL(sql.load("migrations/0001_tables"), reverse_sql=sql.load("migrations/0001_tables_reverse")),
        migrations.RunSQL(sql.load("migrations/0001_posting"), reverse_sql=sql.load("migrations/0001_posting_reverse")),
        migrations.RunSQL(sql.load("migrations/0001_moments"), reverse_sql=sql.load("migrations/0001_moments_reverse")),
    ]
