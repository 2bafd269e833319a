from django.db import migrations

from ledger_core import sql


class Migration(migrations.Migration):
    dependencies = [
        ("ledger_core", "0007_verifications"),
    ]

    operations = [
        migrations.RunSQL(sql.load("0008_reversals"), reverse_sql=sql.load("0008_reversals_reverse")),
    ]
