import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledger_core", "0006_moments"),
    ]

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
        migrations.AlterModelOptions(
            name="account",
            options={"permissions": [("post_correction", "Can post a correction")]},
        ),
    ]
