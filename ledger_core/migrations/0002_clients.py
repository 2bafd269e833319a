import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [("ledger_core", "0001_initial")]

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
                "default_permissions": ("add", "change", "view"),
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
                        condition=models.Q(
                            ("scopes__len__gte", 1), ("scopes__contained_by", ["read", "read-all", "post", "mint"])
                        ),
                        name="ledger_client_scopes_known",
                    ),
                ],
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
                "default_permissions": ("add", "change", "view"),
            },
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
    ]
