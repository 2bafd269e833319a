import django.db.models.deletion
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
        migrations.AddConstraint(
            model_name="reversible",
            constraint=models.CheckConstraint(
                condition=models.Q(("remaining__gte", 0)), name="ledger_reversible_remaining_not_negative"
            ),
        ),
        migrations.RunSQL(sql.load("migrations/0002_rules"), reverse_sql=sql.load("migrations/0002_rules_reverse")),
    ]
