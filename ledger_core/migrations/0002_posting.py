from django.db import migrations

from ledger_core import sql


class Migration(migrations.Migration):
    dependencies = [
        ("ledger_core", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(sql.load("migrations/0002_tables"), reverse_sql=sql.load("migrations/0002_tables_reverse")),
        migrations.RunSQL(sql.load("migrations/0002_posting"), reverse_sql=sql.load("migrations/0002_posting_reverse")),
        migrations.RunSQL(sql.load("migrations/0002_moments"), reverse_sql=sql.load("migrations/0002_moments_reverse")),
    ]
