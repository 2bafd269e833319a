from django.db import migrations

from ledger_core import sql


class Migration(migrations.Migration):
    dependencies = [
        ("ledger_core", "0007_verifications"),
    ]

    operations = [
        migrations.RunSQL(
            sql.load("migrations/0008_reversals"), reverse_sql=sql.load("migrations/0008_reversals_reverse")
        ),
    ]
