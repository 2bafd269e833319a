from django.db import migrations

from ledger_core import sql


class Migration(migrations.Migration):
    dependencies = [
        ("ledger_core", "0005_validate_plain_texts"),
    ]

    operations = [
        migrations.RunSQL(sql.load("migrations/0006_moments"), reverse_sql=sql.load("migrations/0006_moments_reverse")),
    ]
