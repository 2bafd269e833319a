import django.db.models.deletion
import django.db.models.expressions
import django.db.models.lookups
from django.db import migrations, models

from ledger_core import sql


class Migration(migrations.Migration):
    dependencies = [
        ("ledger_core", "0001_initial"),
    ]

    operations = [
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
            },
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["owner", "app", "seq"], name="ledger_entry_of_app"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["owner", "created_on", "seq"], name="ledger_entry_moment"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("reverses__isnull", False)),
                fields=["owner", "reverses"],
                name="ledger_entry_reversals",
            ),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(("balance_after__gte", 0)), name="ledger_entry_balance_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(
                    django.db.models.expressions.CombinedExpression(models.F("delta"), "%%", models.F("amount")), 0
                ),
                name="ledger_entry_whole_units",
            ),
        ),
        migrations.AddConstraint(
            model_name="reversible",
            constraint=models.CheckConstraint(
                condition=models.Q(("remaining__gte", 0)), name="ledger_reversible_remaining_not_negative"
            ),
        ),
        migrations.RunSQL(sql.load("0002_rules"), reverse_sql=sql.load("0002_rules_reverse")),
    ]
